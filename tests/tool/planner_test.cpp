// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/planner.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <vector>

#include "support/random.hpp"
#include "support/traces.hpp"
#include "tool/trace/event.hpp"

BOOST_AUTO_TEST_SUITE(planner_test)

namespace replay = strata::tool::replay;
using replay::action;
using strata::tool::trace::event;
using strata::tool::trace::event_kind;
using strata::tool::trace::form;

namespace {

struct window {
    std::vector<replay::section> sections;
    std::vector<replay::step> steps;
};

std::vector<window> windows_of(const replay::plan& of) {
    std::FILE* const file = of.file.get();
    BOOST_TEST_REQUIRE(std::fseek(file, sizeof(replay::plan_head), SEEK_SET) == 0);
    std::vector<window> all;
    const auto take = [&](auto& to, std::size_t count) {
        to.resize(count);
        BOOST_TEST_REQUIRE(std::fread(to.data(), sizeof to[0], count, file) == count);
    };
    for (std::uint64_t i = 0; i != of.head.windows; ++i) {
        std::vector<replay::window_head> head;
        take(head, 1);
        window& next = all.emplace_back();
        take(next.sections, head[0].sections);
        take(next.steps, head[0].steps);
    }
    BOOST_TEST(std::fgetc(file) == EOF);
    return all;
}

/// Plays a plan in an order of the threads that the dice choose, and checks each step.
class random_play {
public:
    random_play(const replay::plan& of, std::uint64_t seed)
        : dice_{seed},
          live_(of.head.slots),
          of_{of} {}

    void run() {
        for (const window& each : windows_of(of_)) {
            BOOST_TEST(each.sections.size() <= of_.head.most_sections);
            BOOST_TEST(each.steps.size() <= of_.head.most_steps);
            play(each);
        }
    }

    std::uint64_t allocated = 0;
    std::uint64_t freed = 0;
    std::map<std::uint64_t, std::uint64_t> live_by_size;

private:
    void play(const window& of) {
        std::vector<std::uint32_t> done(of.sections.size());
        for (std::size_t left = of.steps.size(); left != 0;) {
            const std::size_t at = dice_.below(of.sections.size());
            const replay::section& in = of.sections[at];
            BOOST_TEST(in.thread < of_.head.threads);
            if (done[at] == in.steps) {
                continue;
            }
            const replay::step& next = of.steps[in.begin + done[at]];
            if (next.what == action::wait) {
                BOOST_TEST(next.slot < of.sections.size());
                BOOST_TEST(of.steps[of.sections[next.slot].begin + next.size - 1].is_awaited);
                if (done[next.slot] < next.size) {
                    continue;
                }
            } else {
                do_step(next);
            }
            ++done[at];
            --left;
        }
    }

    void do_step(const replay::step& next) {
        BOOST_TEST_REQUIRE(next.slot < live_.size());
        slot& at = live_[next.slot];
        BOOST_TEST_REQUIRE(at.is_live == (next.what != action::allocate));
        if (next.what != action::allocate && --live_by_size[at.size] == 0) {
            live_by_size.erase(at.size);
        }
        at = {next.what != action::deallocate, next.size};
        allocated += next.what == action::allocate ? 1 : 0;
        freed += next.what == action::deallocate ? 1 : 0;
        if (at.is_live) {
            ++live_by_size[at.size];
        }
    }

    struct slot {
        bool is_live = false;
        std::uint64_t size = 0;
    };

    tests::random dice_;
    std::vector<slot> live_;
    const replay::plan& of_;
};

replay::plan plan_of(const std::vector<event>& events,
                     replay::threads_as threads = replay::threads_as::recorded) {
    replay::planner makes{threads};
    for (const event& each : events) {
        makes.add(each);
    }
    return makes.finish();
}

event made(event_kind of, std::uint32_t thread, std::uint64_t block = 0, std::uint64_t size = 0) {
    event all;
    all.kind = of;
    all.of_form = form::malloc;
    all.thread = thread;
    all.block = block;
    all.size = size;
    return all;
}

/// What is live at the end of the events, and how often blocks came and went.
struct model {
    std::map<std::uint64_t, event> live;
    std::uint64_t allocated = 0;
    std::uint64_t freed = 0;

