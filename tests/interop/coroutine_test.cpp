// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE coroutine
#include <boost/test/unit_test.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <memory_resource>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/scoped_default_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/interop/coroutine.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/checking_resource.hpp>

namespace {

using strata::checking_resource;
using strata::scoped_frame_resource;

template <class Promise>
class handle_of {
public:
    handle_of() = default;
    explicit handle_of(Promise& of)
        : coroutine_{std::coroutine_handle<Promise>::from_promise(of)} {}
    handle_of(handle_of&& from) noexcept : coroutine_{std::exchange(from.coroutine_, nullptr)} {}
    handle_of& operator=(handle_of&& from) = delete;
    ~handle_of() {
        if (coroutine_) {
            coroutine_.destroy();
        }
    }
    [[nodiscard]] std::coroutine_handle<Promise> get() const { return coroutine_; }

private:
    std::coroutine_handle<Promise> coroutine_;
};

struct parts_of_a_promise {
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(int result) { value = result; }
    static void unhandled_exception() { std::terminate(); }

    int value = 0;
};

struct task {
    struct promise_type : strata::resource_promise, parts_of_a_promise {
        task get_return_object() { return {handle_of{*this}}; }
    };

    int run() const {
        its.get().resume();
        return its.get().promise().value;
    }
    handle_of<promise_type> its;
};

// None where the frame could not be had.
struct task_or_none {
    struct promise_type : strata::nothrow_resource_promise, parts_of_a_promise {
        task_or_none get_return_object() { return {handle_of{*this}}; }
        static task_or_none get_return_object_on_allocation_failure() { return {}; }
    };

    handle_of<promise_type> its;
};

// A compiler may not do without the frames of what it does not inline.
[[gnu::noinline]] task twice(std::allocator_arg_t, std::pmr::memory_resource*, int number) {
    co_return number * 2;
}

[[gnu::noinline]] task twice_by(std::allocator_arg_t, std::pmr::polymorphic_allocator<int>,
                                int number) {
    co_return number * 2;
}

[[gnu::noinline]] task thrice(int number) {
    co_return number * 3;
}

// A resource alone is an argument as any other.
[[gnu::noinline]] task with_a_resource(std::pmr::memory_resource* data) {
    co_return static_cast<int>(std::pmr::vector<int>(7, data).size());
}

template <std::size_t Bytes>
[[gnu::noinline]] task of_size(std::allocator_arg_t, std::pmr::memory_resource*) {
    std::array<unsigned char, Bytes> local{};
    local.fill(1);
    co_await std::suspend_always{};
    int sum = 0;
    for (const unsigned char each : local) {
        sum += each;
    }
    co_return sum;
}

struct unmovable {
    unmovable() = default;
    unmovable(const unmovable&) = delete;
    unmovable& operator=(const unmovable&) = delete;

