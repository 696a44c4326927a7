// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <utility>

#include <strata/core/detail/guard.hpp>

#include "battery.hpp"
#include "dice.hpp"
#include "subject.hpp"
#include "support/misuse_recorder.hpp"

namespace conformance {
namespace {

constexpr int many = 3000;

void no_overlap(const recipe& of) {
    subject tested{of};
    dice chance{seed()};
    BOOST_TEST_CONTEXT("STRATA_TEST_SEED=" << seed()) {
        for (int i = 0; i != many; ++i) {
            tested.take(chance.any_layout());
        }
        tested.check_contents();
        std::vector<block> sorted = tested.blocks();
        std::ranges::sort(sorted, {}, &block::at);
        for (std::size_t i = 1; i < sorted.size(); ++i) {
            const block& lower = sorted[i - 1];
            const auto apart = static_cast<std::size_t>(sorted[i].at - lower.at);
            BOOST_REQUIRE_MESSAGE(apart >= std::max<std::size_t>(lower.asked.size, 1),
                                  lower.text() << " overlaps " << sorted[i].text());
        }
        tested.give_back_all();
    }
}

// Fills and empties a resource several times; `arrange` puts the blocks into the order of freeing.
template <class Arrange>
void free_in_order(const recipe& of, Arrange arrange) {
    subject tested{of};
    dice chance{seed()};
    BOOST_TEST_CONTEXT("STRATA_TEST_SEED=" << seed()) {
        for (int round = 0; round != 4; ++round) {
            for (int i = 0; i != 500; ++i) {
                tested.take(chance.any_layout());
            }
            std::ranges::reverse(tested.blocks());  // since the last of the list is freed first
            arrange(tested.blocks());
            tested.give_back_all();
        }
    }
}

void free_first_first(const recipe& of) {
    free_in_order(of, [](std::vector<block>&) {});
}

void free_last_first(const recipe& of) {
    free_in_order(of, [](std::vector<block>& blocks) { std::ranges::reverse(blocks); });
}

void free_at_random(const recipe& of) {
    dice chance{seed()};
    free_in_order(of, [&](std::vector<block>& blocks) {
        for (std::size_t i = blocks.size(); i > 1; --i) {
            std::swap(blocks[i - 1], blocks[chance.below(i)]);
        }
    });
}

// Memory that came back serves again, and what still fits is still served.
void exhaustion(const recipe& of) {
    subject tested{of};
    for (int round = 0; round != 2; ++round) {
        std::size_t size = std::size_t{1} << 22;
        while (size != 0) {
            if (!tested.take({size, 8})) {
                size /= 2;
            }
        }
        BOOST_TEST(!tested.blocks().empty());
        BOOST_TEST(!tested.take({64, 8}));
        tested.check_contents();
        tested.clear();
    }
}

// libstdc++ declares that it is not null, which compilers and a sanitizer would rely on.
__attribute__((noinline, no_sanitize("nonnull-attribute"))) void free_null_of(
    std::pmr::memory_resource& memory, strata::layout as) {
    void* block = nullptr;
    asm volatile("" : "+r"(block));
    memory.deallocate(block, as.size, as.alignment);
}

// A misuse in checked builds, nothing in others: either way all is as before.
void free_null(const recipe& of) {
    subject tested{of};
    const auto take_some = [&] {
        for (const std::size_t size : {1U, 40U, 64U, 100U, 1000U}) {
            tested.take({size, 8});
        }
    };
    take_some();
    const auto used = [&] {
        const auto* known = dynamic_cast<const strata::resource*>(&tested.memory());
        return known == nullptr ? strata::usage{} : known->usage();
    };
    const strata::usage before = used();
    std::size_t calls = 0;
    {
        const tests::misuse_recorder recorder;
        for (const std::size_t size : {0U, 1U, 40U, 64U, 100U, 100'000U}) {
            for (const std::size_t alignment : {1U, 16U, 64U, 4096U}) {
                free_null_of(tested.memory(), {size, alignment});
                ++calls;
            }
        }
        if (strata::detail::null_is_misuse()) {
            BOOST_TEST(recorder.count() == calls);
        }
    }
    const strata::usage after = used();
    BOOST_TEST((before.live_bytes == after.live_bytes));
    BOOST_TEST((before.used_bytes == after.used_bytes));
    BOOST_TEST((before.live_blocks == after.live_blocks));
    BOOST_TEST((before.reserved_bytes == after.reserved_bytes));
    take_some();
    tested.check_contents();
    tested.give_back_all();
    take_some();
    tested.check_contents();
}

// What passes null on to the checking upstream of a test, as in releases, is told that by it; so is
// the one whose findings fail the test.
bool may_free_null(const recipe& of) {
    return (strata::detail::null_is_misuse() || !of.passes_all_on) &&
           of.name != "debug with its handler";
}

}  // namespace

std::vector<check> block_checks() {
    return {
        {"no_overlap", no_overlap},
        {"free_last_first", free_last_first},
        {"free_first_first", free_first_first},
        {"free_at_random", free_at_random},
        {"free_null", free_null, may_free_null},
        {"exhaustion", exhaustion, is_bounded},
    };
}

}  // namespace conformance
