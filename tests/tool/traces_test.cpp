// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "support/traces.hpp"
#include "tool/failure.hpp"

BOOST_AUTO_TEST_SUITE(traces_test)

using strata::live_trace::kind;
using strata::live_trace::most_sample_distance;
using strata::tool::failure;
using strata::tool::trace::event;
using strata::tool::trace::event_kind;
using strata::tool::trace::on_damage;
using tests::live_event;
using tests::live_trace_writer;
using tests::random_trace;
using tests::read_all;
using tests::refusal_of;

namespace {

// The first event that differs, in numbers: an event has no operator<<.
void check_equal(const std::vector<event>& found, const std::vector<event>& expected) {
    BOOST_TEST(found.size() == expected.size());
    for (std::size_t i = 0; i != std::min(found.size(), expected.size()); ++i) {
        if (!(found[i] == expected[i])) {
            const auto number = [](event_kind of) { return static_cast<int>(of); };
            BOOST_TEST_CONTEXT("event " << i) {
                BOOST_TEST(number(found[i].kind) == number(expected[i].kind));
                BOOST_TEST(found[i].block == expected[i].block);
                BOOST_TEST(found[i].size == expected[i].size);
                BOOST_TEST(found[i].thread == expected[i].thread);
                BOOST_TEST(found[i].resource == expected[i].resource);
                BOOST_TEST(found[i].microseconds == expected[i].microseconds);
                BOOST_TEST(found[i].text == expected[i].text);
                BOOST_ERROR("the events differ");
            }
            return;
        }
    }
}

std::vector<event_kind> kinds_of(const std::vector<event>& events) {
    std::vector<event_kind> all;
    for (const event& each : events) {
        all.push_back(each.kind);
    }
    return all;
}

}  // namespace

