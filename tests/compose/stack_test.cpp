// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/core/literals.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include <strata/testing/boost_test_print.hpp>
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(stack_test)

using namespace strata::literals;
using strata::arena;
using strata::pool;
using strata::stack;
using strata::stats;
using tests::upstream;

namespace {

using three = stack<stats, pool, arena>;
static_assert(std::is_convertible_v<three*, strata::resource*>);
static_assert(!std::is_copy_constructible_v<three> && !std::is_copy_assignable_v<three>);
static_assert(!std::is_move_constructible_v<three> && !std::is_move_assignable_v<three>);
static_assert(!std::is_convertible_v<pool, stack<pool>>);

static_assert(strata::description_of_layer<pool> && strata::description_of_layer<strata::heap>);
static_assert(strata::description_of_layer<strata::fixed_buffer<64>>);
static_assert(!strata::description_of_layer<int>);
static_assert(!strata::description_of_layer<strata::pool_resource>);

}  // namespace

BOOST_AUTO_TEST_CASE(layers_are_made_from_their_descriptions) {
    stack memory{stats{.on_destroy = strata::on_finding::abort}, pool{.largest_block = 1_KiB},
                 arena{.first_chunk = 64_KiB}};
    static_assert(std::is_same_v<decltype(memory), three>);
    BOOST_TEST(memory.get<pool>().options().largest_required_pool_block == 1_KiB);
    BOOST_TEST(memory.get<arena>().options().first_chunk == 64_KiB);
    BOOST_TEST(memory.get<1>().name() == "pool");
}

BOOST_AUTO_TEST_CASE(layers_are_reached_by_index_and_by_description) {
    stack memory{stats{}, pool{}, arena{}};
    BOOST_TEST(&memory.get<0>() == &memory.get<stats>());
    BOOST_TEST(&memory.get<1>() == &memory.get<pool>());
    BOOST_TEST(&memory.get<2>() == &memory.get<arena>());
    static_assert(std::is_same_v<decltype(memory.get<arena>()), strata::arena_resource&>);
}

BOOST_AUTO_TEST_CASE(adaptors_know_the_type_of_the_layer_below) {
    stack memory{stats{}, pool{}};
    static_assert(std::is_same_v<decltype(memory.get<stats>()),
                                 strata::stats_resource<strata::pool_resource>&>);
    BOOST_TEST(memory.get<stats>().upstream_resource() == &memory.get<pool>());
}

BOOST_AUTO_TEST_CASE(each_layer_draws_from_the_one_below) {
    stack memory{stats{}, pool{}, stats{}, arena{}};
    BOOST_TEST(memory.get<0>().upstream(0) == &memory.get<1>());
    BOOST_TEST(memory.get<1>().upstream(0) == &memory.get<2>());
    BOOST_TEST(memory.get<2>().upstream(0) == &memory.get<3>());
}

BOOST_AUTO_TEST_CASE(of_two_layers_alike_the_upper_one_is_found_by_description) {
    stack memory{stats{}, pool{}, stats{}};
    BOOST_TEST(static_cast<void*>(&memory.get<stats>()) == static_cast<void*>(&memory.get<0>()));
    memory.deallocate(memory.allocate(8), 8);
    BOOST_TEST(memory.get<0>().snapshot().allocated_bytes == 8);
    BOOST_TEST(memory.get<2>().snapshot().allocated_bytes == 1_KiB);
}

// --- the end of the stack -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_stack_ends_on_the_heap_where_nothing_else_is_said) {
    stack memory{pool{}};
    const auto* last = dynamic_cast<strata::heap_resource*>(memory.get<pool>().upstream(0));
    BOOST_TEST(last != nullptr);
    BOOST_TEST(last != strata::system_heap());  // its type is known, its own is as good
}

BOOST_AUTO_TEST_CASE(a_stack_can_end_on_a_source) {
    stack memory{pool{}, strata::fixed_buffer<64_KiB>{}};
    static_assert(
        std::is_same_v<decltype(memory.get<1>()), strata::fixed_buffer_resource<64_KiB>&>);
    void* block = memory.allocate(100);
    BOOST_TEST(memory.get<1>().owns(block) == strata::ownership::yes);
    memory.deallocate(block, 100);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(64_KiB)), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(a_stack_can_end_on_a_buffer_of_the_callers) {
    std::array<std::byte, 1024> bytes{};
    stack memory{stats{}, strata::fixed_buffer<>{.buffer = bytes}};
    BOOST_TEST(memory.allocate(1024, 1) == bytes.data());
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1)), std::bad_alloc);
    BOOST_TEST(memory.get<stats>().snapshot().failures == 1);
}

