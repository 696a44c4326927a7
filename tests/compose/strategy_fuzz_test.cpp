// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE compose / strategy_fuzz
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <string_view>

#include <strata/compose/strategy.hpp>

#include "../conformance/dice.hpp"
#include "../support/asan.hpp"
#include "../support/random_strategy.hpp"

using conformance::dice;
using strata::strategy;

namespace {

// Under a sanitizer each text costs ten times as much.
const std::size_t texts = std::min<std::size_t>(10 * conformance::operations(),
                                                tests::asan || tests::tsan ? 100'000 : 1'000'000);

// Whether the text was a strategy. All that may come of another is a strategy_error.
bool parses(const std::string& text) {
    try {
        const auto parsed = strategy::parse(text);
        const auto printed = to_string(parsed);
        if (!(strategy::parse(printed) == parsed)) {
            BOOST_FAIL("printed as another strategy: " << printed << ", from: " << text);
        }
        return true;
    } catch (const strata::strategy_error& error) {
        if (error.column() > text.size() || error.problem().empty()) {
            BOOST_FAIL("column " << error.column() << " in: " << text);
        }
        if (std::string_view{error.what()}.size() > 1000) {
            BOOST_FAIL("a message without bound: " << error.what());
        }
        return false;
    } catch (const std::exception& other) {
        BOOST_FAIL("threw " << other.what() << " for: " << text);
        return false;
    }
}

std::string random_bytes(dice& roll) {
    std::string text(roll.below(60), ' ');
    for (char& c : text) {
        c = static_cast<char>(roll.below(256));
    }
    return text;
}

std::string random_tokens(dice& roll) {
    constexpr std::array tokens{"pool",  "arena", "heap", "stats", "fallback", "segregator",
                                "limit", "(",     ")",    ",",     ">",        "=",
                                "bytes", "4KiB",  "64",   "1.5",   "true",     "growth",
                                " ",     "by",    "size", "retry", "blocks",   "fixed_buffer",
                                "pages", "guard"};
    std::string text;
    for (std::size_t count = roll.below(12); count != 0; --count) {
        text += tokens[roll.below(tokens.size())];
    }
    return text;
}

// Longer, and nested deeper, than any strategy may be.
std::string random_excess(dice& roll) {
    constexpr std::array pieces{"fallback(", "pool > ", "heap, ", "(",
                                " ",         "9",       "x",      "segregator(1, "};
    const std::string piece = pieces[roll.below(pieces.size())];
    std::string text;
    for (std::size_t count = roll.below(700); count != 0; --count) {
        text += piece;
    }
    return text + random_tokens(roll);
}

void mutate(std::string& text, dice& roll) {
    const std::size_t at = roll.below(text.size() + 1);
    switch (roll.below(4)) {
        case 0: text.insert(at, 1, static_cast<char>(roll.below(256))); break;
        case 1: text.erase(at, 1 + roll.below(4)); break;
        case 2: text.insert(at, text.substr(roll.below(text.size() + 1), roll.below(40))); break;
        default:
            if (at != text.size()) {
                text[at] = static_cast<char>(roll.below(256));
            }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_and_mutated_texts_are_strategies_or_strategy_errors) {
    BOOST_TEST_MESSAGE("STRATA_TEST_SEED=" << conformance::seed());
    dice roll{conformance::seed()};
    support::random_strategy draw{roll};
    std::string valid = "heap";
    std::size_t parsed = 0;
    for (std::size_t i = 0; i != texts; ++i) {
        std::string text;
        switch (roll.below(8)) {
            case 0: text = roll.one_in(10) ? random_excess(roll) : random_bytes(roll); break;
            case 1:
            case 2: text = random_tokens(roll); break;
            default:
                if (roll.one_in(20)) {
                    valid = draw(2);
                }
                text = valid;
                for (std::size_t changes = roll.below(4); changes != 0; --changes) {
                    mutate(text, roll);
                }
        }
        parsed += parses(text) ? 1U : 0U;
    }
    // Both outcomes must have been met, or nothing was tried.
    BOOST_TEST(parsed > texts / 20);
    BOOST_TEST(parsed < texts - texts / 20);
}

BOOST_AUTO_TEST_CASE(what_is_drawn_from_the_grammar_parses) {
    BOOST_TEST_MESSAGE("STRATA_TEST_SEED=" << conformance::seed());
    dice roll{conformance::seed()};
    support::random_strategy draw{roll};
    for (std::size_t i = 0; i != std::min<std::size_t>(texts, 10'000); ++i) {
        const std::string text = draw(5);
        if (text.size() <= strategy::longest_text) {
            BOOST_REQUIRE_MESSAGE(parses(text), text);
        }
    }
}
