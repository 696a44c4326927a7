// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <cstdint>

#include <boost/test/unit_test.hpp>

#include "tool/replay/find_pause.hpp"

namespace {

using namespace strata::tool::replay;

plan with_threads() {
    plan made;
    made.steps = 1000;
    made.beside = 500;
    return made;
}

// A driver that needs 1 ms and 5 us a turn, and a heap with a cost of its own.
template <class HeapCost>
play_times times(const HeapCost& cost) {
    const auto driver = [](std::uint64_t pause) {
        return 1e6 + 5000.0 * static_cast<double>(pause);
    };
    return {.on_heap = [=](std::uint64_t pause) { return driver(pause) + cost(pause); },
            .driver_alone = driver};
}

const play_times costs_2_ms = times([](std::uint64_t) { return 2e6; });

}  // namespace

BOOST_AUTO_TEST_SUITE(pause_test)

BOOST_AUTO_TEST_CASE(a_replay_on_the_heap_takes_as_long_as_the_program) {
    BOOST_TEST(find_pause(with_threads(), 4e6, costs_2_ms) == 200);
}

BOOST_AUTO_TEST_CASE(a_program_that_does_nothing_else_has_no_pause) {
    BOOST_TEST(find_pause(with_threads(), 3e6, costs_2_ms) == 0);
    BOOST_TEST(find_pause(with_threads(), 1e5, costs_2_ms) == 0);
}

BOOST_AUTO_TEST_CASE(a_program_that_waits_for_its_users_has_the_longest_pause) {
    BOOST_TEST(find_pause(with_threads(), 60e9, costs_2_ms) == longest_pause);
}

// Beside a pause of a hundred times that, no difference of allocators could be seen.
BOOST_AUTO_TEST_CASE(a_pause_is_at_most_ten_times_as_long_as_the_calls) {
    const auto quick = times([](std::uint64_t) { return 1e5; });
    BOOST_TEST(find_pause(with_threads(), 60e9, quick) == 200);
}

// With no pause at all, the threads of this one wait for each other for 6 ms.
BOOST_AUTO_TEST_CASE(threads_that_meet_less_with_a_pause_have_one) {
    const auto meets = times([](std::uint64_t pause) { return pause < 100 ? 6e6 : 1e6; });
    BOOST_TEST(find_pause(with_threads(), 3e6, meets) == 200);
}

// None takes as long as the program did.
BOOST_AUTO_TEST_CASE(of_several_pauses_the_nearest_is_taken) {
    const auto meets = times([](std::uint64_t pause) { return pause < 100 ? 9e6 : 5e5; });
    const std::uint64_t found = find_pause(with_threads(), 1.8e6, meets);
    BOOST_TEST(found >= 100);
}

BOOST_AUTO_TEST_CASE(threads_that_hardly_meet_are_not_tried) {
    const auto play = [](std::uint64_t) -> double {
        BOOST_ERROR("played");
        return 0;
    };
    const play_times never{.on_heap = play, .driver_alone = play};
    plan one_thread;
    one_thread.steps = 1000;
    one_thread.beside = 9;
    BOOST_TEST(find_pause(one_thread, 4e6, never) == 0);
    BOOST_TEST(find_pause(with_threads(), 0, never) == 0);
}

BOOST_AUTO_TEST_CASE(plays_that_tell_no_time_give_no_pause) {
    const auto zero = [](std::uint64_t) -> double { return 0; };
    const play_times nothing{.on_heap = zero, .driver_alone = zero};
    BOOST_TEST(find_pause(with_threads(), 4e6, nothing) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
