// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What the counts of one play tell before a race.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tool/tune/candidates.hpp"
#include "tool/tune/forecast.hpp"

BOOST_AUTO_TEST_SUITE(forecast_test)

namespace {

using strata::tool::tune::counted;
using strata::tool::tune::draw;
using strata::tool::tune::forecast_rules;
using strata::tool::tune::not_worth_a_race;

constexpr std::int64_t mebibyte = std::int64_t{1} << 20;
constexpr forecast_rules several_threads{.one_thread = false, .memory_alone = false};
constexpr forecast_rules of_memory{.one_thread = true, .time_alone = false, .memory_alone = true};
constexpr forecast_rules of_several_figures{.time_alone = false};

counted played(const std::string& strategy, const std::vector<draw>& draws) {
    return {.strategy = strategy, .draws = draws, .problem = {}};
}

draw drew(std::int64_t peak, std::int64_t calls, std::int64_t bytes = 1000) {
    return {.peak = peak, .calls = calls, .bytes = bytes, .resident = 0};
}

counted resident(const std::string& strategy, std::int64_t bytes, std::int64_t calls = 1) {
    return played(strategy, {{.peak = 1, .calls = calls, .bytes = 1, .resident = bytes}});
}

// A line for each: "STRATEGY: REASON".
std::string forecast(const std::vector<counted>& all, const forecast_rules& by = {}) {
    std::string lines;
    for (const auto& each : not_worth_a_race(all, by)) {
        lines += each.strategy;
        lines += ": ";
        lines += each.why;
        lines += '\n';
    }
    return lines;
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_compared_with_nothing) {
    BOOST_TEST(forecast({}) == "");
    BOOST_TEST(forecast({played("pool", {drew(10, 10)})}) == "");
}

BOOST_AUTO_TEST_CASE(of_those_that_draw_the_same_the_one_with_the_fewest_options_stays) {
    BOOST_TEST(forecast({played("pool(first_chunk=1MiB, largest_chunk=4MiB)", {drew(10, 10)}),
                         played("pool(first_chunk=1MiB)", {drew(10, 10)}),
                         played("pool(first_chunk=64KiB)", {drew(10, 10)})}) ==
               "pool(first_chunk=1MiB, largest_chunk=4MiB): takes the same as "
               "pool(first_chunk=1MiB)\n"
               "pool(first_chunk=64KiB): takes the same as pool(first_chunk=1MiB)\n");
}

BOOST_AUTO_TEST_CASE(what_draws_as_often_and_as_much_to_a_hundredth_is_the_same) {
    const auto with = [](std::int64_t peak, std::int64_t calls, std::int64_t bytes) {
        return forecast({played("pool", {drew(1000, 1000, 1000)}),
                         played("pool(first_chunk=64KiB)", {drew(peak, calls, bytes)})});
    };
    BOOST_TEST(with(1010, 1000, 1010) == "pool(first_chunk=64KiB): takes the same as pool\n");
    BOOST_TEST(with(991, 1000, 991) == "pool(first_chunk=64KiB): takes the same as pool\n");
    BOOST_TEST(with(1000, 1001, 1000) == "");
    BOOST_TEST(with(990, 1000, 1000).find("the same") == std::string::npos);
    BOOST_TEST(with(1000, 1000, 990).find("the same") == std::string::npos);
}

// More blocks come from the source itself, and these may take longer or less long.
BOOST_AUTO_TEST_CASE(another_limit_of_blocks_may_be_the_same_but_not_worse) {
    BOOST_TEST(forecast({played("pool", {drew(10, 10)}),
                         played("pool(largest_block=4KiB)", {drew(11, 11)}),
                         played("pool(largest_block=4KiB, first_chunk=4KiB)", {drew(12, 12)}),
                         played("pool(largest_block=16KiB)", {drew(10, 10)})}) ==
               "pool(largest_block=4KiB, first_chunk=4KiB): takes more at its peak and more often "
               "than pool(largest_block=4KiB)\n"
               "pool(largest_block=16KiB): takes the same as pool\n");
    BOOST_TEST(forecast({played("pool", {drew(10, 10)}),
                         played("pool(largest_block=4KiB)", {drew(20, 20, 2000)})},
                        several_threads) == "");
}

// An option for a hundredth less is one too many.
BOOST_AUTO_TEST_CASE(a_difference_of_less_than_a_hundredth_is_none) {
    BOOST_TEST(forecast({played("pool(first_chunk=64KiB)", {drew(1000, 1000)}),
                         played("pool", {drew(1009, 1000)})}) ==
               "pool(first_chunk=64KiB): takes the same as pool\n");
    BOOST_TEST(forecast({played("pool", {drew(1000, 1000)}),
                         played("pool(first_chunk=64KiB)", {drew(1100, 991)})}) ==
               "pool(first_chunk=64KiB): takes more at its peak than pool\n");
}

BOOST_AUTO_TEST_CASE(the_counts_must_be_the_same_on_each_trace) {
    BOOST_TEST(forecast({played("pool", {drew(10, 10), drew(10, 20)}),
                         played("pool(first_chunk=1MiB)", {drew(10, 10), drew(20, 10)})}) == "");
}

BOOST_AUTO_TEST_CASE(what_draws_no_less_in_any_count_and_more_in_one_is_out) {
    const auto with = [](std::int64_t peak, std::int64_t calls, std::int64_t bytes) {
        return forecast({played("pool", {drew(1000, 1000, 1000)}),
                         played("pool(first_chunk=4KiB)", {drew(peak, calls, bytes)})});
    };
    const std::string begin = "pool(first_chunk=4KiB): takes ";
    BOOST_TEST(with(1011, 1000, 1000) == begin + "more at its peak than pool\n");
    BOOST_TEST(with(1000, 1011, 1000) == begin + "more often than pool\n");
    BOOST_TEST(with(1000, 1000, 1011) == begin + "more in all than pool\n");
    BOOST_TEST(with(1011, 1011, 1000) == begin + "more at its peak and more often than pool\n");
    BOOST_TEST(with(1011, 1011, 1011) ==
               begin + "more at its peak, more often and more in all than pool\n");
    BOOST_TEST(with(1011, 995, 991) == begin + "more at its peak than pool\n");
}

// Worst calls: fewer and larger chunks are slower calls. Time and memory: the play touched nothing.
BOOST_AUTO_TEST_CASE(if_not_time_alone_counts_what_draws_more_races) {
    const std::vector<counted> both{played("pool", {drew(1000, 1000, 1000)}),
                                    played("pool(first_chunk=4KiB)", {drew(2000, 2000, 2000)})};
    BOOST_TEST(forecast(both) != "");
    BOOST_TEST(forecast(both, of_several_figures) == "");
    BOOST_TEST(forecast(both, several_threads) != "");
    BOOST_TEST(forecast(both, {.one_thread = false, .time_alone = false}) == "");
    BOOST_TEST(
        forecast({played("pool", {drew(10, 10)}), played("pool(first_chunk=4KiB)", {drew(10, 10)})},
                 of_several_figures) == "pool(first_chunk=4KiB): takes the same as pool\n");
}

// Of a short trace, in which only the first chunk comes into use.
BOOST_AUTO_TEST_CASE(most_variations_do_not_race_if_most_options_change_nothing) {
    std::vector<counted> all{played("pool", {drew(1024, 1)})};
    for (const std::string& each : strata::tool::tune::variations_of("pool")) {
        const bool is_other = each.find("first_chunk") != std::string::npos;
        all.push_back(played(each, {is_other ? drew(4096, 1, 4000) : drew(1024, 1)}));
    }
    const std::size_t out = not_worth_a_race(all, {}).size();
    BOOST_TEST_REQUIRE(all.size() >= 10U);
    BOOST_TEST(out > all.size() - out);
}

BOOST_AUTO_TEST_CASE(what_draws_less_in_one_count_races) {
    const auto with = [](std::int64_t peak, std::int64_t calls, std::int64_t bytes) {
        return forecast({played("pool", {drew(1000, 1000, 1000)}),
                         played("pool(first_chunk=4KiB)", {drew(peak, calls, bytes)})});
    };
    BOOST_TEST(with(2000, 990, 2000) == "");
    BOOST_TEST(with(990, 2000, 2000) == "");
    BOOST_TEST(with(2000, 2000, 990) == "");
}

BOOST_AUTO_TEST_CASE(the_simpler_one_is_out_too_if_it_draws_more) {
    BOOST_TEST(forecast({played("pool", {drew(11, 11)}),
                         played("pool(first_chunk=1MiB)", {drew(10, 10)})}) ==
               "pool: takes more at its peak and more often than pool(first_chunk=1MiB)\n");
}

BOOST_AUTO_TEST_CASE(it_must_not_be_better_on_any_trace) {
    BOOST_TEST(forecast({played("pool", {drew(10, 10), drew(10, 10)}),
                         played("pool(first_chunk=1KiB)", {drew(11, 11), drew(10, 9)})}) == "");
    BOOST_TEST(forecast({played("pool", {drew(10, 10), drew(10, 10)}),
                         played("pool(first_chunk=1KiB)", {drew(11, 10), drew(10, 11)})}) ==
               "pool(first_chunk=1KiB): takes more at its peak and more often than pool\n");
}

// As the second, which is out because of the third.
BOOST_AUTO_TEST_CASE(what_draws_the_same_as_one_that_is_out_is_out) {
    BOOST_TEST(forecast({played("pool(largest_block=4MiB)", {drew(11, 11)}),
                         played("pool", {drew(11, 11)}),
                         played("pool(first_chunk=4KiB)", {drew(10, 10)})}) ==
               "pool(largest_block=4MiB): takes the same as pool\n"
               "pool: takes more at its peak and more often than pool(first_chunk=4KiB)\n");
}

// The first draws the same as the second, which is simpler; the second takes more memory.
BOOST_AUTO_TEST_CASE(of_two_that_are_each_better_one_stays) {
    BOOST_TEST(
        forecast({resident("pool(first_chunk=4KiB)", mebibyte), resident("pool", 10 * mebibyte)},
                 of_memory) == "pool(first_chunk=4KiB): takes the same as pool\n");
}

BOOST_AUTO_TEST_CASE(only_the_same_layers_are_compared) {
    BOOST_TEST(
        forecast({played("pool", {drew(10, 10)}), played("concurrent_pool", {drew(10, 10)}),
                  played("synchronized > pool", {drew(20, 20)}),
                  played("pool > pages", {drew(10, 10)}), played("arena", {drew(20, 20)})}) == "");
}

// `heap` is what a strategy without a source ends on.
BOOST_AUTO_TEST_CASE(layers_above_the_one_that_draws_must_have_the_same_options) {
    BOOST_TEST(forecast({played("pool > arena", {drew(10, 10)}),
                         played("pool(first_chunk=4KiB) > arena", {drew(10, 10)})}) == "");
    BOOST_TEST(forecast({played("pool > arena", {drew(10, 10)}),
                         played("pool > arena(first_chunk=4KiB)", {drew(10, 10)})}) ==
               "pool > arena(first_chunk=4KiB): takes the same as pool > arena\n");
}

BOOST_AUTO_TEST_CASE(what_does_not_show_in_draws_is_not_the_same) {
    BOOST_TEST(forecast({played("pool", {drew(10, 10)}),
                         played("pool(hardened=true)", {drew(10, 10)})}) == "");
    BOOST_TEST(forecast({played("concurrent_arena", {drew(10, 10)}),
                         played("concurrent_arena(largest_slab=4KiB)", {drew(11, 11)})}) == "");
}

// The source is below what is counted.
BOOST_AUTO_TEST_CASE(sources_must_have_the_same_options) {
    BOOST_TEST(forecast({played("pool > pages", {drew(10, 10)}),
                         played("pool > pages(reserve=1GiB)", {drew(10, 10)})}) == "");
    BOOST_TEST(forecast({played("pool > pages(reserve=1GiB)", {drew(10, 10)}),
                         played("pool(first_chunk=4KiB) > pages(reserve=1GiB)", {drew(10, 10)})}) ==
               "pool(first_chunk=4KiB) > pages(reserve=1GiB): takes the same as "
               "pool > pages(reserve=1GiB)\n");
}

BOOST_AUTO_TEST_CASE(what_was_not_counted_races) {
    BOOST_TEST(forecast({played("segregator(1KiB, pool, heap)", {}), played("pool", {}),
                         played("pool(first_chunk=4KiB)", {}),
                         played("pool(first_chunk=1MiB)", {drew(10, 10)})}) == "");
}

BOOST_AUTO_TEST_CASE(what_cannot_serve_is_out) {
    BOOST_TEST(forecast({{.strategy = "bounded_time(capacity=4KiB)",
                          .draws = {},
                          .problem = "has not enough memory for it"},
                         played("pool", {drew(10, 10)})}) ==
               "bounded_time(capacity=4KiB): has not enough memory for it\n");
}

BOOST_AUTO_TEST_CASE(with_several_threads_only_an_eighth_more_of_all_counts_is_out) {
    const auto with = [](std::int64_t peak, std::int64_t calls, std::int64_t bytes) {
        return forecast({played("pool", {drew(800, 80, 8000)}),
                         played("pool(first_chunk=4KiB)", {drew(peak, calls, bytes)})},
                        several_threads);
    };
    BOOST_TEST(with(901, 91, 9001) ==
               "pool(first_chunk=4KiB): takes more at its peak, more often and more in all than "
               "pool\n");
    BOOST_TEST(with(900, 91, 9001) == "");
    BOOST_TEST(with(901, 90, 9001) == "");
    BOOST_TEST(with(901, 91, 9000) == "");
    BOOST_TEST(with(800, 80, 8000) == "");
}

BOOST_AUTO_TEST_CASE(with_several_threads_it_must_be_more_on_each_trace) {
    const auto with = [](std::int64_t peak) {
        return forecast({played("pool", {drew(10, 10, 10), drew(10, 10, 10)}),
                         played("pool(first_chunk=4KiB)", {drew(20, 20, 20), drew(peak, 20, 20)})},
                        several_threads);
    };
    BOOST_TEST(with(20) != "");
    BOOST_TEST(with(10) == "");
}

BOOST_AUTO_TEST_CASE(memory_a_quarter_and_a_huge_page_above_another_is_out) {
    const counted base = resident("pool", 100 * mebibyte);
    BOOST_TEST(forecast({base, resident("arena", 125 * mebibyte)}, of_memory) == "");
    BOOST_TEST(forecast({base, resident("arena", 130 * mebibyte)}, of_memory) ==
               "arena: takes 1.3 times the memory of pool\n");
    BOOST_TEST(forecast({base, resident("arena", 130 * mebibyte)}) == "");
    const counted small = resident("pool", mebibyte);
    BOOST_TEST(forecast({small, resident("arena", 3 * mebibyte)}, of_memory) == "");
    BOOST_TEST(forecast({small, resident("arena", 3 * mebibyte + 1)}, of_memory) ==
               "arena: takes 3.0 times the memory of pool\n");
}

// The pages of a chunk that nothing was served from are not resident.
BOOST_AUTO_TEST_CASE(memory_is_not_judged_by_what_is_drawn) {
    BOOST_TEST(
        forecast({resident("pool", mebibyte), resident("pool(first_chunk=4KiB)", mebibyte, 9)},
                 of_memory) == "");
}

BOOST_AUTO_TEST_CASE(memory_that_is_not_known_is_no_reason) {
    BOOST_TEST(forecast({resident("pool", 0), resident("arena", 100 * mebibyte)}, of_memory) == "");
}

BOOST_AUTO_TEST_CASE(memory_must_be_more_on_each_trace) {
    const auto both = [](const std::string& strategy, std::int64_t one, std::int64_t other) {
        return played(strategy, {{.resident = one * mebibyte}, {.resident = other * mebibyte}});
    };
    BOOST_TEST(forecast({both("pool", 10, 10), both("arena", 40, 10)}, of_memory) == "");
    BOOST_TEST(forecast({both("pool", 10, 10), both("arena", 40, 20)}, of_memory) ==
               "arena: takes 2.0 times the memory of pool\n");
}

BOOST_AUTO_TEST_SUITE_END()
