// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <latch>
#include <new>
#include <optional>
#include <string_view>
#include <thread>

#include <strata/testing/checking_resource.hpp>

#include "support/misuse_recorder.hpp"

BOOST_AUTO_TEST_SUITE(checking_resource_test)

using strata::checking_resource;

namespace {

/// The one error that was written down; anything else is a failure.
std::string_view only_error(const checking_resource& upstream) {
    BOOST_TEST_REQUIRE(upstream.errors().size() == 1U);
    return upstream.errors().front();
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

void use_from_two_threads(checking_resource& upstream) {
    std::latch both_are_there{2};
    const auto work = [&] {
        both_are_there.arrive_and_wait();
        for (int i = 0; i != 10; ++i) {
            upstream.deallocate(upstream.allocate(100'000), 100'000);
        }
    };
    std::thread other{work};
    work();
    other.join();
}

}  // namespace

BOOST_AUTO_TEST_CASE(memory_is_aligned_as_asked_and_never_better) {
    checking_resource upstream;
    for (std::size_t alignment = 1; alignment <= std::size_t{1} << 21; alignment *= 2) {
        void* block = upstream.allocate(10, alignment);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % (2 * alignment) == alignment);
        upstream.deallocate(block, 10, alignment);
    }
    BOOST_TEST(upstream.errors().empty());
}

BOOST_AUTO_TEST_CASE(figures_follow_what_is_live) {
    checking_resource upstream;
    void* small = upstream.allocate(10, 2);
    void* large = upstream.allocate(1000, 8);
    upstream.deallocate(large, 1000, 8);
    BOOST_TEST(upstream.allocations() == 2U);
    BOOST_TEST(upstream.deallocations() == 1U);
    BOOST_TEST(upstream.live_blocks() == 1U);
    BOOST_TEST(upstream.live_bytes() == 10U);
    BOOST_TEST(upstream.peak_bytes() == 1010U);
    BOOST_TEST((upstream.requests().back() == strata::layout{1000, 8}));
    BOOST_TEST((upstream.owns(small) == strata::ownership::yes));
    upstream.deallocate(small, 10, 2);
    BOOST_TEST((upstream.owns(small) == strata::ownership::no));
}

BOOST_AUTO_TEST_CASE(holds_what_lies_within_one_live_block) {
    checking_resource upstream;
    auto* block = static_cast<std::byte*>(upstream.allocate(100, 1));
    BOOST_TEST(upstream.holds(block, 100));
    BOOST_TEST(upstream.holds(block + 60, 40));
    BOOST_TEST(!upstream.holds(block + 60, 41));
    BOOST_TEST(!upstream.holds(block - 1, 1));
    upstream.deallocate(block, 100, 1);
    BOOST_TEST(!upstream.holds(block, 1));
}

BOOST_AUTO_TEST_CASE(too_much_is_refused) {
    checking_resource upstream;
    BOOST_CHECK_THROW((void)upstream.allocate(SIZE_MAX, 1), std::bad_alloc);
    BOOST_CHECK_THROW((void)upstream.allocate(checking_resource::largest + 1), std::bad_alloc);
    BOOST_CHECK_THROW((void)upstream.allocate(1, std::size_t{1} << 63), std::bad_alloc);
    BOOST_TEST(upstream.errors().empty());
}

// --- what a caller does wrong -------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(wrong_size) {
    checking_resource upstream;
    upstream.deallocate(upstream.allocate(10, 8), 11, 8);
    BOOST_TEST(contains(only_error(upstream), "wrong size"));
    BOOST_TEST(upstream.live_blocks() == 0U);
}

BOOST_AUTO_TEST_CASE(wrong_alignment) {
    checking_resource upstream;
    upstream.deallocate(upstream.allocate(10, 8), 10, 4);
    BOOST_TEST(contains(only_error(upstream), "wrong alignment"));
}

BOOST_AUTO_TEST_CASE(unknown_pointer) {
    checking_resource upstream;
    int stranger = 0;
    upstream.deallocate(&stranger, sizeof(int), alignof(int));
    BOOST_TEST(contains(only_error(upstream), "no block of this resource"));
}

BOOST_AUTO_TEST_CASE(double_free) {
    checking_resource upstream;
    void* block = upstream.allocate(10, 8);
    upstream.deallocate(block, 10, 8);
    upstream.deallocate(block, 10, 8);
    BOOST_TEST(contains(only_error(upstream), "already freed"));
}

