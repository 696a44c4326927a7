// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/retry_resource.hpp>

namespace strata {

bool ask_new_handler(layout /*wanted*/, unsigned /*attempt*/) {
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) {
        return false;
    }
    handler();
    return true;
}

template class retry_resource<std::pmr::memory_resource>;

}  // namespace strata
