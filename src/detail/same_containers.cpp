// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/detail/same_containers.hpp>

#ifdef __GLIBCXX__
namespace strata::detail {

const char STRATA_CONTAINERS = 0;
const char STRATA_STRINGS = 0;

}  // namespace strata::detail
#endif
