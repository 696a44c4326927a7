// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// traced_program FILE [PLUGIN...]: allocates in a few functions, from a resource that records
// itself with call sites, and leaves the blocks live. Each plugin is unloaded before the next is
// loaded: its plugin_function(memory) is to allocate from the std::pmr::memory_resource*.
#include <dlfcn.h>

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <memory_resource>
#include <string>
#include <vector>

#include <strata/compose/strategy.hpp>

namespace program {
namespace {

[[gnu::noinline]] void keeps_blocks(std::pmr::memory_resource& memory) {
    for (int i = 0; i != 700; ++i) {
        (void)!memory.allocate(5000);
    }
}

[[gnu::noinline]] void fills_a_vector(std::pmr::memory_resource& memory) {
    auto* const all = new std::pmr::vector<std::pmr::string>{&memory};  // lives until the end
    all->reserve(100);
    for (int i = 0; i != 100; ++i) {
        all->emplace_back("a text that is too long to be stored inside of the string");
    }
}

[[gnu::noinline]] void resizes_a_block(strata::built_strategy& memory) {
    void* const block = memory.allocate(1000, 8);
    if (!memory.try_expand(block, {1000, 8}, 3000)) {
        std::cerr << "the block was not resized\n";
        std::exit(1);
    }
}

// So many events that the thread begins a new chunk.
void begin_a_chunk(std::pmr::memory_resource& memory) {
    for (int i = 0; i != 3000; ++i) {
        memory.deallocate(memory.allocate(8), 8);
    }
}

void run_plugin(const char* file, std::pmr::memory_resource& memory) {
    using function = void (*)(std::pmr::memory_resource*);
    void* const plugin = dlopen(file, RTLD_NOW);
    auto* const found =
        plugin == nullptr ? nullptr : reinterpret_cast<function>(dlsym(plugin, "plugin_function"));
    if (found == nullptr) {
        std::cerr << file << ": " << dlerror() << '\n';
        std::exit(1);
    }
    found(&memory);
    dlclose(plugin);
    begin_a_chunk(memory);
}

}  // namespace
}  // namespace program

int main(int count, char** arguments) {
    if (count < 2) {
        std::cerr << "usage: traced_program FILE [PLUGIN...]\n";
        return 1;
    }
    const std::string file = arguments[1];
    auto memory =
        strata::strategy::parse("stats > trace(file=\"" + file + "\", stack_depth=32) > arena")
            .build();
    program::keeps_blocks(memory);
    program::fills_a_vector(memory);
    program::resizes_a_block(memory);
    for (int i = 2; i != count; ++i) {
        program::run_plugin(arguments[i], memory);
    }
    return 0;
}
