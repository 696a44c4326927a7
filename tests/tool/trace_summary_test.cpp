// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/trace_summary.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "support/random.hpp"
#include "tool/trace/number_map.hpp"

BOOST_AUTO_TEST_SUITE(trace_summary_test)

using strata::tool::trace::event;
using strata::tool::trace::event_kind;
using strata::tool::trace::histogram;
using strata::tool::trace::live_change;
using strata::tool::trace::number_map;
using strata::tool::trace::trace_summary;
using strata::tool::trace::usage;

namespace {

event made(event_kind of, std::uint64_t block = 0, std::uint64_t size = 0,
           std::uint16_t resource = 0) {
    event all;
    all.kind = of;
    all.block = block;
    all.size = size;
    all.resource = resource;
    all.thread = 1;
    return all;
}

event named(event_kind of, std::string_view text, std::uint16_t resource = 0) {
    event all = made(of, 0, 0, resource);
    all.text = text;
    return all;
}

std::size_t bucket_of(std::uint64_t number) {
    std::size_t at = 0;
    for (; at + 1 != histogram::buckets && histogram::least(at + 1) <= number; ++at) {
    }
    return at;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_peak_is_when_the_most_bytes_are_live) {
    trace_summary sums;
    sums.add(made(event_kind::allocate, 0, 100));
    sums.add(made(event_kind::allocate, 1, 50));
    sums.add(made(event_kind::deallocate, 0));
    sums.add(made(event_kind::allocate, 2, 10));
    sums.add(made(event_kind::allocate, 3, 20));
    BOOST_TEST((sums.allocated == usage{4, 180}));
    BOOST_TEST((sums.peak == usage{2, 150}));
    BOOST_TEST(sums.peak_event == 2u);
    BOOST_TEST((sums.live == usage{3, 80}));
    BOOST_TEST(sums.most_blocks == 3u);
}

BOOST_AUTO_TEST_CASE(lifetimes_are_in_bytes_allocated_meanwhile_and_ages_apart) {
    trace_summary sums;
    sums.add(made(event_kind::allocate, 0, 8));
    sums.add(made(event_kind::allocate, 1, 8));
    sums.add(made(event_kind::deallocate, 1));
    sums.add(made(event_kind::allocate, 2, 1000));
    sums.add(made(event_kind::deallocate, 2));
    sums.add(made(event_kind::allocate, 3, 1));
    BOOST_TEST(sums.lifetimes.total() == 2u);
    BOOST_TEST(sums.lifetimes.in(0) == 2u);
    const histogram ages = sums.ages();
    BOOST_TEST(ages.total() == 2u);
    BOOST_TEST(ages.in(bucket_of(1009)) == 1u);
    BOOST_TEST(ages.in(0) == 1u);
}

BOOST_AUTO_TEST_CASE(a_reallocated_block_stays_the_same_block) {
    trace_summary sums;
    sums.add(made(event_kind::allocate, 0, 100));
    sums.add(made(event_kind::reallocate, 0, 400));
    BOOST_TEST((sums.allocated == usage{1, 400}));
    sums.add(made(event_kind::reallocate, 0, 50));
    BOOST_TEST((sums.live == usage{1, 50}));
    BOOST_TEST((sums.peak == usage{1, 400}));
    sums.add(made(event_kind::deallocate, 0));
    BOOST_TEST((sums.live == usage{}));
    BOOST_TEST((sums.by_form()[0].live == usage{}));
}

BOOST_AUTO_TEST_CASE(an_observer_is_told_each_change_of_what_is_live) {
    trace_summary sums;
    std::string told;
    sums.observe([&](const live_change& each) {
        told += each.is_resized ? "resized " : "";
        told += each.is_freed ? '-' : '+';
        told += std::to_string(each.bytes) + '@' + std::to_string(each.site) + " age " +
                std::to_string(each.age) + "; ";
    });
    std::uint64_t now = 0;
    const auto add = [&](event next, std::uint32_t site) {
        next.microseconds = now += 10;
        next.site = site;
        sums.add(next);
    };
    add(made(event_kind::allocate, 0, 100), 1);
    add(made(event_kind::reallocate, 0, 150), 2);
    add(made(event_kind::reallocate, 0, 120), 0);
    add(made(event_kind::deallocate, 9), 0);
    add(made(event_kind::deallocate, 0), 0);
    BOOST_TEST(told == "+100@1 age 0; "
                       "resized -100@1 age 10; resized +150@2 age 10; "
                       "resized -150@2 age 20; resized +120@2 age 20; "
                       "-120@2 age 40; ");
}

// Of a mean distance of 1000 bytes: a block of 1000 bytes stands for 1.582 blocks, of 100 bytes for
// 10.508, of 50,000 bytes for itself.
BOOST_AUTO_TEST_CASE(of_a_sample_blocks_count_as_much_as_they_stand_for) {
    trace_summary sums{1000};
    sums.add(made(event_kind::allocate, 0, 1000));
    sums.add(made(event_kind::allocate, 1, 100));
    BOOST_TEST((sums.allocated == usage{1 + 11, 1582 + 1051}));  // 0.09 blocks are left over
    BOOST_TEST((sums.by_site().at(0).live == sums.allocated));
    BOOST_TEST((sums.by_form()[0].allocated == sums.allocated));
    BOOST_TEST((sums.by_phase()[0].live == sums.allocated));
    BOOST_TEST(sums.sizes.in(bucket_of(1000)) == 1u);
    BOOST_TEST(sums.sizes.in(bucket_of(100)) == 11u);
    BOOST_TEST(sums.ages().total() == 12u);
    usage live;
    sums.for_each_live([&](std::uint64_t, std::uint32_t, const usage& each) { live += each; });
    BOOST_TEST((live == sums.allocated));
    event elsewhere = made(event_kind::deallocate, 1);
    elsewhere.thread = 2;
    sums.add(elsewhere);
    BOOST_TEST((sums.live == usage{1, 1582}));
    BOOST_TEST((sums.peak == usage{12, 2633}));
    BOOST_TEST(sums.most_blocks == 12u);
    BOOST_TEST(sums.freed_elsewhere == 11u);
    BOOST_TEST(sums.lifetimes.total() == 11u);
    sums.add(made(event_kind::deallocate, 0));
    BOOST_TEST((sums.live == usage{}));
    BOOST_TEST((sums.by_site().at(0).live == usage{}));
    BOOST_TEST((sums.by_phase()[0].live == usage{}));
    sums.add(made(event_kind::allocate, 2, 50'000));
    BOOST_TEST((sums.live == usage{1, 50'000}));
}

BOOST_AUTO_TEST_CASE(of_a_sample_a_reallocation_is_a_free_and_an_allocation) {
    trace_summary sums{1000};
    sums.add(made(event_kind::allocate, 0, 20'000));
    sums.add(made(event_kind::reallocate, 0, 30'000));
    BOOST_TEST((sums.allocated == usage{2, 50'000}));
    BOOST_TEST((sums.live == usage{1, 30'000}));
    BOOST_TEST((sums.by_form()[0].live == usage{1, 30'000}));
    BOOST_TEST(sums.lifetimes.total() == 1u);
    sums.add(made(event_kind::deallocate, 0));
    BOOST_TEST((sums.live == usage{}));
    BOOST_TEST(sums.not_known == 0u);
}

BOOST_AUTO_TEST_CASE(a_release_frees_the_blocks_of_its_resource) {
    trace_summary sums;
    event name = named(event_kind::resource, "arena", 1);
    name.size = 2;
    sums.add(name);
    sums.add(made(event_kind::allocate, 0, 100, 1));
    sums.add(made(event_kind::allocate, 1, 100, 1));
    sums.add(made(event_kind::allocate, 2, 7, 2));
    sums.add(made(event_kind::release, 0, 0, 1));
    BOOST_TEST((sums.live == usage{1, 7}));
    BOOST_TEST(sums.lifetimes.total() == 2u);
    BOOST_TEST(sums.by_resource().at(1).name == "arena");
    BOOST_TEST(sums.by_resource().at(1).above == 2u);
    BOOST_TEST((sums.by_resource().at(1).allocated == usage{2, 200}));
    BOOST_TEST((sums.by_resource().at(1).live == usage{}));
}

BOOST_AUTO_TEST_CASE(a_phase_that_comes_again_goes_on) {
    trace_summary sums;
    for (const std::uint64_t block : {0u, 2u}) {
        sums.add(named(event_kind::phase, "parse"));
        sums.add(made(event_kind::allocate, block, 10));
        sums.add(named(event_kind::phase, "check"));
        sums.add(made(event_kind::allocate, block + 1, 1));
    }
    sums.add(made(event_kind::deallocate, 2));
    const auto& phases = sums.by_phase();
    BOOST_REQUIRE(phases.size() == 3u);
    BOOST_TEST(phases[1].name == "parse");
    BOOST_TEST((phases[1].allocated == usage{2, 20}));
    BOOST_TEST((phases[1].live == usage{1, 10}));
    BOOST_TEST((phases[2].allocated == usage{2, 2}));
}

BOOST_AUTO_TEST_CASE(a_phase_knows_the_worst_of_its_calls) {
    trace_summary sums;
    std::uint64_t block = 0;
    const auto frame = [&](std::uint64_t blocks, std::uint64_t size) {
        sums.add(named(event_kind::phase, "frame"));
        for (std::uint64_t i = 0; i != blocks; ++i) {
            sums.add(made(event_kind::allocate, block, size));
            sums.add(made(event_kind::deallocate, block++));
        }
    };
    sums.add(made(event_kind::allocate, block++, 7));
    frame(0, 0);
    frame(2, 10);
    frame(1, 1000);
    sums.add(named(event_kind::phase, "between"));
    sums.add(made(event_kind::allocate, block++, 5000));
    frame(5, 10);
    frame(5, 10);
    const auto& phases = sums.by_phase();
    BOOST_TEST(phases[0].blocks.most == 1u);
    BOOST_TEST(phases[0].blocks.number == 1u);
    BOOST_TEST(phases[1].begun == 5u);
    BOOST_TEST(phases[1].blocks.most == 5u);
    BOOST_TEST(phases[1].blocks.number == 4u);
    BOOST_TEST(phases[1].bytes.most == 1000u);
    BOOST_TEST(phases[1].bytes.number == 3u);
}

BOOST_AUTO_TEST_CASE(bytes_by_which_blocks_grow_count_in_the_call_in_which_they_grow) {
    trace_summary sums;
    sums.add(made(event_kind::allocate, 0, 100));
    sums.add(named(event_kind::phase, "frame"));
    sums.add(made(event_kind::reallocate, 0, 150));
    sums.add(named(event_kind::phase, "frame"));
    sums.add(made(event_kind::reallocate, 0, 110));
    sums.add(made(event_kind::reallocate, 0, 400));
    const auto& frame = sums.by_phase()[1];
    BOOST_TEST(frame.blocks.most == 0u);
    BOOST_TEST(frame.bytes.most == 290u);
    BOOST_TEST(frame.bytes.number == 2u);
}

BOOST_AUTO_TEST_CASE(frees_of_blocks_that_a_salvaged_trace_does_not_have_are_counted) {
    trace_summary sums;
    sums.add(made(event_kind::deallocate, 5));
    sums.add(made(event_kind::reallocate, 5, 10));
    sums.add(made(event_kind::unknown));
    sums.add(made(event_kind::dropped, 0, 40));
    BOOST_TEST(sums.not_known == 3u);
    BOOST_TEST(sums.dropped == 40u);
    BOOST_TEST((sums.live == usage{}));
}

BOOST_AUTO_TEST_CASE(a_number_map_has_what_a_map_has) {
    for (std::uint64_t seed = 1; seed != 10; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            tests::random dice{seed};
            number_map<std::uint64_t> tested;
            std::map<std::uint64_t, std::uint64_t> model;
            for (std::size_t step = 0; step != tests::operations(20'000); ++step) {
                const std::uint64_t key = dice.below(300) * 16;
                const auto known = model.find(key);
                if (dice.below(2) == 0) {
                    tested.put(key, step);
                    model[key] = step;
                } else {
                    const auto taken = tested.take(key);
                    const bool is_right =
                        known == model.end() ? !taken : taken && *taken == known->second;
                    BOOST_REQUIRE(is_right);
                    model.erase(key);
                }
                BOOST_REQUIRE(tested.size() == model.size());
            }
            std::map<std::uint64_t, std::uint64_t> found;
            tested.for_each([&](std::uint64_t key, std::uint64_t value) { found[key] = value; });
            BOOST_TEST((found == model));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
