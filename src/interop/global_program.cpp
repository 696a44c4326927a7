// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/detail/global_program.hpp>

#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <strata/core/detail/fork_locks.hpp>
#include <strata/core/detail/shield.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata::global::detail {

constinit std::atomic<std::pmr::memory_resource*> installed{nullptr};
constinit std::atomic<std::pmr::memory_resource*> usual{nullptr};
constinit std::atomic<bool> is_begun{false};
constinit program_source source;

// --- the first call ---------------------------------------------------------------------------

namespace {

[[noreturn]] void cannot_be_made(const char* why) noexcept {
    const strata::detail::shield here;
    std::fprintf(stderr, "strata: the resource of STRATA_GLOBAL_RESOURCE could not be made: %s\n",
                 why);
    std::abort();
}

std::pmr::memory_resource* made(std::pmr::memory_resource* (*make)()) noexcept {
    // What its making allocates comes from the heap.
    const inside_resource now;
    const strata::detail::shield here;
    try {
        return make();
    } catch (const std::exception& error) {
        cannot_be_made(error.what());
    } catch (...) {
        cannot_be_made("an exception that is no std::exception");
    }
}

}  // namespace

std::pmr::memory_resource* resource_or_heap(std::pmr::memory_resource* (*make)()) noexcept {
    if (inside_of_thread.is_inside) {
        return system_heap();
    }
    if (!is_begun.exchange(true)) {
        register_for_exit();
        // What another thread was about to make as the program forked, the child makes itself.
        (void)pthread_atfork(nullptr, nullptr, [] {
            if (installed.load() == nullptr) {
                is_begun.store(false);
            }
        });
        program_source::survive_forks();
        std::pmr::memory_resource* const first = made(make);
        strata::detail::global_allocation_source.store(&source);
        usual.store(first);
        installed.store(first, std::memory_order_release);
    }
    // Another thread may be making it just now.
    std::pmr::memory_resource* const to = installed.load(std::memory_order_acquire);
    return to == nullptr ? system_heap() : to;
}

void program_source::survive_forks() noexcept {
    static constinit strata::detail::fork_locks locks{[]() noexcept { return source.try_lock(); },
                                                      []() noexcept { source.unlock(); },
                                                      []() noexcept {}};
    strata::detail::take_around_forks(locks);
}

void program_source::allocate_and_free_a_byte() {
    ::operator delete(::operator new(1));
}

// --- what is given back -----------------------------------------------------------------------

void give_back_to(std::pmr::memory_resource& owner, void* memory, layout whole) noexcept {
    if (&owner == system_heap()) {
        return owner.deallocate(memory, whole.size, whole.alignment);
    }
    const inside_resource now;
    owner.deallocate(memory, whole.size, whole.alignment);
}

}  // namespace strata::global::detail
