// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "shield.hpp"

#include <pthread.h>

#include <cerrno>

namespace strata::detail {

shield::shield() noexcept : errno_{errno}, cancel_state_{PTHREAD_CANCEL_ENABLE} {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state_);
}

// Not a cancellation point: a pending cancellation takes effect at the next one.
shield::~shield() {
    pthread_setcancelstate(cancel_state_, nullptr);
    errno = errno_;
}

}  // namespace strata::detail
