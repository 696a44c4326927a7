// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A host and a plugin use the library, each its own copy, on the same threads. No pool may serve a
// block of the other's, also where the linker joined some of the copies' data. The plugin is
// unloaded before the threads end.
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <thread>
#include <vector>

#include <strata/strata.hpp>
#include <strata/threads/detail/thread_record.hpp>

#include "../support/valgrind.hpp"  // for the fork

// What the two copies share where the linker joined their data.
namespace strata::detail {
struct process_state;
extern process_state process;
}  // namespace strata::detail

namespace {

[[noreturn]] void fail(const char* why) {
    std::fprintf(stderr, "%s\n", why);
    std::_Exit(EXIT_FAILURE);
}

template <class Function>
Function* function_of(void* plugin, const char* name) {
    auto* const found = reinterpret_cast<Function*>(dlsym(plugin, name));
    if (found == nullptr) {
        fail(dlerror());
    }
    return found;
}

}  // namespace

int main(int count, char** arguments) {
    alarm(60);
    void* const plugin = count == 2 ? dlopen(arguments[1], RTLD_NOW) : nullptr;
    if (plugin == nullptr) {
        fail(count == 2 ? dlerror() : "usage: host_with_a_copy PLUGIN");
    }
    if (function_of<const void*()>(plugin, "plugin_process")() != &strata::detail::process) {
        fail("the data of the two copies is not joined, so that this test is about nothing");
    }
    const auto plugin_owns = function_of<bool(const void*)>(plugin, "plugin_owns");
    std::pmr::memory_resource& theirs =
        *function_of<std::pmr::memory_resource*()>(plugin, "plugin_pool")();
    // More than there are slots, so that one shares the slot of the plugin's pool.
    std::array<strata::concurrent_pool_resource, 20> ours;

    std::barrier used{3};
    std::barrier unloaded{3};
    const auto work = [&] {
        for (int round = 0; round != 100; ++round) {
            for (strata::concurrent_pool_resource& mine : ours) {
                void* const block = mine.allocate(40, 8);
                void* const other = theirs.allocate(40, 8);
                if (strata::owns(mine, block) != strata::ownership::yes || plugin_owns(block)) {
                    fail("a pool of the host served a block that is not its own");
                }
                if (strata::owns(mine, other) != strata::ownership::no || !plugin_owns(other)) {
                    fail("the plugin's pool served a block that is not its own");
                }
                mine.deallocate(block, 40, 8);
                theirs.deallocate(other, 40, 8);
            }
        }
        used.arrive_and_wait();
        unloaded.arrive_and_wait();
    };
    std::thread one{work};
    std::thread two{work};
    used.arrive_and_wait();
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        void* const block = theirs.allocate(40, 8);
        theirs.deallocate(block, 40, 8);
        ours.front().deallocate(ours.front().allocate(40, 8), 40, 8);
        std::_Exit(EXIT_SUCCESS);
    }
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0) {
        fail("the child of a fork did not end well");
    }
    if (dlclose(plugin) != 0) {
        fail(dlerror());
    }
    if (dlopen(arguments[1], RTLD_NOW | RTLD_NOLOAD) != nullptr) {
        fail("the plugin is still there");
    }
    unloaded.arrive_and_wait();
    one.join();
    two.join();
    std::thread{[] {
        if (!strata::detail::has_or_takes_record()) {
            fail("the plugin took the records of threads along");
        }
    }}.join();
    std::puts("each served its own");
    return EXIT_SUCCESS;
}