// --- random programs --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_live_trace_has_the_events_of_the_program) {
    for (std::uint64_t seed = 1; seed != 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const random_trace program{seed, 1 + seed % 5, tests::rounds(5000),
                                       seed % 2 == 0 ? 50u : 2729u};
            check_equal(read_all(program.file()).list.events, program.expected().events);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_packed_trace_has_the_events_of_the_live_one) {
    for (std::uint64_t seed = 1; seed != 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const random_trace program{seed, 1 + seed % 5, tests::rounds(5000)};
            const auto live = read_all(program.file());
            const std::string file = tests::packed(live.list.events, live.info);
            const auto again = read_all(file, on_damage::refuse, false);
            check_equal(again.list.events, live.list.events);
            BOOST_TEST(again.info.program == "a program");
            BOOST_TEST(again.info.process == 4711u);
            BOOST_TEST(again.info.started == live.info.started);
            BOOST_TEST(again.info.is_packed);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_packed_trace_of_several_frames_has_all_events) {
    const random_trace program{1, 3, 400'000};
    BOOST_TEST(program.expected().events.size() > 2 * strata::tool::trace::events_per_frame);
    const std::string file = tests::packed(program.expected().events, {});
    check_equal(read_all(file).list.events, program.expected().events);
}

BOOST_AUTO_TEST_CASE(a_trace_without_events_can_be_packed) {
    const auto live = read_all(live_trace_writer{}.bytes());
    BOOST_TEST(live.list.events.empty());
    BOOST_TEST(read_all(tests::packed({}, live.info)).list.events.empty());
}

// --- samples ------------------------------------------------------------------------------------

namespace {

// The live trace of a program, with this mean distance in its header.
std::string live_sample(std::uint64_t distance) {
    live_trace_writer file;
    file.add({.kind = kind::allocate, .clock = 1001, .address = 16, .size = 8});
    std::string bytes = file.bytes();
    std::memcpy(bytes.data() + 304, &distance, sizeof distance);
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_packed_sample_has_the_mean_distance_of_the_live_one) {
    for (const std::uint64_t distance :
         {std::uint64_t{0}, std::uint64_t{1}, most_sample_distance}) {
        BOOST_TEST_CONTEXT("distance " << distance) {
            const auto live = read_all(live_sample(distance));
            BOOST_TEST(live.info.sample_distance == distance);
            const std::string file = tests::packed(live.list.events, live.info);
            std::uint64_t in_file = ~std::uint64_t{0};
            std::memcpy(&in_file, file.data() + 32, sizeof in_file);
            BOOST_TEST(in_file == distance);
            const auto again = read_all(file, on_damage::refuse, false);
            BOOST_TEST(again.info.sample_distance == distance);
            check_equal(again.list.events, live.list.events);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_mean_distance_that_no_writer_has_is_refused) {
    BOOST_TEST(refusal_of(live_sample(most_sample_distance + 1)) ==
               "FILE: offset 304: expected a sample's mean distance of at most 1073741824 bytes, "
               "found 1073741825");
    strata::tool::trace::trace_info info;
    info.sample_distance = most_sample_distance + 1;
    BOOST_TEST(refusal_of(tests::packed({}, info)) ==
               "FILE: offset 32: expected a sample's mean distance of at most 1073741824 bytes, "
               "found 1073741825");
}

// --- one case each ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(threads_are_merged_by_their_clocks) {
    live_trace_writer file;
    // Thread 2 frees what thread 1 has allocated, and thread 1 gets the address again.
    file.add({.kind = kind::allocate, .thread = 1, .clock = 1001, .address = 16, .size = 8});
    file.add({.kind = kind::allocate, .thread = 1, .clock = 1003, .address = 16, .size = 9});
    file.add({.kind = kind::deallocate, .thread = 2, .clock = 1002, .address = 16});
    const auto events = read_all(file.bytes()).list.events;
    BOOST_REQUIRE(events.size() == 3u);
    BOOST_TEST((kinds_of(events) ==
                std::vector{event_kind::allocate, event_kind::deallocate, event_kind::allocate}));
    BOOST_TEST(events[1].thread == 2u);
    BOOST_TEST(events[1].block == 0u);
    BOOST_TEST(events[2].block == 1u);
}

BOOST_AUTO_TEST_CASE(a_threads_own_order_counts_more_than_its_clock) {
    live_trace_writer file;
    file.add({.kind = kind::allocate, .clock = 1010, .address = 16, .size = 8});
    file.add({.kind = kind::deallocate, .clock = 1005, .address = 16});
    const auto events = read_all(file.bytes()).list.events;
    BOOST_REQUIRE(events.size() == 2u);
    BOOST_TEST((events[1].kind == event_kind::deallocate));
    BOOST_TEST(events[1].microseconds == 10u);
}

BOOST_AUTO_TEST_CASE(resources_may_have_blocks_at_one_address) {
    live_trace_writer file;
    file.add({.kind = kind::allocate, .clock = 1001, .address = 16, .size = 1000, .resource = 1});
    file.add({.kind = kind::allocate, .clock = 1002, .address = 16, .size = 8, .resource = 2});
    file.add({.kind = kind::deallocate, .clock = 1003, .address = 16, .size = 8, .resource = 2});
    file.add({.kind = kind::release, .clock = 1004, .resource = 1});
    file.add({.kind = kind::deallocate, .clock = 1005, .address = 16, .resource = 1});
    const auto events = read_all(file.bytes()).list.events;
    BOOST_REQUIRE(events.size() == 5u);
    BOOST_TEST((kinds_of(events) == std::vector{event_kind::allocate, event_kind::allocate,
                                                event_kind::deallocate, event_kind::release,
                                                event_kind::unknown}));
    BOOST_TEST(events[2].block == 1u);
    BOOST_TEST(events[2].is_sized);
    BOOST_TEST(events[2].size == 0u);
}

BOOST_AUTO_TEST_CASE(an_unknown_block_is_known_after_its_reallocation) {
    live_trace_writer file;
    file.add({.kind = kind::reallocate_begin, .clock = 1001, .address = 16});
    file.add({.kind = kind::reallocate_end, .clock = 1002, .address = 32, .size = 7});
    file.add({.kind = kind::deallocate, .clock = 1003, .address = 32});
    BOOST_TEST((kinds_of(read_all(file.bytes()).list.events) ==
                std::vector{event_kind::unknown, event_kind::allocate, event_kind::deallocate}));
}

BOOST_AUTO_TEST_CASE(a_text_whose_end_was_not_written_is_left_out) {
    live_trace_writer file;
    file.add({.kind = kind::phase, .clock = 1001, .text = "short"});
    file.add({.kind = kind::phase,
              .clock = 1002,
              .text = std::string_view{"long, of two parts, or more"}});
    std::string killed = file.bytes();
    --killed[strata::live_trace::chunk_bytes + 4];
    const auto events = read_all(killed).list;
    BOOST_REQUIRE(events.events.size() == 1u);
    BOOST_TEST(events.events[0].text == "short");
}

BOOST_AUTO_TEST_CASE(a_live_trace_cannot_be_read_from_a_pipe) {
    const random_trace program{1, 1, 10};
    BOOST_CHECK_EXCEPTION(
        (void)read_all(program.file(), on_damage::refuse, false), failure, [](const failure& why) {
            return std::string_view{why.what()}.find("not a pipe") != std::string_view::npos;
        });
}

BOOST_AUTO_TEST_SUITE_END()
