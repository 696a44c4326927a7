// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A plugin that uses the library, with a copy of its own or with a shared one: see plugin_host.cpp.
#include <cstdio>
#include <cstring>

#include <strata/strata.hpp>

namespace {

// Made at the first use, ended as the plugin is unloaded.
struct resources {
    strata::concurrent_pool_resource pool{strata::system_heap()};
    strata::concurrent_arena_resource arena{strata::system_heap()};
    strata::stats_resource<strata::concurrent_pool_resource, strata::counting::sharded> counted{
        &pool};
};

resources& all() {
    static resources instance;
    return instance;
}

void allocate_and_free(std::pmr::memory_resource& memory) {
    void* const block = memory.allocate(24, 8);
    std::memset(block, 1, 24);
    memory.deallocate(block, 24, 8);
}

}  // namespace

extern "C" void plugin_use_concurrent() {
    allocate_and_free(all().counted);
    allocate_and_free(all().arena);
    // One that ends before the thread does.
    strata::concurrent_pool_resource brief{strata::system_heap()};
    allocate_and_free(brief);
}

extern "C" void plugin_debug() {
    strata::set_misuse_handler(
        [](const char* message) noexcept { std::fprintf(stderr, "found: %s\n", message); });
    static strata::debug_resource memory{strata::debug{.name = "plugin", .stack_depth = 0},
                                         strata::system_heap()};
    (void)memory.allocate(24, 8);
}

extern "C" void plugin_debug_at_exit() {
    strata::set_misuse_handler(
        [](const char* message) noexcept { std::fprintf(stderr, "found: %s\n", message); });
    auto* const memory = new strata::debug_resource{
        strata::debug{.name = "plugin", .stack_depth = 0, .at_exit = true}, strata::system_heap()};
    (void)memory->allocate(24, 8);
}
