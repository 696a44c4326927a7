// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// One thread makes the program's resource while another forks. The child, in which that thread does
// not exist, makes the resource itself, in the same place. It lives on: it allocates, has threads
// and forks in turn.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <thread>

#include <strata/interop/global_new.hpp>
#include <strata/strata.hpp>

#include "../support/valgrind.hpp"

namespace {

constexpr unsigned seconds_to_hang = 60;

bool ends_well(pid_t child) {
    int status = -1;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void use_the_heap() {
    const std::string large(300'000, 'x');
    const std::string small(40, 'x');
    if (large.back() != small.back()) {
        std::_Exit(EXIT_FAILURE);
    }
}

[[noreturn]] void live_on() {
    alarm(seconds_to_hang);
    tests::look_for_no_leaks();
    use_the_heap();
    std::thread{use_the_heap}.join();
    const pid_t grandchild = fork();
    if (grandchild == 0) {
        alarm(seconds_to_hang);
        use_the_heap();
        std::thread{use_the_heap}.join();
        std::_Exit(EXIT_SUCCESS);
    }
    std::_Exit(ends_well(grandchild) ? EXIT_SUCCESS : EXIT_FAILURE);
}

bool has_forked = false;
bool child_ended_well = false;

void* fork_in_this_thread(void* /*argument*/) {
    const pid_t child = fork();
    if (child == 0) {
        live_on();
    }
    child_ended_well = ends_well(child);
    return nullptr;
}

template <class Resource>
class made_during_a_fork : public Resource {
public:
    template <class... Arguments>
    explicit made_during_a_fork(Arguments... arguments) : Resource{arguments...} {
        void* const blocks[] = {this->allocate(64, 8), this->allocate(300'000, 8)};
        if (!has_forked) {
            has_forked = true;
            pthread_t thread{};
            if (pthread_create(&thread, nullptr, fork_in_this_thread, nullptr) == 0) {
                pthread_join(thread, nullptr);
            }
        }
        this->deallocate(blocks[0], 64, 8);
        this->deallocate(blocks[1], 300'000, 8);
    }
};

[[maybe_unused]] made_during_a_fork<strata::concurrent_pool_resource> pool() {
    return made_during_a_fork<strata::concurrent_pool_resource>{strata::system_heap()};
}

[[maybe_unused]] made_during_a_fork<strata::debug_resource<strata::heap_resource>> debugged() {
    return made_during_a_fork<strata::debug_resource<strata::heap_resource>>{
        strata::debug{.concurrent = true}, strata::system_heap()};
}

}  // namespace

STRATA_GLOBAL_RESOURCE(RESOURCE());

int main() {
    alarm(seconds_to_hang);
    use_the_heap();
    return child_ended_well ? EXIT_SUCCESS : EXIT_FAILURE;
}