    explicit model(const std::vector<event>& events) {
        for (const event& each : events) {
            add(each);
        }
    }
    void add(const event& each) {
        if (each.kind == event_kind::allocate) {
            live[each.block] = each;
            ++allocated;
        } else if (each.kind == event_kind::reallocate && live.contains(each.block)) {
            live[each.block].size = each.size;
        } else if (each.kind == event_kind::deallocate || each.kind == event_kind::missed) {
            freed += live.erase(each.block);
        } else if (each.kind == event_kind::release) {
            freed += std::erase_if(
                live, [&](const auto& of) { return of.second.resource == each.resource; });
        }
    }
    std::map<std::uint64_t, std::uint64_t> by_size() const {
        std::map<std::uint64_t, std::uint64_t> counts;
        for (const auto& [number, each] : live) {
            ++counts[each.size];
        }
        return counts;
    }
};

// The upper of two resources alone is played, so these have none above them.
std::vector<event> without_resources_above(std::vector<event> events) {
    for (event& each : events) {
        each.size = each.kind == event_kind::resource ? 0 : each.size;
    }
    return events;
}

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_the_threads_do_only_live_blocks_are_freed) {
    for (std::uint64_t round = 0; round != tests::rounds(20); ++round) {
        const std::uint64_t seed = 1 + round;
        BOOST_TEST_CONTEXT("seed " << seed) {
            const std::size_t threads = 1 + seed % 16;
            const tests::random_trace program{seed, threads, 3000 * (1 + seed % 7)};
            const std::vector<event> events = without_resources_above(program.expected().events);
            const model wanted{events};
            for (const auto as : {replay::threads_as::recorded, replay::threads_as::one}) {
                const replay::plan made = plan_of(events, as);
                random_play played{made, seed};
                played.run();
                BOOST_TEST(played.allocated == wanted.allocated);
                BOOST_TEST(played.freed == wanted.freed);
                BOOST_TEST((played.live_by_size == wanted.by_size()));
                BOOST_TEST(made.head.slots <= wanted.allocated);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_thread_waits_for_the_block_that_it_frees_and_for_nothing_else) {
    using enum event_kind;
    const replay::plan made_plan = plan_of({
        made(allocate, 1, 0, 10),  // each thread is in a window of its own until both are there
        made(allocate, 2, 1, 20), made(deallocate, 1, 1),      // waits
        made(deallocate, 2, 0),                                // of an earlier window
        made(allocate, 1, 2, 30), made(reallocate, 2, 2, 40),  // waits
        made(deallocate, 2, 2),                                // its own step
    });
    const std::vector<window> all = windows_of(made_plan);
    BOOST_TEST_REQUIRE(all.size() == 2u);
    BOOST_TEST(made_plan.waits == 2u);
    BOOST_TEST(made_plan.steps == 7u);
    BOOST_TEST(made_plan.head.threads == 2u);
    BOOST_TEST(made_plan.head.most_bytes == 40u);
    BOOST_TEST(made_plan.beside == 3u);  // those of thread 1 in the second window, with its wait
    BOOST_TEST(made_plan.threads_at_once() == 1.75);
    BOOST_TEST(std::ranges::count(all[1].steps, action::wait, &replay::step::what) == 2);
}

BOOST_AUTO_TEST_CASE(a_slot_is_used_again_and_by_other_threads_only_in_a_later_window) {
    using enum event_kind;
    const replay::plan made_plan = plan_of({
        made(allocate, 1, 0, 10), made(allocate, 2, 1, 20), made(deallocate, 2, 1),
        made(allocate, 1, 2, 30),  // not the slot that thread 2 has just freed
        made(allocate, 2, 3, 40),  // that one
    });
    BOOST_TEST(made_plan.head.slots == 3u);
    random_play played{made_plan, 1};
    played.run();
}

BOOST_AUTO_TEST_CASE(what_cannot_be_repeated_is_counted_and_left_out) {
    using enum event_kind;
    event dropped_events = made(dropped, 1, 0, 5);
    const replay::plan made_plan = plan_of({
        made(allocate, 1, 0, 10),
        made(refused, 1, 0, 1000),
        made(unknown, 1),
        made(deallocate, 1, 7),
        dropped_events,
        made(thread_end, 1),
    });
    BOOST_TEST(made_plan.left_out == 8u);
    BOOST_TEST(made_plan.threads_at_once() == 1);
    BOOST_TEST(made_plan.steps == 1u);
    BOOST_TEST(windows_of(made_plan).at(0).sections.at(0).is_last == 1u);
}

BOOST_AUTO_TEST_CASE(a_thread_that_has_ended_leaves_its_number_to_the_next) {
    using enum event_kind;
    std::vector<event> events{made(allocate, 1, 0, 10)};
    for (std::uint32_t thread = 2; thread != 1000; ++thread) {
        events.push_back(made(allocate, thread, thread - 1, 10));
        events.push_back(made(thread_end, thread));
    }
    const replay::plan made_plan = plan_of(events);
    BOOST_TEST(made_plan.head.threads == 2u);
    random_play played{made_plan, 1};
    played.run();
    BOOST_TEST(played.allocated == 999u);
}

BOOST_AUTO_TEST_CASE(of_resources_upon_each_other_the_upper_one_is_played) {
    using enum event_kind;
    event lower = made(resource, 1, 0, 1);
    lower.resource = 2;
    event below = made(allocate, 1, 0, 4096);
    below.resource = 2;
    event above = made(allocate, 1, 1, 16);
    above.resource = 1;
    above.of_form = form::memory_resource;
    const replay::plan made_plan = plan_of({lower, below, above});
    BOOST_TEST(made_plan.steps == 1u);
    BOOST_TEST(made_plan.head.most_bytes == 16u);
    BOOST_TEST(made_plan.is_of_resources);
}

BOOST_AUTO_TEST_SUITE_END()