    [[gnu::noinline]] task add(std::allocator_arg_t, std::pmr::memory_resource*, int number) {
        co_return base + number;
    }
    [[gnu::noinline]] task base_plus(std::allocator_arg_t, std::pmr::memory_resource*,
                                     int number) const {
        co_return base + number;
    }
    int base = 100;
};

[[gnu::noinline]] task consume(std::allocator_arg_t, checking_resource*,
                               std::unique_ptr<int> number) {
    co_return *number;
}

// The depth so many calls below, each with a frame that lives as long as those below it.
[[gnu::noinline]] task depth(int left) {
    co_return left == 0 ? 0 : 1 + depth(left - 1).run();
}

[[gnu::noinline]] task_or_none perhaps(std::allocator_arg_t, std::pmr::memory_resource*,
                                       bool& is_begun) {
    is_begun = true;
    co_return 1;
}
[[gnu::noinline]] task certainly(std::allocator_arg_t, std::pmr::memory_resource*, bool& is_begun) {
    is_begun = true;
    co_return 1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(coroutine_test)

BOOST_AUTO_TEST_CASE(a_frame_comes_from_the_resource_after_allocator_arg) {
    checking_resource memory;
    {
        const task made = twice(std::allocator_arg, &memory, 21);
        BOOST_TEST(memory.live_blocks() == 1U);
        BOOST_TEST(made.run() == 42);
        BOOST_TEST(memory.live_blocks() == 1U);
    }
    BOOST_TEST(memory.live_blocks() == 0U);
    BOOST_TEST(memory.errors().empty());
}

BOOST_AUTO_TEST_CASE(a_polymorphic_allocator_names_the_resource_too) {
    checking_resource memory;
    const task made = twice_by(std::allocator_arg, &memory, 21);
    BOOST_TEST(memory.live_blocks() == 1U);
    BOOST_TEST(made.run() == 42);
}

BOOST_AUTO_TEST_CASE(an_object_may_stand_before_the_resource) {
    checking_resource memory;
    unmovable object;
    const task made = object.add(std::allocator_arg, &memory, 5);
    BOOST_TEST(memory.live_blocks() == 1U);
    BOOST_TEST(made.run() == 105);
    const unmovable& constant = object;
    const task other = constant.base_plus(std::allocator_arg, &memory, 5);
    BOOST_TEST(memory.live_blocks() == 2U);
    BOOST_TEST(other.run() == 105);
    BOOST_TEST(memory.errors().empty());
}

BOOST_AUTO_TEST_CASE(a_derived_pointer_and_an_argument_that_only_moves_will_do) {
    checking_resource memory;
    const task made = consume(std::allocator_arg, &memory, std::make_unique<int>(9));
    BOOST_TEST(memory.live_blocks() == 1U);
    BOOST_TEST(made.run() == 9);
}

BOOST_AUTO_TEST_CASE(without_an_argument_the_innermost_scope_serves) {
    checking_resource outer;
    checking_resource inner;
    const scoped_frame_resource use{outer};
    const task first = thrice(1);
    BOOST_TEST((&scoped_frame_resource::current() == &outer));
    {
        const scoped_frame_resource use_inner{inner};
        const task second = thrice(2);
        BOOST_TEST(outer.live_blocks() == 1U);
        BOOST_TEST(inner.live_blocks() == 1U);
        BOOST_TEST(second.run() == 6);
    }
    const task third = thrice(3);
    BOOST_TEST(outer.live_blocks() == 2U);
    BOOST_TEST(inner.live_blocks() == 0U);
    BOOST_TEST(first.run() + third.run() == 12);
}

BOOST_AUTO_TEST_CASE(an_argument_is_stronger_than_a_scope) {
    checking_resource scope;
    checking_resource argument;
    const scoped_frame_resource use{scope};
    const task made = twice(std::allocator_arg, &argument, 4);
    BOOST_TEST(scope.live_blocks() == 0U);
    BOOST_TEST(argument.live_blocks() == 1U);
    BOOST_TEST(made.run() == 8);
}

BOOST_AUTO_TEST_CASE(a_resource_without_allocator_arg_does_not_serve_the_frame) {
    checking_resource scope;
    checking_resource data;
    const scoped_frame_resource use{scope};
    const task made = with_a_resource(&data);
    BOOST_TEST(scope.live_blocks() == 1U);
    BOOST_TEST(data.live_blocks() == 0U);
    BOOST_TEST(made.run() == 7);
    BOOST_TEST(data.allocations() == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_scope_the_default_resource_serves) {
    checking_resource memory;
    strata::scoped_default_resource use{memory};
    BOOST_TEST((&scoped_frame_resource::current() == &memory));
    const task made = thrice(5);
    BOOST_TEST(memory.live_blocks() == 1U);
    BOOST_TEST(made.run() == 15);
}

// The scope has ended when the frame is freed.
BOOST_AUTO_TEST_CASE(a_frame_goes_back_to_where_it_came_from) {
    checking_resource memory;
    {
        const auto made = [&] {
            const scoped_frame_resource use{memory};
            return thrice(5);
        }();
        checking_resource other;
        const scoped_frame_resource use{other};
        BOOST_TEST(made.run() == 15);
    }
    BOOST_TEST(memory.live_blocks() == 0U);
    BOOST_TEST(memory.errors().empty());
}

BOOST_AUTO_TEST_CASE(a_scope_is_of_its_thread) {
    checking_resource memory;
    const scoped_frame_resource use{memory};
    const std::pmr::memory_resource* elsewhere = nullptr;
    std::thread{[&] { elsewhere = &scoped_frame_resource::current(); }}.join();
    BOOST_TEST(elsewhere == std::pmr::get_default_resource());
}

BOOST_AUTO_TEST_CASE(frames_of_all_sizes_keep_their_alignment) {
    checking_resource memory;
    const auto check = [&]<std::size_t... Size>(std::index_sequence<Size...>) {
        const auto one = [&](const task& made, std::size_t size) {
            const auto address = reinterpret_cast<std::uintptr_t>(made.its.get().address());
            BOOST_TEST(address % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0U);
            made.its.get().resume();
            BOOST_TEST(made.run() == static_cast<int>(size));
        };
        (one(of_size<Size + 1>(std::allocator_arg, &memory), Size + 1), ...);
    };
    check(std::make_index_sequence<33>{});
    BOOST_TEST(memory.live_blocks() == 0U);
    BOOST_TEST(memory.errors().empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_comes_out_of_the_call) {
    checking_resource memory;
    bool is_begun = false;
    memory.fail_at(1, checking_resource::failure::bad_alloc);
    BOOST_CHECK_THROW(certainly(std::allocator_arg, &memory, is_begun), std::bad_alloc);
    BOOST_TEST(!is_begun);
    BOOST_TEST(certainly(std::allocator_arg, &memory, is_begun).run() == 1);
    BOOST_TEST(is_begun);
    BOOST_TEST(memory.live_blocks() == 0U);
}

#ifndef STRATA_ASAN
// Some resources return null, against the rules. The sanitizer of undefined behaviour comes with
// that of addresses; to it null ends the program.
BOOST_AUTO_TEST_CASE(a_null_is_a_refusal) {
    checking_resource memory;
    bool is_begun = false;
    memory.fail_at(1, checking_resource::failure::null);
    BOOST_CHECK_THROW(certainly(std::allocator_arg, &memory, is_begun), std::bad_alloc);
    memory.fail_at(1, checking_resource::failure::null);
    BOOST_TEST(!perhaps(std::allocator_arg, &memory, is_begun).its.get());
    BOOST_TEST(!is_begun);
}
#endif

BOOST_AUTO_TEST_CASE(a_refusal_may_be_a_result) {
    checking_resource memory;
    bool is_begun = false;
    memory.fail_at(1, checking_resource::failure::bad_alloc);
    BOOST_TEST(!perhaps(std::allocator_arg, &memory, is_begun).its.get());
    const task_or_none made = perhaps(std::allocator_arg, &memory, is_begun);
    BOOST_TEST_REQUIRE(static_cast<bool>(made.its.get()));
    BOOST_TEST(!is_begun);
    made.its.get().resume();
    BOOST_TEST(is_begun);
}

// What is called last ends first: the arena has each frame's place again for the next.
BOOST_AUTO_TEST_CASE(an_arena_that_reuses_the_last_block_is_a_stack_of_frames) {
    checking_resource upstream;
    strata::arena_resource frames{strata::arena{.reuse_last = true}, &upstream};
    const scoped_frame_resource use{frames};
    BOOST_TEST(depth(10).run() == 10);
    const std::size_t drawn = upstream.live_bytes();
    BOOST_TEST(drawn != 0U);
    for (int i = 0; i != 10'000; ++i) {
        BOOST_TEST_REQUIRE(depth(10).run() == 10);
    }
    BOOST_TEST(upstream.live_bytes() == drawn);
}

BOOST_AUTO_TEST_CASE(frames_of_all_sizes_leave_no_gaps_in_an_arena) {
    checking_resource upstream;
    strata::arena_resource frames{strata::arena{.first_chunk = 65536, .reuse_last = true},
                                  &upstream};
    // In one chunk: an arena does not go back to an older one.
    const auto chain = [&]<std::size_t... Size>(std::index_sequence<Size...>) {
        std::vector<task> all;
        (all.push_back(of_size<Size + 1>(std::allocator_arg, &frames)), ...);
        while (!all.empty()) {
            all.pop_back();
        }
    };
    chain(std::make_index_sequence<33>{});
    const std::size_t drawn = upstream.live_bytes();
    BOOST_TEST(drawn != 0U);
    for (int i = 0; i != 1000; ++i) {
        chain(std::make_index_sequence<33>{});
    }
    BOOST_TEST(upstream.live_bytes() == drawn);
}

BOOST_AUTO_TEST_CASE(a_stack_serves_frames) {
    strata::stack memory{strata::stats{}, strata::pool{}};
    const task made = twice(std::allocator_arg, &memory, 3);
    BOOST_TEST(memory.get<0>().snapshot().live_blocks == 1);
    BOOST_TEST(made.run() == 6);
}

static_assert(std::is_empty_v<strata::resource_promise>);
static_assert(std::is_empty_v<strata::nothrow_resource_promise>);

BOOST_AUTO_TEST_SUITE_END()
