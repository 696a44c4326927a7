// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <strata/adaptors/segregator_resource.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/forwarding.hpp"

BOOST_AUTO_TEST_SUITE(segregator_resource_test)

namespace {

using checking = strata::checking_resource;
using failure = checking::failure;

// Asks for each layout and looks which upstream it reaches, exactly as it is, and back.
template <std::size_t Count>
void check_routes(std::pmr::memory_resource& memory, std::array<checking, Count>& upstreams,
                  const std::vector<std::pair<strata::layout, std::size_t>>& routes) {
    for (const auto& [each, expected] : routes) {
        BOOST_TEST_CONTEXT("size " << each.size << ", alignment " << each.alignment) {
            void* block = memory.allocate(each.size, each.alignment);
            for (std::size_t i = 0; i != Count; ++i) {
                BOOST_TEST(upstreams[i].live_blocks() == (i == expected ? 1u : 0u));
            }
            BOOST_TEST(upstreams[expected].requests().back() == each);
            memory.deallocate(block, each.size, each.alignment);
            BOOST_TEST(upstreams[expected].live_blocks() == 0u);
            BOOST_TEST(upstreams[expected].errors().empty());
        }
    }
}

}  // namespace

static_assert(strata::up_to{64, 4096} == strata::up_to<2>{{64, 4096}});
static_assert(strata::up_to{64} != strata::up_to{65});
static_assert(strata::alignment_up_to{16} == strata::alignment_up_to{16});

BOOST_AUTO_TEST_CASE(sizes_decide_bounds_included) {
    std::array<checking, 3> upstreams;
    upstreams[0].allow_zero_sizes();
    strata::segregator_resource memory{strata::up_to{64, 4096}, &upstreams[0], &upstreams[1],
                                       &upstreams[2]};
    check_routes(memory, upstreams,
                 {{{0, 1}, 0},
                  {{1, 4096}, 0},
                  {{64, 1}, 0},
                  {{65, 1}, 1},
                  {{4096, 16}, 1},
                  {{4097, 16}, 2},
                  {{1'000'000, 1}, 2}});
}

BOOST_AUTO_TEST_CASE(alignments_decide_bounds_included) {
    std::array<checking, 3> upstreams;
    upstreams[0].allow_zero_sizes();
    strata::segregator_resource memory{strata::alignment_up_to{16, 64}, &upstreams[0],
                                       &upstreams[1], &upstreams[2]};
    check_routes(memory, upstreams,
                 {{{0, 1}, 0},
                  {{1'000'000, 16}, 0},
                  {{1, 32}, 1},
                  {{100, 64}, 1},
                  {{100, 128}, 2},
                  {{1, 4096}, 2}});
}

BOOST_AUTO_TEST_CASE(bounds_may_be_the_least_and_the_most) {
    std::array<checking, 3> upstreams;
    upstreams[0].allow_zero_sizes();
    strata::segregator_resource memory{strata::up_to<2>{{0, tests::size_max}}, &upstreams[0],
                                       &upstreams[1], &upstreams[2]};
    check_routes(memory, upstreams, {{{0, 8}, 0}, {{1, 8}, 1}});
    tests::check_huge_sizes(memory);
    BOOST_TEST(upstreams[2].requests().empty());
}

BOOST_AUTO_TEST_CASE(one_upstream_and_no_bound) {
    checking upstream;
    strata::segregator_resource memory{strata::up_to<0>{}, &upstream};
    tests::check_forwarding(memory, upstream);
}

BOOST_AUTO_TEST_CASE(bounds_that_do_not_ascend_are_refused) {
    checking upstream;
    const auto message_of = [&](std::size_t first, std::size_t second) {
        try {
            strata::segregator_resource refused{strata::up_to{first, second}, &upstream, &upstream,
                                                &upstream};
            return std::string{};
        } catch (const std::invalid_argument& error) {
            return std::string{error.what()};
        }
    };
    BOOST_TEST(message_of(64, 65).empty());
    BOOST_TEST(message_of(4096, 64) ==
               "strata: the bounds of a segregator must ascend, but 4096 is followed by 64");
    BOOST_TEST(message_of(64, 64) ==
               "strata: the bounds of a segregator must ascend, but 64 is followed by 64");
    BOOST_CHECK_THROW((strata::segregator_resource{strata::alignment_up_to{2, 1}, &upstream,
                                                   &upstream, &upstream}),
                      std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(what_an_upstream_throws_passes_and_no_other_is_asked) {
    std::array<checking, 3> upstreams;
    strata::segregator_resource memory{strata::up_to{10, 20}, &upstreams[0], &upstreams[1],
                                       &upstreams[2]};
    for (const std::size_t failing : {0U, 1U, 2U}) {
        const std::size_t size = 10 * failing + 5;
        upstreams[failing].fail_at(1, failure::injected);
        BOOST_CHECK_THROW((void)memory.allocate(size), strata::injected_failure);
        upstreams[failing].fail_at(1, failure::foreign);
        BOOST_CHECK_THROW((void)memory.allocate(size), checking::foreign_failure);
        BOOST_TEST(upstreams[failing].requests().size() == 2u);
        memory.deallocate(memory.allocate(size), size);
    }
    BOOST_TEST(upstreams[0].requests().size() == 3u);
}

BOOST_AUTO_TEST_CASE(it_owns_what_any_upstream_owns) {
    strata::fixed_buffer_resource<64> small;
    checking large;
    strata::segregator_resource memory{strata::up_to{8}, &small, &large};
    void* one = memory.allocate(8);
    void* other = memory.allocate(9);
    BOOST_TEST(memory.owns(one) == strata::ownership::yes);
    BOOST_TEST(memory.owns(other) == strata::ownership::yes);
    BOOST_TEST(memory.owns(&memory) == strata::ownership::no);
    strata::segregator_resource over_heap{strata::up_to{8}, strata::system_heap(), &large};
    BOOST_TEST(over_heap.owns(other) == strata::ownership::yes);
    BOOST_TEST(over_heap.owns(&memory) == strata::ownership::unknown);
    memory.deallocate(one, 8);
    memory.deallocate(other, 9);
}

BOOST_AUTO_TEST_CASE(threads_may_use_it_over_upstreams_that_they_may_use) {
    std::array<checking, 2> upstreams;
    upstreams[0].allow_threads();
    upstreams[1].allow_threads();
    strata::segregator_resource memory{strata::up_to{64}, &upstreams[0], &upstreams[1]};
    const auto work = [&] {
        for (std::size_t size = 1; size != 128; ++size) {
            memory.deallocate(memory.allocate(size), size);
        }
    };
    std::thread other{work};
    work();
    other.join();
    BOOST_TEST(upstreams[0].allocations() == 128u);
    BOOST_TEST(upstreams[1].allocations() == 126u);
}

BOOST_AUTO_TEST_CASE(it_says_what_it_is) {
    checking one;
    checking two;
    strata::segregator_resource memory{strata::up_to{64}, &one, &two};
    static_assert(
        std::is_same_v<decltype(memory), strata::segregator_resource<checking, checking>>);
    BOOST_TEST(memory.name() == "segregator");
    BOOST_TEST(memory.upstream(0) == &one);
    BOOST_TEST(memory.upstream(1) == &two);
    BOOST_TEST(memory.upstream(2) == nullptr);
    BOOST_TEST(memory.bounds().size() == 1u);
    BOOST_TEST(memory.bounds()[0] == 64u);
    BOOST_TEST((memory.usage() == strata::usage{}));
}

BOOST_AUTO_TEST_SUITE_END()
