// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <limits>

#include "battery.hpp"
#include "subject.hpp"
#include "support/memcheck.hpp"

namespace conformance {
namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

std::vector<std::size_t> huge_sizes() {
    std::vector<std::size_t> sizes;
    for (std::size_t below = 0; below <= 4096; below += below < 150 ? 1 : 61) {
        sizes.push_back(most - below);
    }
    for (std::size_t middle : {most / 4 * 3, most / 2 + 1, most / 4, std::size_t{1} << 48}) {
        for (std::size_t around = 0; around < 64; around += 7) {
            sizes.push_back(middle - around);
            sizes.push_back(middle + around);
        }
    }
    return sizes;
}

void expect_refused(subject& tested, std::size_t size, std::size_t alignment) {
    const std::size_t before = tested.upstream.requests().size();
    try {
        void* block = tested.memory().allocate(size, alignment);
        tested.memory().deallocate(block, size, alignment);
        BOOST_FAIL("size " << size << " with alignment " << alignment << " was served");
    } catch (const std::bad_alloc&) {
    }
    const auto& requests = tested.upstream.requests();
    for (std::size_t i = before; i != requests.size(); ++i) {
        BOOST_REQUIRE_MESSAGE(requests[i].size >= size,
                              "size " << size << " wrapped to " << requests[i].size);
    }
}

void refuse_huge_sizes(subject& tested) {
    for (const std::size_t size : huge_sizes()) {
        for (const std::size_t alignment : {1U, 8U, 16U, 64U, 4096U, 1U << 20}) {
            expect_refused(tested, size, alignment);
        }
    }
}

void huge_sizes_fresh(const recipe& of) {
    subject tested{of};
    refuse_huge_sizes(tested);
    BOOST_TEST(tested.take({100, 8}));
}

void huge_sizes_warm(const recipe& of) {
    subject tested{of};
    tested.take({100, 8});
    tested.take({3, 1});
    refuse_huge_sizes(tested);
    tested.check_contents();
    BOOST_TEST(tested.take({100, 8}));
}

// The upstream refuses such alignments. A resource may still serve one from memory that it holds:
// 16 MiB contain a multiple of 2 GiB once in 128 times.
void huge_alignments(const recipe& of) {
    subject tested{of};
    // AddressSanitizer's heap serves all below 1 TiB, and takes seconds for it.
    const unsigned least = of.has_upstream || of.is_bounded ? 31 : 40;
    // Valgrind's own heap ends where it cannot serve one.
    const unsigned end = of.ends_on_heap && tests::is_memcheck() ? least : 64;
    for (int round = 0; round != 2; ++round) {
        for (unsigned exponent = least; exponent != end; ++exponent) {
            for (const std::size_t size :
                 {std::size_t{0}, std::size_t{1}, std::size_t{4096}, most}) {
                const strata::layout huge{size, std::size_t{1} << exponent};
                const std::size_t drawn = tested.upstream.live_bytes();
                const std::size_t before = tested.blocks().size();
                try {
                    tested.take(huge);
                } catch (const std::bad_alloc&) {
                }
                const bool is_served = tested.blocks().size() != before;
                if (round != 0) {  // at its first use, a `bounded_time` takes all its memory
                    BOOST_REQUIRE((is_served ? tested.upstream.live_bytes() == drawn
                                             : tested.upstream.live_bytes() <= drawn));
                }
            }
        }
        BOOST_TEST(tested.take({100, 8}));  // and now the same with a used resource
    }
    tested.check_contents();
    tested.clear();
}

}  // namespace

std::vector<check> limit_checks() {
    return {
        {"huge_sizes_fresh", huge_sizes_fresh},
        {"huge_sizes_warm", huge_sizes_warm},
        {"huge_alignments", huge_alignments},
    };
}

}  // namespace conformance
