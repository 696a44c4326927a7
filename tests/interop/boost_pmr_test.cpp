// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE boost_pmr
#include <boost/test/unit_test.hpp>

#include <boost/container/pmr/deque.hpp>
#include <boost/container/pmr/flat_map.hpp>
#include <boost/container/pmr/global_resource.hpp>
#include <boost/container/pmr/list.hpp>
#include <boost/container/pmr/monotonic_buffer_resource.hpp>
#include <boost/container/pmr/small_vector.hpp>
#include <boost/container/pmr/string.hpp>
#include <boost/container/pmr/synchronized_pool_resource.hpp>
#include <boost/container/pmr/unsynchronized_pool_resource.hpp>
#include <boost/container/pmr/vector.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <list>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/stack.hpp>
#include <strata/interop/boost_pmr.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include <strata/testing/boost_test_print.hpp>
#include "support/upstream.hpp"

namespace {

namespace bpmr = boost::container::pmr;

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

[[nodiscard]] bool is_aligned(const void* block, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

// A resource of Boost's that does what Boost's do wrong: it throws what they throw, returns null
// for nothing, and misaligns.
class odd_resource : public bpmr::memory_resource {
public:
    std::size_t misaligned_by = 0;
    bool throws_out_of_range = false;
    std::size_t live = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t /*alignment*/) override {
        if (throws_out_of_range) {
            boost::container::throw_out_of_range("odd");
        }
        if (bytes == 0) {
            return nullptr;
        }
        ++live;
        return static_cast<std::byte*>(::operator new(bytes + misaligned_by)) + misaligned_by;
    }
    void do_deallocate(void* block, std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        --live;
        ::operator delete(static_cast<std::byte*>(block) - misaligned_by);
    }
    [[nodiscard]] bool do_is_equal(const bpmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

// A checking upstream and a bridge to Boost over it.
struct bridged : tests::upstream {
    strata::to_boost bridge{&below};
};

using boosts_own = std::tuple<bpmr::unsynchronized_pool_resource, bpmr::synchronized_pool_resource,
                              bpmr::monotonic_buffer_resource>;

}  // namespace

static_assert(std::is_base_of_v<bpmr::memory_resource, strata::to_boost>);
static_assert(std::is_base_of_v<strata::resource, strata::from_boost>);
static_assert(!std::is_copy_constructible_v<strata::to_boost>);
static_assert(!std::is_copy_constructible_v<strata::from_boost>);
static_assert(sizeof(strata::to_boost) == 2 * sizeof(void*));
static_assert(sizeof(strata::from_boost) == 6 * sizeof(void*));

// --- standard to Boost ------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(boosts_containers_draw_from_a_standard_resource, bridged) {
    bpmr::vector<int> vector{&bridge};
    using small_vector = bpmr::small_vector<int, 2>;  // takes an allocator, but no resource
    small_vector small{small_vector::allocator_type{&bridge}};
    bpmr::deque<int> deque{&bridge};
    bpmr::list<int> list{&bridge};
    bpmr::flat_map<int, bpmr::string> map{&bridge};
    for (int i = 0; i != 100; ++i) {
        vector.push_back(i);
        small.push_back(i);
        deque.push_back(i);
        list.push_back(i);
        map[i] = "a text that is too long to be stored inside a string";
    }
    BOOST_TEST(below.live_blocks() >= 200u);  // of the list and the texts
    BOOST_TEST(map[0].get_allocator().resource() == &bridge);
}

BOOST_FIXTURE_TEST_CASE(requests_reach_the_standard_resource_unchanged, bridged) {
    below.allow_zero_sizes();
    for (const strata::layout asked : {strata::layout{0, 1}, {24, 8}, {5, 64}, {100, 4096}}) {
        void* block = bridge.allocate(asked.size, asked.alignment);
        BOOST_TEST(below.requests().back() == asked);
        BOOST_TEST(below.holds(block, asked.size));
        bridge.deallocate(block, asked.size, asked.alignment);
    }
    fail();
    BOOST_CHECK_THROW(static_cast<void>(bridge.allocate(1, 1)), tests::upstream_failure);
}

BOOST_AUTO_TEST_CASE(bridges_to_boost_are_equal_over_the_same_resource) {
    strata::arena_resource memory;
    strata::arena_resource other;
    const strata::to_boost one{&memory};
    const strata::to_boost two{&memory};
    const strata::to_boost three{&other};
    BOOST_TEST((one == two && two == one));
    BOOST_TEST((one != three));
    BOOST_TEST((one != *bpmr::new_delete_resource() && *bpmr::new_delete_resource() != one));
}

BOOST_FIXTURE_TEST_CASE(a_block_may_be_freed_through_an_equal_bridge, bridged) {
    strata::to_boost second{&below};
    void* block = bridge.allocate(10, 2);
    second.deallocate(block, 10, 2);
    bpmr::vector<int> from{{1, 2, 3}, &bridge};
    bpmr::vector<int> to{&second};
    const int* elements = from.data();
    to = std::move(from);
    BOOST_TEST(to.data() == elements);  // taken over, since the resources are equal
}

// --- Boost to standard ------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE_TEMPLATE(boosts_resources_serve_any_alignment, Resource, boosts_own,
                                 bridged) {
    Resource boosts{&this->bridge};
    strata::from_boost memory{&boosts};
    for (std::size_t alignment = 1; alignment <= 8192; alignment *= 2) {
        for (const std::size_t size : {0u, 1u, 7u, 16u, 24u, 100u, 1000u, 5000u}) {
            std::vector<void*> blocks;
            for (int i = 0; i != 4; ++i) {
                blocks.push_back(memory.allocate(size, alignment));
                BOOST_TEST_REQUIRE(is_aligned(blocks.back(), alignment));
                std::memset(blocks.back(), 0x5A, size);
            }
            BOOST_TEST((blocks[0] != blocks[1] && blocks[1] != blocks[2]));
            for (void* block : blocks) {
                memory.deallocate(block, size, alignment);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(requests_reach_boosts_resource_as_it_can_serve_them) {
    class noting : public bpmr::memory_resource {
    public:
        std::vector<strata::layout> asked;
        std::vector<strata::layout> returned;

    private:
        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            asked.push_back({bytes, alignment});
            return ::operator new(bytes);
        }
        void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
            returned.push_back({bytes, alignment});
            ::operator delete(block);
        }
        [[nodiscard]] bool do_is_equal(const bpmr::memory_resource& other) const noexcept override {
            return this == &other;
        }
    };
    noting boosts;
    strata::from_boost memory{&boosts};
    for (const strata::layout asked : {strata::layout{0, 1}, {24, 8}, {5, 64}, {0, 32}}) {
        memory.deallocate(memory.allocate(asked.size, asked.alignment), asked.size,
                          asked.alignment);
    }
    BOOST_TEST((boosts.asked == std::vector<strata::layout>{{1, 1}, {24, 8}, {69, 16}, {33, 16}}));
    BOOST_TEST((boosts.returned == boosts.asked));
}

BOOST_AUTO_TEST_CASE(size_0_is_a_block_of_its_own_even_where_boost_has_none) {
    odd_resource boosts;
    strata::from_boost memory{&boosts};
    void* one = memory.allocate(0);
    void* other = memory.allocate(0);
    BOOST_TEST(one != nullptr);
    BOOST_TEST(other != nullptr);
    BOOST_TEST(one != other);
    memory.deallocate(one, 0);
    memory.deallocate(other, 0);
    BOOST_TEST(boosts.live == 0u);
}

BOOST_AUTO_TEST_CASE(a_misaligned_block_goes_back_and_is_bad_alloc) {
    odd_resource boosts;
    boosts.misaligned_by = 4;
    strata::from_boost memory{&boosts};
    for (const std::size_t alignment : {8u, 16u, 32u, 4096u}) {
        BOOST_CHECK_THROW(static_cast<void>(memory.allocate(10, alignment)), std::bad_alloc);
        BOOST_TEST(boosts.live == 0u);
    }
    memory.deallocate(memory.allocate(10, 4), 10, 4);
}

BOOST_AUTO_TEST_CASE(other_exceptions_of_boosts_pass_through) {
    odd_resource boosts;
    boosts.throws_out_of_range = true;
    strata::from_boost memory{&boosts};
    BOOST_CHECK_EXCEPTION(static_cast<void>(memory.allocate(10, 1)), std::exception,
                          [](const std::exception& thrown) {
                              return dynamic_cast<const std::bad_alloc*>(&thrown) == nullptr;
                          });
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(sizes_that_no_memory_has_are_bad_alloc, Resource, boosts_own,
                                 bridged) {
    Resource boosts{&this->bridge};
    strata::from_boost memory{&boosts};
    for (const std::size_t size : {most, most - 8, most / 2 + 2, most / 2, most / 2 - 16}) {
        for (const std::size_t alignment :
             {std::size_t{1}, std::size_t{16}, std::size_t{64}, most / 4 + 1, most / 2 + 1}) {
            BOOST_CHECK_THROW(static_cast<void>(memory.allocate(size, alignment)), std::bad_alloc);
        }
    }
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1, most / 2 + 1)), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(what_boost_throws_for_lack_of_memory_is_bad_alloc) {
    strata::from_boost memory{bpmr::null_memory_resource()};
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1, 1)), std::bad_alloc);
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(what_the_last_upstream_throws_passes_through_all, Resource,
                                 boosts_own, bridged) {
    {
        Resource boosts{&this->bridge};
        strata::from_boost memory{&boosts};
        void* first = memory.allocate(16, 64);
        this->fail();
        BOOST_CHECK_THROW(static_cast<void>(memory.allocate(100'000, 8)), tests::upstream_failure);
        BOOST_CHECK_THROW(static_cast<void>(memory.allocate(100'000, 64)), tests::upstream_failure);
        this->below.never_fail();
        void* second = memory.allocate(100'000, 128);
        BOOST_TEST(is_aligned(second, 128));
        memory.deallocate(second, 100'000, 128);
        memory.deallocate(first, 16, 64);
    }
    BOOST_TEST(this->below.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(standard_containers_and_stacks_draw_from_boosts_resource) {
    bpmr::unsynchronized_pool_resource boosts;
    strata::from_boost bridge{&boosts};
    strata::stack memory{strata::stats{}, strata::pool{}, &bridge};
    {
        std::pmr::list<std::pmr::string> texts{&memory};
        for (int i = 0; i != 1000; ++i) {
            texts.emplace_back("a text that is too long to be stored inside a string");
        }
        BOOST_TEST(memory.get<strata::stats>().snapshot().live_blocks == 2000);
        BOOST_TEST(strata::owns(bridge, &texts.front()) == strata::ownership::unknown);
    }
    BOOST_TEST(memory.get<strata::stats>().snapshot().live_blocks == 0);
}

BOOST_AUTO_TEST_CASE(bridges_from_boost_are_equal_over_the_same_resource) {
    bpmr::monotonic_buffer_resource boosts;
    bpmr::monotonic_buffer_resource other;
    strata::from_boost one{&boosts};
    strata::from_boost two{&boosts};
    const strata::from_boost three{&other};
    BOOST_TEST((one == two && two == one));
    BOOST_TEST((one != three));
    BOOST_TEST((one != *std::pmr::new_delete_resource()));
    two.deallocate(one.allocate(10, 256), 10, 256);
}

// --- round trips ------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(back_from_boost_is_the_original, bridged) {
    BOOST_TEST(strata::unwrap(bridge) == &below);
    BOOST_TEST(bridge.get() == &bridge);
    BOOST_TEST(bridge.upstream_resource() == &below);
    strata::from_boost back{&bridge};
    BOOST_TEST(back.get() == &below);
    BOOST_TEST(back.upstream_resource() == &bridge);

    // And where it is used nevertheless, it is only a way to the original.
    void* block = back.allocate(5, 4096);
    BOOST_TEST((below.requests().back() == strata::layout{5, 4096}));
    BOOST_TEST(strata::owns(back, block) == strata::ownership::yes);
    below.deallocate(block, 5, 4096);
    strata::to_boost second_bridge{&below};
    BOOST_TEST((back == strata::from_boost{&second_bridge}));
}

BOOST_AUTO_TEST_CASE(back_to_boost_is_the_original) {
    bpmr::monotonic_buffer_resource boosts;
    strata::from_boost bridge{&boosts};
    BOOST_TEST(strata::unwrap(bridge) == &boosts);
    BOOST_TEST(bridge.get() == &bridge);
    strata::to_boost back{&bridge};
    BOOST_TEST(back.get() == &boosts);
    back.deallocate(back.allocate(5, 4096), 5, 4096);
}

BOOST_AUTO_TEST_CASE(what_is_no_bridge_has_nothing_behind_it) {
    BOOST_TEST(strata::unwrap(*std::pmr::new_delete_resource()) == nullptr);
    BOOST_TEST(strata::unwrap(*bpmr::new_delete_resource()) == nullptr);
}

// --- describe ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_described_tree_goes_on_below_boosts_resource, bridged) {
    bpmr::synchronized_pool_resource boosts{&bridge};
    strata::from_boost back{&boosts};
    const strata::stack memory{strata::stats{}, strata::arena{}, &back};
    const auto tree = strata::describe(memory);
    BOOST_TEST_REQUIRE(tree.layers.size() == 4u);
    BOOST_TEST(tree.layers[2].name == "boost::container::pmr::synchronized_pool_resource");
    BOOST_TEST(tree.layers[3].name == "checking");
    BOOST_TEST(tree.layers[3].depth == 3u);
    BOOST_TEST(strata::describe(strata::from_boost{&bridge}).layers[1].name == "checking");
}

BOOST_AUTO_TEST_CASE(each_kind_has_a_telling_name) {
    const auto name = [](bpmr::memory_resource& of) {
        return std::string{strata::from_boost{&of}.name()};
    };
    bpmr::unsynchronized_pool_resource pool;
    bpmr::monotonic_buffer_resource buffer;
    odd_resource odd;
    BOOST_TEST(name(pool) == "boost::container::pmr::unsynchronized_pool_resource");
    BOOST_TEST(name(buffer) == "boost::container::pmr::monotonic_buffer_resource");
    BOOST_TEST(name(*bpmr::new_delete_resource()) ==
               "boost::container::pmr::new_delete_resource()");
    BOOST_TEST(name(*bpmr::null_memory_resource()) ==
               "boost::container::pmr::null_memory_resource()");
    BOOST_TEST(name(odd) == "boost::container::pmr::memory_resource");
}
