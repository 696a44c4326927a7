// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>

#include "support/child.hpp"
#include "support/misuse_recorder.hpp"
#include <strata/testing/boost_test_print.hpp>
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(stats_resource_test)

namespace counting = strata::counting;
using strata::allocation_stats;
using strata::on_finding;
using strata::stats_resource;
using tests::upstream;

namespace {

using policies = std::tuple<counting::single, counting::relaxed, counting::sequential,
                            counting::sharded>;
using atomic_policies = std::tuple<counting::relaxed, counting::sequential, counting::sharded>;

template <class Counting>
using counted_by = stats_resource<std::pmr::memory_resource, Counting>;

using plain = stats_resource<>;
static_assert(std::is_same_v<plain, counted_by<counting::sharded>>);
static_assert(std::is_convertible_v<plain*, std::pmr::memory_resource*>);
static_assert(std::is_convertible_v<plain*, strata::stats_source*>);
static_assert(std::has_virtual_destructor_v<plain>);
static_assert(!std::is_copy_constructible_v<plain> && !std::is_move_assignable_v<plain>);
static_assert(!std::is_convertible_v<std::pmr::memory_resource*, plain>);
static_assert(!strata::stats::is_source && strata::stats{} == strata::stats{});
static_assert(!std::is_default_constructible_v<stats_resource<strata::heap_resource>>);

}  // namespace

// --- counts -------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE_TEMPLATE(live_peak_and_total_are_exact, Counting, policies, upstream) {
    counted_by<Counting> memory{&below};
    void* one = memory.allocate(100, 8);
    void* other = memory.allocate(30, 64);
    memory.deallocate(one, 100, 8);
    void* third = memory.allocate(7, 1);

    const allocation_stats now = memory.snapshot();
    BOOST_TEST(now.live_bytes == 37);
    BOOST_TEST(now.live_blocks == 2);
    BOOST_TEST(now.peak_bytes == 130);
    BOOST_TEST(now.peak_blocks == 2);
    BOOST_TEST(now.allocations == 3);
    BOOST_TEST(now.deallocations == 1);
    BOOST_TEST(now.allocated_bytes == 137);
    BOOST_TEST(now.deallocated_bytes == 100);
    BOOST_TEST(now.failures == 0);

    memory.deallocate(other, 30, 64);
    memory.deallocate(third, 7, 1);
    BOOST_TEST(memory.snapshot().live_bytes == 0);
    BOOST_TEST(memory.snapshot().live_blocks == 0);
    BOOST_TEST(memory.snapshot().peak_bytes == 130);
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(sizes_and_alignments_are_counted, Counting, policies, upstream) {
    counted_by<Counting> memory{&below};
    for (const std::size_t bytes : {16u, 17u, 32u, 33u}) {
        memory.deallocate(memory.allocate(bytes, 4), bytes, 4);
    }
    memory.deallocate(memory.allocate(1, 4096), 1, 4096);
    allocation_stats expected;
    expected.sizes[0] = 1;
    expected.sizes[4] = 1;
    expected.sizes[5] = 2;
    expected.sizes[6] = 1;
    expected.alignments[2] = 4;
    expected.alignments[12] = 1;
    BOOST_TEST(memory.snapshot().sizes == expected.sizes, boost::test_tools::per_element());
    BOOST_TEST(memory.snapshot().alignments == expected.alignments,
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(a_failure_passes_through_and_counts_as_that_alone, Counting,
                                 policies, upstream) {
    counted_by<Counting> memory{&below};
    memory.deallocate(memory.allocate(10), 10);
    allocation_stats expected = memory.snapshot();
    fail();
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1000)), tests::upstream_failure);
    expected.failures = 1;
    BOOST_TEST((memory.snapshot() == expected));
}

BOOST_FIXTURE_TEST_CASE(a_difference_of_snapshots_is_what_happened_in_between, upstream) {
    stats_resource memory{&below};
    void* before = memory.allocate(100, 8);
    const allocation_stats then = memory.snapshot();
    memory.deallocate(before, 100, 8);
    memory.deallocate(memory.allocate(10, 8), 10, 8);
    const allocation_stats between = memory.snapshot() - then;
    BOOST_TEST(between.live_bytes == -100);
    BOOST_TEST(between.allocations == 1);
    BOOST_TEST(between.deallocations == 2);
    BOOST_TEST(between.allocated_bytes == 10);
    BOOST_TEST(between.peak_bytes == 0);
}

