// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/synchronized_resource.hpp>

namespace strata {

template class synchronized_resource<std::pmr::memory_resource>;

}  // namespace strata
