// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The strategies that `strata tune` tries.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <strata/compose/strategy.hpp>

#include "tool/replay/driver/settings.hpp"
#include "tool/tune/candidates.hpp"

BOOST_AUTO_TEST_SUITE(candidates_test)

namespace {

namespace data = boost::unit_test::data;
using strata::tool::tune::compositions_for;
using strata::tool::tune::cpp_of;
using strata::tool::tune::variations_of;
using strata::tool::tune::without_options;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

bool is_tried(const std::vector<std::string>& all, const std::string& strategy) {
    return std::ranges::find(all, strategy) != all.end();
}

}  // namespace

BOOST_DATA_TEST_CASE(each_composition_is_a_strategy_in_its_usual_form,
                     data::make({0ULL, 1ULL, 100'000ULL, 1ULL << 30, 1ULL << 40, 1ULL << 63,
                                 ~0ULL}) *
                         data::make({false, true}),
                     live, needs_threads) {
    const auto made =
        compositions_for({.turnover = 2, .most_live = live, .needs_threads = needs_threads});
    BOOST_TEST(made.tried.size() >= 5U);
    const std::set<std::string> distinct{made.tried.begin(), made.tried.end()};
    BOOST_TEST(distinct.size() == made.tried.size());
    for (const std::string& each : made.tried) {
        const auto parsed = strata::strategy::parse(each);
        BOOST_TEST(to_string(parsed) == each);
        BOOST_TEST((!needs_threads || parsed.is_thread_safe()), each);
    }
}

BOOST_AUTO_TEST_CASE(an_arena_is_tried_only_if_it_does_not_keep_far_too_much) {
    const auto few =
        compositions_for({.turnover = 4, .most_live = mebibyte, .needs_threads = false});
    BOOST_TEST(is_tried(few.tried, "arena"));
    BOOST_TEST(few.not_tried.empty());
    const auto many =
        compositions_for({.turnover = 10.2, .most_live = mebibyte, .needs_threads = true});
    BOOST_TEST(!is_tried(many.tried, "concurrent_arena"));
    BOOST_TEST_REQUIRE(many.not_tried.size() == 1U);
    BOOST_TEST(many.not_tried.front().strategy == "concurrent_arena");
    BOOST_TEST(many.not_tried.front().why ==
               "it keeps all that was allocated, 10 times the most that was live");
}