BOOST_AUTO_TEST_CASE(overwritten_guards) {
    checking_resource upstream;
    auto* block = static_cast<char*>(upstream.allocate(10, 8));
    block[10] = 0;
    upstream.deallocate(block, 10, 8);
    BOOST_TEST(contains(only_error(upstream), "the memory behind block"));

    block = static_cast<char*>(upstream.allocate(10, 8));
    block[-1] = 0;
    upstream.deallocate(block, 10, 8);
    BOOST_TEST(contains(upstream.errors().back(), "the memory before block"));
}

BOOST_AUTO_TEST_CASE(alignment_that_is_no_power_of_two) {
    checking_resource upstream;
    BOOST_CHECK_THROW((void)upstream.allocate(10, 24), std::bad_alloc);
    BOOST_TEST(contains(only_error(upstream), "no power of two"));
}

BOOST_AUTO_TEST_CASE(size_of_zero_unless_allowed) {
    checking_resource upstream;
    upstream.deallocate(upstream.allocate(0, 1), 0, 1);
    BOOST_TEST(contains(only_error(upstream), "asks for nothing"));
    upstream.allow_zero_sizes();
    upstream.deallocate(upstream.allocate(0, 1), 0, 1);
    BOOST_TEST(upstream.errors().size() == 1U);
}

BOOST_AUTO_TEST_CASE(two_threads_inside_at_once) {
    checking_resource upstream;
    // Whether they meet is up to the system, but sooner or later they do.
    for (int i = 0; i != 1000 && upstream.errors().empty(); ++i) {
        use_from_two_threads(upstream);
    }
    BOOST_TEST_REQUIRE(!upstream.errors().empty());
    BOOST_TEST(contains(upstream.errors().front(), "two threads"));
}

BOOST_AUTO_TEST_CASE(two_threads_inside_at_once_where_that_is_allowed) {
    checking_resource upstream;
    upstream.allow_threads();
    for (int i = 0; i != 20; ++i) {
        use_from_two_threads(upstream);
    }
    BOOST_TEST(upstream.errors().empty());
    BOOST_TEST(upstream.live_blocks() == 0U);
}

BOOST_AUTO_TEST_CASE(what_nobody_asked_for_is_a_misuse_at_the_end) {
    const tests::misuse_recorder misuses;
    std::optional<checking_resource> upstream{std::in_place};
    (void)upstream->allocate(10);
    upstream.reset();
    BOOST_TEST(misuses.count() == 1U);

    upstream.emplace();
    (void)upstream->allocate(10);
    BOOST_TEST(upstream->live_blocks() == 1U);
    upstream.reset();
    BOOST_TEST(misuses.count() == 1U);
}

// --- failures on demand -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(fails_once_at_the_nth_request) {
    checking_resource upstream;
    upstream.fail_at(2);
    void* first = upstream.allocate(1);
    BOOST_CHECK_THROW((void)upstream.allocate(1), std::bad_alloc);
    void* third = upstream.allocate(1);
    BOOST_TEST(upstream.injected_failures() == 1U);
    BOOST_TEST(upstream.requests().size() == 3U);
    upstream.deallocate(first, 1);
    upstream.deallocate(third, 1);
}

BOOST_AUTO_TEST_CASE(fails_for_good_until_told_otherwise) {
    checking_resource upstream;
    upstream.fail_from(1, checking_resource::failure::foreign);
    for (int i = 0; i != 3; ++i) {
        BOOST_CHECK_THROW((void)upstream.allocate(1), checking_resource::foreign_failure);
    }
    upstream.never_fail();
    upstream.deallocate(upstream.allocate(1), 1);
    BOOST_TEST(upstream.injected_failures() == 3U);
}

BOOST_AUTO_TEST_CASE(an_injected_failure_tells_what_it_refused) {
    checking_resource upstream;
    upstream.deallocate(upstream.allocate(8), 8);
    upstream.fail_at(1, checking_resource::failure::injected);
    const auto is_right = [](const strata::injected_failure& failure) {
        return failure.asked() == strata::layout{24, 8} && failure.number() == 2;
    };
    BOOST_CHECK_EXCEPTION((void)upstream.allocate(24, 8), strata::injected_failure,
                          is_right);
}

BOOST_AUTO_TEST_SUITE_END()
