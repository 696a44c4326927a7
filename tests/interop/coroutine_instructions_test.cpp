// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The guard against frames of coroutines that grow slower unseen: the instructions of a coroutine
// that is made and destroyed, counted exactly, with its frame on an arena.
#define BOOST_TEST_MODULE coroutine_instructions
#include <boost/test/unit_test.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <memory_resource>

#include <strata/interop/coroutine.hpp>
#include <strata/strategies/arena_resource.hpp>

#include "support/instruction_count.hpp"

namespace {

struct task {
    struct promise_type : strata::resource_promise {
        task get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
    std::coroutine_handle<promise_type> handle;
};

[[gnu::noinline]] task in_scope(int key) {
    std::cout << key;
    co_return;
}
[[gnu::noinline]] task given(std::allocator_arg_t, std::pmr::memory_resource*, int key) {
    std::cout << key;
    co_return;
}

template <class Make>
[[nodiscard]] std::uint64_t instructions_of(Make make) {
    const auto counts = tests::count_instructions([&](tests::section_counter& count) {
        make().handle.destroy();  // now the arena has a chunk
        task made{};
        count([&] { made = make(); });
        count([&] { made.handle.destroy(); });
    });
    return counts.at(0).instructions + counts.at(1).instructions;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_frame_on_an_arena_takes_no_more_instructions_than_recorded) {
#if !defined(__x86_64__)
    std::cout << "skipped: the figures are of x86-64\n";
    return;
#endif
    if (const auto why_not = tests::no_instruction_count(); !why_not.empty()) {
        std::cout << "skipped: " << why_not << "\n";
        return;
    }
    strata::arena_resource frames{strata::arena{.first_chunk = 65536, .reuse_last = true}};
    const strata::scoped_frame_resource use{frames};
    const std::uint64_t scope = instructions_of([] { return in_scope(1); });
    const std::uint64_t argument =
        instructions_of([&] { return given(std::allocator_arg, &frames, 1); });
    std::cout << "instructions of a coroutine, made and destroyed\n"
              << "resource of the scope  " << scope << "\n"
              << "resource given         " << argument << "\n";
    // As recorded with g++ 12, for libraries without checks; others may take a quarter more.
    const auto most = [](std::uint64_t recorded) { return recorded + recorded / 4; };
    BOOST_TEST(scope <= most(114));
    BOOST_TEST(argument <= most(111));
}