BOOST_AUTO_TEST_CASE(bounded_time_is_tried_if_slow_calls_count_and_one_thread_calls) {
    const auto tried = [](std::uint64_t live, bool needs_threads, bool one_thread, bool bounds) {
        return compositions_for({.turnover = 9,
                                 .most_live = live,
                                 .needs_threads = needs_threads,
                                 .one_thread = one_thread,
                                 .bounds_calls = bounds})
            .tried;
    };
    const auto is_bounded = [](const std::vector<std::string>& all) {
        return std::ranges::any_of(all, [](const std::string& each) {
            return each.find("bounded_time") != std::string::npos;
        });
    };
    BOOST_TEST(is_tried(tried(100'000, false, true, true), "bounded_time(capacity=32MiB)"));
    BOOST_TEST(
        is_tried(tried(100'000, true, true, true), "synchronized > bounded_time(capacity=32MiB)"));
    BOOST_TEST(!is_bounded(tried(100'000, false, true, false)));
    BOOST_TEST(!is_bounded(tried(100'000, true, false, true)));
}

// The litter of a littered heap is twice what is live, from 16 MiB to 1 GiB.
BOOST_AUTO_TEST_CASE(bounded_time_has_room_for_litter_and_twice_what_is_live) {
    const auto last = [](std::uint64_t live) {
        return compositions_for({.turnover = 9,
                                 .most_live = live,
                                 .needs_threads = false,
                                 .one_thread = true,
                                 .bounds_calls = true})
            .tried.back();
    };
    BOOST_TEST(last(0) == "bounded_time(capacity=16MiB)");
    BOOST_TEST(last(8 * mebibyte) == "bounded_time(capacity=32MiB)");
    BOOST_TEST(last(8 * mebibyte + 1) == "bounded_time(capacity=64MiB)");
    BOOST_TEST(last(512 * mebibyte) == "bounded_time(capacity=2GiB)");
    BOOST_TEST(last(30 * 1024 * mebibyte) == "bounded_time(capacity=64GiB)");
    BOOST_TEST(last(32 * 1024 * mebibyte).find("bounded_time") == std::string::npos);
}

// A broken trace may tell of more than any memory has.
BOOST_DATA_TEST_CASE(bounded_time_is_not_tried_for_more_than_it_can_hold,
                     data::make({std::uint64_t{1} << 40, std::uint64_t{1} << 62,
                                 std::uint64_t{1} << 63, (std::uint64_t{1} << 63) + 1,
                                 ~std::uint64_t{0}}),
                     live) {
    const auto made = compositions_for({.turnover = 1,
                                        .most_live = live,
                                        .needs_threads = false,
                                        .one_thread = true,
                                        .bounds_calls = true});
    for (const std::string& each : made.tried) {
        BOOST_TEST(each.find("bounded_time") == std::string::npos, each);
    }
    BOOST_TEST(strata::tool::replay::bytes_of_litter(live) == 1024 * mebibyte);
}

BOOST_DATA_TEST_CASE(variations_differ_in_one_option,
                     data::make({"pool", "concurrent_pool", "pool > arena(first_chunk=4KiB)",
                                 "arena(first_chunk=1MiB) > pages"}),
                     text) {
    const auto all = variations_of(text);
    BOOST_TEST(all.size() >= 4U);
    const std::set<std::string> distinct{all.begin(), all.end()};
    BOOST_TEST(distinct.size() == all.size());
    const auto before = strata::strategy::parse(text);
    for (const std::string& each : all) {
        const auto changed = strata::strategy::parse(each);
        BOOST_TEST(to_string(changed) == each);
        BOOST_TEST_REQUIRE(changed.layers().size() == before.layers().size());
        std::size_t differences = 0;
        for (std::size_t i = 0; i != changed.layers().size(); ++i) {
            std::set<std::string> names;
            for (const auto* const layer : {&changed.layers()[i], &before.layers()[i]}) {
                for (const auto& option : layer->options) {
                    names.insert(option.name);
                }
            }
            for (const std::string& name : names) {
                const strata::layer_options now{changed.layers()[i].options};
                const strata::layer_options then{before.layers()[i].options};
                const auto* const value = now.find(name);
                const auto* const old = then.find(name);
                differences += value == nullptr || old == nullptr || *value != *old ? 1 : 0;
            }
        }
        BOOST_TEST(differences == 1U, each);
    }
}

BOOST_AUTO_TEST_CASE(a_default_is_left_out_of_a_variation) {
    for (const std::string& each : variations_of("pool(first_chunk=4KiB)")) {
        BOOST_TEST(each.find("first_chunk=1KiB") == std::string::npos, each);
    }
    BOOST_TEST(is_tried(variations_of("pool(first_chunk=4KiB)"), "pool"));
    BOOST_TEST(is_tried(variations_of("pool(first_chunk=auto)"), "pool(first_chunk=4KiB)"));
}

BOOST_AUTO_TEST_CASE(what_has_strategies_inside_is_not_varied) {
    BOOST_TEST(variations_of("fallback(pool, heap)").empty());
}

BOOST_AUTO_TEST_CASE(options_can_be_left_out) {
    BOOST_TEST(without_options("pool(first_chunk=4KiB) > pages(reserve=1MiB)") == "pool > pages");
    BOOST_TEST(without_options("pool") == "pool");
    BOOST_TEST(without_options("pool > fixed_buffer(4KiB)").empty());
    BOOST_TEST(without_options("fallback(pool(first_chunk=4KiB), heap)").empty());
}

BOOST_AUTO_TEST_CASE(a_strategy_is_told_in_cpp) {
    BOOST_TEST(cpp_of("concurrent_pool(first_chunk=64KiB)") ==
               "strata::stack{strata::concurrent_pool{.first_chunk = 65536}, strata::heap{}}");
    BOOST_TEST(cpp_of("pool > pages(reserve=1MiB, populate=true)") ==
               "strata::stack{strata::pool{}, "
               "strata::pages{.reserve = 1048576, .populate = true}}");
    BOOST_TEST(cpp_of("pool > pages(huge=transparent)") ==
               "strata::strategy::parse(\"pool > pages(huge=transparent)\").build()");
    BOOST_TEST(cpp_of("arena(first_chunk=auto)") ==
               "strata::stack{strata::arena{.first_chunk = strata::auto_size}, strata::heap{}}");
    BOOST_TEST(cpp_of("arena(first_chunk=auto, profile=a.sizes)") ==
               "strata::strategy::parse(\"arena(first_chunk=auto, profile=a.sizes)\").build()");
    BOOST_TEST(cpp_of("fallback(pool, heap)") ==
               "strata::strategy::parse(\"fallback(pool, heap)\").build()");
}

BOOST_AUTO_TEST_SUITE_END()