BOOST_FIXTURE_TEST_CASE(a_stack_can_end_on_a_resource_of_somebody_elses, upstream) {
    {
        stack memory{stats{}, &below};
        static_assert(std::is_same_v<decltype(memory.get<stats>()),
                                     strata::stats_resource<strata::checking_resource>&>);
        BOOST_TEST(&memory.get<1>() == &below);
        memory.deallocate(memory.allocate(100), 100);
    }
    {
        std::pmr::memory_resource* unknown = &below;
        stack memory{pool{}, unknown};
        BOOST_TEST(memory.get<pool>().upstream_resource() == &below);
        static_cast<void>(memory.allocate(100));
    }
    BOOST_TEST(below.allocations() == 2u);
}

BOOST_AUTO_TEST_CASE(a_source_alone_is_a_stack) {
    stack memory{strata::fixed_buffer<64>{}};
    BOOST_TEST(memory.owns(memory.allocate(64)) == strata::ownership::yes);
}

BOOST_FIXTURE_TEST_CASE(making_a_stack_makes_no_call, upstream) {
    { const stack memory{stats{}, pool{}, arena{}, &below}; }
    BOOST_TEST(calls() == 0u);
}

// --- as one resource ----------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_stack_serves_containers, upstream) {
    stack memory{stats{}, pool{}, &below};
    {
        std::pmr::vector<std::pmr::string> words{&memory};
        for (int i = 0; i != 1000; ++i) {
            words.emplace_back("a text that is too long to be stored inside");
        }
        BOOST_TEST(words.get_allocator().resource() == &memory);
        BOOST_TEST(memory.get<stats>().snapshot().live_blocks == 1001);
    }
    BOOST_TEST(memory.get<stats>().snapshot().live_blocks == 0);
}

BOOST_FIXTURE_TEST_CASE(virtual_and_direct_calls_reach_the_same_layer, upstream) {
    stack memory{stats{}, arena{}, &below};
    std::pmr::memory_resource& as_base = memory;
    auto* first = static_cast<std::byte*>(memory.allocate(8, 8));
    BOOST_TEST(as_base.allocate(8, 8) == first + 8);
    as_base.deallocate(first + 8, 8, 8);
    memory.deallocate(first, 8, 8);
    BOOST_TEST(memory.get<stats>().snapshot().allocations == 2);
    BOOST_TEST(memory.get<stats>().snapshot().deallocations == 2);
}

BOOST_FIXTURE_TEST_CASE(failures_pass_through_all_layers, upstream) {
    stack memory{stats{}, pool{}, arena{}, &below};
    fail();
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(10)), tests::upstream_failure);
    BOOST_TEST(memory.get<stats>().snapshot().failures == 1);
    below.never_fail();
    BOOST_TEST(below.holds(memory.allocate(10), 10));
}

BOOST_FIXTURE_TEST_CASE(seen_from_outside_a_stack_is_its_top_layer, upstream) {
    stack memory{stats{}, pool{}, &below};
    void* block = memory.allocate(100);
    BOOST_TEST(memory.name() == "stats");
    BOOST_TEST(memory.upstream(0) == &memory.get<pool>());
    BOOST_TEST(memory.upstream(1) == nullptr);
    BOOST_TEST(memory.owns(block) == strata::ownership::yes);
    BOOST_TEST(memory.owns(&memory) == strata::ownership::no);
    BOOST_TEST((memory.usage() == memory.get<stats>().usage()));
    BOOST_TEST(memory.usage().live_bytes.value() == 100u);
    BOOST_TEST(memory.is_equal(memory));
    BOOST_TEST(!memory.is_equal(memory.get<stats>()));
}

// --- layers of one's own ------------------------------------------------------------------------

namespace {

std::string events;

template <class Upstream>
class noted_resource : public strata::resource {
public:
    template <class Description>
    noted_resource(const Description& description, Upstream* upstream)
        : upstream_{upstream},
          name_{description.name} {
        events += name_;
    }
    ~noted_resource() override { events += name_; }

    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }
    [[nodiscard]] std::string_view do_name() const noexcept override { return {&name_, 1}; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        events += name_;
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        events += name_;
        upstream_->deallocate(block, bytes, alignment);
    }

    Upstream* upstream_;
    char name_;
};

struct noted {
    char name;

    template <class Upstream>
    using resource_type = noted_resource<Upstream>;
    static constexpr bool is_source = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(layers_begin_from_the_bottom_up_and_end_from_the_top_down) {
    events.clear();
    {
        stack memory{noted{'a'}, noted{'b'}, noted{'c'}};
        events += ' ';
        memory.deallocate(memory.allocate(10), 10);
        events += ' ';
    }
    BOOST_TEST(events == "cba abcabc abc");
}

BOOST_AUTO_TEST_SUITE_END()
