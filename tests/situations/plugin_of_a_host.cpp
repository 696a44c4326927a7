// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A plugin with a copy of the library, for a host that has one too: see host_with_a_copy.cpp.
#include <memory_resource>

#include <strata/strata.hpp>

namespace strata::detail {
struct process_state;
extern process_state process;
}  // namespace strata::detail

extern "C" const void* plugin_process() {
    return &strata::detail::process;
}

// A pool that the plugin's copy makes.
extern "C" std::pmr::memory_resource* plugin_pool() {
    static strata::concurrent_pool_resource pool{strata::system_heap()};
    return &pool;
}

// Whether the block is the plugin's, as its own copy sees it.
extern "C" bool plugin_owns(const void* block) {
    return strata::owns(*plugin_pool(), block) == strata::ownership::yes;
}
