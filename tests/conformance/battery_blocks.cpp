// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <utility>

#include "battery.hpp"
#include "dice.hpp"
#include "subject.hpp"

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

}  // namespace

std::vector<check> block_checks() {
    return {
        {"no_overlap", no_overlap},
        {"free_last_first", free_last_first},
        {"free_first_first", free_first_first},
        {"free_at_random", free_at_random},
        {"exhaustion", exhaustion, is_bounded},
    };
}

}  // namespace conformance
