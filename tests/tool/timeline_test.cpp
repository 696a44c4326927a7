// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/timeline.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/random.hpp"
#include "tool/report/area_chart.hpp"
#include "tool/trace/histogram.hpp"
#include "tool/trace/trace_summary.hpp"

BOOST_AUTO_TEST_SUITE(timeline_test)

using strata::tool::report::area;
using strata::tool::report::dimension;
using strata::tool::report::dimensions;
using strata::tool::report::largest_areas;
using strata::tool::report::most_areas;
using strata::tool::report::timeline;
using strata::tool::trace::event;
using strata::tool::trace::event_kind;
using strata::tool::trace::histogram;
using strata::tool::trace::live_change;
using strata::tool::trace::trace_summary;

namespace {

live_change made(std::uint64_t microseconds, std::uint64_t bytes, bool is_freed = false) {
    live_change all;
    all.microseconds = microseconds;
    all.size = bytes;
    all.bytes = bytes;
    all.is_freed = is_freed;
    return all;
}

// All that a program of random events does, with its figures.
struct recorded {
    trace_summary sums{0};
    timeline live;

    explicit recorded(std::uint64_t events, std::uint64_t most_pause) {
        sums.observe([this](const live_change& each) { live.add(each); });
        tests::random random{7};
        std::vector<event> blocks;
        event next;
        for (std::uint64_t i = 0; i != events; ++i) {
            next.microseconds += random.below(most_pause + 1);
            next.thread = static_cast<std::uint32_t>(1 + random.below(4));
            const bool frees = random.below(2) == 0 && !blocks.empty();
            if (frees) {
                std::swap(blocks[random.below(blocks.size())], blocks.back());
                event old = blocks.back();
                old.kind = random.below(4) == 0 ? event_kind::reallocate : event_kind::deallocate;
                old.microseconds = next.microseconds;
                old.size = old.kind == event_kind::reallocate ? random.below(5000) : 0;
                sums.add(old);
                if (old.kind == event_kind::deallocate) {
                    blocks.pop_back();
                }
            } else {
                next.kind = event_kind::allocate;
                next.size = random.below(2000);
                next.resource = static_cast<std::uint16_t>(random.below(3));
                blocks.push_back(next);
                sums.add(next);
                ++next.block;
            }
        }
        live.finish(sums.microseconds);
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_point_tells_of_its_moment_with_the_most) {
    timeline live;
    live.add(made(0, 100));
    live.add(made(0, 100, true));
    live.add(made(0, 30));
    live.add(made(1, 5));
    live.add(made(3, 30, true));
    live.finish(3);
    BOOST_TEST(live.microseconds_a_point() == 1u);
    BOOST_TEST(live.whole() == (std::vector<std::uint64_t>{100, 35, 35, 35}),
               boost::test_tools::per_element());
    const auto sizes = live.by(dimension::size_class);
    BOOST_REQUIRE(sizes.size() == 3u);
    BOOST_TEST(sizes[0].key == histogram::bucket_of(100));
    BOOST_TEST(sizes[0].bytes == (std::vector<std::uint64_t>{100, 0, 0, 0}),
               boost::test_tools::per_element());
    BOOST_TEST(sizes[1].bytes == (std::vector<std::uint64_t>{0, 30, 30, 30}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(parts_add_up_and_the_peak_is_that_of_the_program) {
    for (const std::uint64_t pause : {0u, 1u, 3u, 1000u, 10'000'000u}) {
        const recorded all{5000, pause};
        BOOST_TEST_CONTEXT("pauses up to " << pause) {
            const auto& whole = all.live.whole();
            BOOST_TEST(whole.size() <= timeline::most_points);
            BOOST_TEST(whole.size() * all.live.microseconds_a_point() > all.sums.microseconds);
            BOOST_TEST(*std::ranges::max_element(whole) == all.sums.peak.bytes);
            for (const dimension each : dimensions) {
                std::vector<std::uint64_t> sum(whole.size());
                for (const auto& series : all.live.by(each)) {
                    BOOST_REQUIRE(series.bytes.size() == sum.size());
                    std::ranges::transform(sum, series.bytes, sum.begin(), std::plus{});
                }
                BOOST_TEST(sum == whole, boost::test_tools::per_element());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_pause_of_any_length_takes_a_few_points) {
    timeline live;
    live.add(made(0, 10));
    live.add(made(std::uint64_t{1} << 60, 20));
    live.finish(std::uint64_t{1} << 60);
    BOOST_TEST(live.whole().size() <= timeline::most_points);
    BOOST_TEST(live.whole().front() == 10u);
    BOOST_TEST(live.whole().back() == 30u);
}

BOOST_AUTO_TEST_CASE(what_comes_after_many_series_is_one) {
    timeline live;
    for (std::uint32_t thread = 0; thread != 2 * timeline::most_series; ++thread) {
        live_change next = made(thread, 8);
        next.thread = thread;
        live.add(next);
    }
    live.finish(2 * timeline::most_series);
    const auto threads = live.by(dimension::thread);
    BOOST_REQUIRE(threads.size() == timeline::most_series + 1);
    BOOST_TEST(threads.back().key == timeline::later_keys);
    BOOST_TEST(threads.back().bytes.back() == 8 * timeline::most_series);
}

// As of threads that all do the same, and one that does most of it.
BOOST_AUTO_TEST_CASE(of_areas_that_are_equal_the_largest_is_shown) {
    std::vector<strata::tool::report::area> all;
    for (int i = 0; i != 9; ++i) {
        all.push_back({.name = std::to_string(i), .bytes = {i == 8 ? 100u : 1u}});
    }
    const auto shown = largest_areas(all);
    BOOST_TEST_REQUIRE(shown.size() == 8u);
    BOOST_TEST(shown[6].name == "8");
    BOOST_TEST(shown[7].name == "2 others");
    BOOST_TEST(shown[7].bytes[0] == 2u);
}

BOOST_AUTO_TEST_CASE(the_largest_areas_stay_in_their_order) {
    std::vector<area> all;
    for (const std::uint64_t peak : {5u, 90u, 0u, 1u, 80u, 70u, 2u, 60u, 50u, 40u, 30u}) {
        all.push_back(
            {.name = std::to_string(peak), .bytes = {peak, std::min<std::uint64_t>(peak, 1)}});
    }
    const auto shown = largest_areas(all);
    BOOST_REQUIRE(shown.size() == most_areas);
    BOOST_TEST(shown[0].name == "90");
    BOOST_TEST(shown[6].name == "30");
    BOOST_TEST(shown[7].name == "3 others");
    BOOST_TEST(shown[7].bytes[0] == 8u);
    BOOST_TEST(shown[7].bytes[1] == 3u);
    all.resize(4);
    BOOST_TEST(largest_areas(all).size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
