// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_FAULTS_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_FAULTS_HPP

#include "debug_state.hpp"

namespace strata::detail {

/// From now on, explains faults (SIGSEGV, SIGBUS) at an address that was read from a freed block of
/// this `debug_resource`, and in the pages of a guarded block. After that, the earlier handler
/// runs.
void explain_faults_of(const debug_state& one) noexcept;

}  // namespace strata::detail

#endif
