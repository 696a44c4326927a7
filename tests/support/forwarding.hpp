// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_FORWARDING_HPP
#define STRATA_TESTS_SUPPORT_FORWARDING_HPP

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <limits>
#include <vector>

#include <strata/core/layout.hpp>
#include <strata/testing/checking_resource.hpp>

#include <strata/testing/boost_test_print.hpp>

namespace tests {

inline constexpr std::size_t size_max = std::numeric_limits<std::size_t>::max();

/// Sizes and alignments of all sorts, those of size 0 and of sizes unrelated to the alignment too.
inline const std::vector<strata::layout> assorted_layouts{
    {0, 1}, {1, 1}, {0, 64}, {7, 2}, {24, 8}, {16, 16}, {100, 32}, {1, 4096}, {5000, 16}};

/// Whether a block asked of `memory` is one that `upstream` made for exactly this request, `extra`
/// bytes larger, and goes back there as it came (which the upstream checks).
inline void check_forwarding(std::pmr::memory_resource& memory, strata::checking_resource& upstream,
                             std::size_t extra = 0) {
    upstream.allow_zero_sizes();
    std::vector<void*> blocks;
    for (const strata::layout each : assorted_layouts) {
        BOOST_TEST_CONTEXT("size " << each.size << ", alignment " << each.alignment) {
            const std::size_t before = upstream.requests().size();
            blocks.push_back(memory.allocate(each.size, each.alignment));
            BOOST_TEST(upstream.requests().size() == before + 1);
            BOOST_TEST(upstream.requests().back() ==
                       (strata::layout{each.size + extra, each.alignment}));
            BOOST_TEST(upstream.owns(blocks.back()) == strata::ownership::yes);
        }
    }
    for (std::size_t i = blocks.size(); i-- != 0;) {
        memory.deallocate(blocks[i], assorted_layouts[i].size, assorted_layouts[i].alignment);
        BOOST_TEST(upstream.live_blocks() == i);
    }
    BOOST_TEST(upstream.errors().empty());
}

/// Whether `memory` refuses what no memory can hold, and nothing wraps into a small request.
inline void check_huge_sizes(std::pmr::memory_resource& memory) {
    for (const std::size_t size : {size_max, size_max - 1, size_max - 15, size_max / 4 * 3,
                                   size_max / 2, std::size_t{1} << 62, std::size_t{1} << 48}) {
        for (const std::size_t alignment : {1U, 16U, 4096U}) {
            BOOST_TEST_CONTEXT("size " << size << ", alignment " << alignment) {
                BOOST_CHECK_THROW((void)memory.allocate(size, alignment), std::bad_alloc);
            }
        }
    }
}

}  // namespace tests

#endif