// --- between client and upstream ----------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE_TEMPLATE(each_call_goes_on_unchanged, Counting, policies, upstream) {
    below.allow_zero_sizes();
    counted_by<Counting> memory{&below};
    for (const strata::layout each : {strata::layout{0, 1}, {1, 1}, {100, 64}, {4096, 4096}}) {
        void* block = memory.allocate(each.size, each.alignment);
        BOOST_TEST(below.requests().back() == each);
        BOOST_TEST(below.owns(block) == strata::ownership::yes);
        memory.deallocate(block, each.size, each.alignment);
    }
}

BOOST_FIXTURE_TEST_CASE(the_default_alignment_is_passed_on, upstream) {
    stats_resource memory{&below};
    memory.deallocate(memory.allocate(5), 5);
    BOOST_TEST(below.requests().back() == (strata::layout{5, alignof(std::max_align_t)}));
}

BOOST_FIXTURE_TEST_CASE(stacked_ones_count_their_own_traffic, upstream) {
    stats_resource lower{&below};
    stats_resource upper{&lower};
    void* through_both = upper.allocate(10);
    void* through_one = lower.allocate(5);
    BOOST_TEST(upper.snapshot().live_bytes == 10);
    BOOST_TEST(lower.snapshot().live_bytes == 15);
    upper.deallocate(through_both, 10);
    lower.deallocate(through_one, 5);
}

