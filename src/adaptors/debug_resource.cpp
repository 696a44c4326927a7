// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/debug_resource.hpp>

namespace strata {

template class debug_resource<std::pmr::memory_resource>;

}  // namespace strata
