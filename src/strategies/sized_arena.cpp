// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/sized_arena.hpp>

namespace strata {

sized_arena::sized_arena(size_profile& sizes, const strata::label& name,
                         std::pmr::memory_resource* upstream)
    : arena_resource{arena{.name = name}, sizes, upstream} {}

sized_arena::~sized_arena() = default;

}  // namespace strata