namespace {

// An upstream that looks at the one above it whenever it is called.
class witness : public std::pmr::memory_resource {
public:
    std::function<allocation_stats()> look;
    std::vector<std::int64_t> live_blocks_seen;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        live_blocks_seen.push_back(look().live_blocks);
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        live_blocks_seen.push_back(look().live_blocks);
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_block_is_counted_only_while_it_is_the_clients, Counting, policies) {
    witness below;
    counted_by<Counting> memory{&below};
    below.look = [&] { return memory.snapshot(); };
    memory.deallocate(memory.allocate(10), 10);
    BOOST_TEST(below.live_blocks_seen == (std::vector<std::int64_t>{0, 0}),
               boost::test_tools::per_element());
    BOOST_TEST(memory.snapshot().peak_blocks == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(threads_lose_no_count, Counting, atomic_policies) {
    stats_resource memory{strata::basic_stats<Counting>{}, strata::system_heap()};
    void* const kept = memory.allocate(8, 8);
    std::vector<std::thread> threads;
    for (std::size_t bytes = 1; bytes != 5; ++bytes) {
        threads.emplace_back([&, bytes] {
            for (int i = 0; i != 5000; ++i) {
                memory.deallocate(memory.allocate(bytes, 8), bytes, 8);
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    const allocation_stats now = memory.snapshot();
    BOOST_TEST(now.allocations == 20'001);
    BOOST_TEST(now.deallocations == 20'000);
    BOOST_TEST(now.allocated_bytes == 5000 * (1 + 2 + 3 + 4) + 8);
    BOOST_TEST(now.live_bytes == 8);
    BOOST_TEST(now.live_blocks == 1);
    BOOST_TEST(now.peak_blocks >= 2);
    BOOST_TEST(now.peak_blocks <= 5);
    BOOST_TEST(now.alignments[3] == 20'001);
    memory.deallocate(kept, 8, 8);
}

// --- at the end ---------------------------------------------------------------------------------

namespace {

// Ends one with two live blocks.
void leak(on_finding what) {
    strata::fixed_buffer_resource<256> below;
    stats_resource memory{strata::stats{.on_destroy = what}, &below};
    static_cast<void>(memory.allocate(30));
    static_cast<void>(memory.allocate(12));
}

constexpr const char* leaked = "stats: 2 blocks (42 bytes) are still live at its end";

}  // namespace

BOOST_AUTO_TEST_CASE(a_leak_is_ignored_unless_told_otherwise) {
    const auto child = tests::run_in_child([] { leak(strata::stats{}.on_destroy); });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.errors == "");
}

BOOST_AUTO_TEST_CASE(a_leak_can_be_reported) {
    const auto child = tests::run_in_child([] { leak(on_finding::report); });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.errors == std::string{"strata: "} + leaked + "\n");
}

BOOST_AUTO_TEST_CASE(a_leak_can_end_the_program) {
    const auto child = tests::run_in_child([] { leak(on_finding::abort); });
    BOOST_TEST(child.signal == SIGABRT);
    BOOST_TEST(child.errors.starts_with(std::string{"strata: misuse: "} + leaked + "\n"));
}

BOOST_AUTO_TEST_CASE(a_leak_that_ends_the_program_goes_through_the_misuse_handler) {
    const tests::misuse_recorder misuse;
    leak(on_finding::abort);
    BOOST_TEST(misuse.messages() == std::vector<std::string>{leaked},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_thrown_at_the_end) {
    const tests::misuse_recorder misuse;
    leak(on_finding::throw_);
    BOOST_TEST(misuse.messages() == std::vector<std::string>{leaked},
               boost::test_tools::per_element());
    BOOST_TEST(strata::stats{.on_destroy = on_finding::throw_}.contradiction() != "");
    BOOST_TEST(strata::stats{.on_destroy = on_finding::abort}.contradiction() == "");
}

BOOST_AUTO_TEST_CASE(without_a_leak_nothing_is_said) {
    const auto child = tests::run_in_child([] {
        for (const auto what : {on_finding::report, on_finding::abort}) {
            stats_resource memory{strata::stats{.on_destroy = what}, strata::system_heap()};
            memory.deallocate(memory.allocate(10), 10);
        }
    });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.errors == "");
}

// --- inspection ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(its_type_follows_from_its_upstream_and_its_description, upstream) {
    stats_resource known{&below};
    stats_resource described{strata::basic_stats<counting::single>{}, &below};
    stats_resource unknown{std::pmr::new_delete_resource()};
    static_assert(std::is_same_v<decltype(known), stats_resource<strata::checking_resource>>);
    static_assert(std::is_same_v<decltype(described),
                                 stats_resource<strata::checking_resource, counting::single>>);
    static_assert(std::is_same_v<decltype(unknown), stats_resource<>>);
    static_assert(std::is_same_v<decltype(known.upstream_resource()), strata::checking_resource*>);
    BOOST_TEST(calls() == 0u);
}

BOOST_FIXTURE_TEST_CASE(it_draws_from_the_default_resource_of_its_beginning, upstream) {
    auto* const previous = std::pmr::set_default_resource(&below);
    const stats_resource<> memory;
    std::pmr::set_default_resource(previous);
    BOOST_TEST(memory.upstream_resource() == &below);
}

BOOST_FIXTURE_TEST_CASE(it_has_a_name_an_upstream_and_no_equal, upstream) {
    const stats_resource memory{&below};
    const stats_resource twin{&below};
    BOOST_TEST(memory.name() == "stats");
    BOOST_TEST(memory.upstream(0) == &below);
    BOOST_TEST(memory.upstream(1) == nullptr);
    BOOST_TEST(memory.is_equal(memory));
    BOOST_TEST(!memory.is_equal(twin));
    BOOST_TEST(!memory.is_equal(below));
}

BOOST_FIXTURE_TEST_CASE(it_owns_what_its_upstream_owns, upstream) {
    stats_resource memory{&below};
    stats_resource blind{std::pmr::new_delete_resource()};
    void* block = memory.allocate(10);
    BOOST_TEST(memory.owns(block) == strata::ownership::yes);
    BOOST_TEST(memory.owns(this) == strata::ownership::no);
    BOOST_TEST(blind.owns(block) == strata::ownership::unknown);
    memory.deallocate(block, 10);
}

BOOST_FIXTURE_TEST_CASE(usage_is_what_is_live, upstream) {
    stats_resource memory{&below};
    void* one = memory.allocate(100);
    void* other = memory.allocate(20);
    memory.deallocate(one, 100);
    BOOST_TEST((memory.usage() ==
                strata::usage{.live_bytes = 20,
                              .live_blocks = 1,
                              .used_bytes = 20,
                              .peak_bytes = 120,
                              .reserved_bytes = 20}));
    memory.deallocate(other, 20);
}

BOOST_FIXTURE_TEST_CASE(usage_is_never_negative, upstream) {
    stats_resource memory{&below};
    memory.deallocate(below.allocate(10), 10);  // a block that did not pass through it
    BOOST_TEST(memory.snapshot().live_bytes == -10);
    BOOST_TEST(memory.usage().live_bytes.value() == 0u);
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
}

BOOST_AUTO_TEST_CASE(the_object_is_as_small_as_its_header_says) {
    BOOST_TEST(sizeof(stats_resource<>) < 3210u);
}

BOOST_AUTO_TEST_SUITE_END()
