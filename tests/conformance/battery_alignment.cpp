// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <set>

#include "battery.hpp"
#include "dice.hpp"
#include "subject.hpp"
#include "support/memcheck.hpp"

namespace conformance {
namespace {

// Two blocks at once, twice: the second round is served from what came back.
void take_pairs(subject& tested, std::size_t size, std::size_t alignment) {
    for (int round = 0; round != 2; ++round) {
        tested.take({size, alignment});
        tested.take({size, alignment});
        tested.check_contents();
        tested.give_back_all();
    }
}

constexpr std::size_t sizes[] = {1,   2,   3,   5,   8,    13,   24,   40,   63,    64,   65,
                                 100, 129, 255, 500, 1000, 1025, 4095, 5000, 16384, 16385};

void every_alignment(const recipe& of) {
    subject tested{of};
    for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        for (const std::size_t size : sizes) {
            take_pairs(tested, size, alignment);
        }
    }
}

void large_alignments(const recipe& of) {
    // Memcheck's own heap ends the program at more.
    const std::size_t most = tests::is_memcheck() ? 1U << 16 : 1U << 20;
    subject tested{of};
    for (std::size_t alignment = 8192; alignment <= most; alignment *= 2) {
        for (const std::size_t size : {std::size_t{24}, alignment / 2 + 8, alignment + 1}) {
            take_pairs(tested, size, alignment);
        }
        tested.clear();
    }
}

// The shape of GCC PR118681, where a pool handed out misaligned blocks.
void size_no_multiple_of_alignment(const recipe& of) {
    subject tested{of};
    for (std::size_t alignment = 2; alignment <= 1024; alignment *= 2) {
        for (std::size_t size = alignment + 1; size < 8 * alignment; size += alignment / 2 + 1) {
            take_pairs(tested, size, alignment);
        }
    }
}

void mixed_alignments(const recipe& of) {
    subject tested{of};
    dice chance{seed()};
    BOOST_TEST_CONTEXT("STRATA_TEST_SEED=" << seed()) {
        for (int i = 0; i != 1000; ++i) {
            tested.take({1, 1});
            tested.take({1 + chance.below(100), std::size_t{1} << chance.below(13)});
        }
        tested.check_contents();
        tested.give_back_all();
    }
}

void default_alignment(const recipe& of) {
    subject tested{of};
    for (std::size_t size = 1; size != 200; ++size) {
        std::pmr::memory_resource& memory = tested.memory();
        const block taken{static_cast<std::byte*>(memory.allocate(size)), {size}, size};
        BOOST_TEST(taken.is_aligned());
        memory.deallocate(taken.at, size);
    }
}

void zero_sizes(const recipe& of) {
    subject tested{of};
    for (int round = 0; round != 2; ++round) {
        for (std::size_t alignment = 1; alignment <= 256; alignment *= 2) {
            for (int i = 0; i != 5; ++i) {
                tested.take({0, alignment});
                tested.take({1, 1});
            }
        }
        std::set<const std::byte*> distinct;
        for (const block& each : tested.blocks()) {
            distinct.insert(each.at);
        }
        BOOST_TEST(distinct.size() == tested.blocks().size());
        tested.check_contents();
        tested.give_back_all();
    }
}

}  // namespace

std::vector<check> alignment_checks() {
    return {
        {"every_alignment", every_alignment},
        {"large_alignments", large_alignments},
        {"size_no_multiple_of_alignment", size_no_multiple_of_alignment},
        {"mixed_alignments", mixed_alignments},
        {"default_alignment", default_alignment},
        {"zero_sizes", zero_sizes},
    };
}

}  // namespace conformance
