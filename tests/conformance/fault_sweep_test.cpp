// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Every recipe with an upstream, while that upstream fails: first each of at least 500 requests in
// turn, in every way there is, then at random. After a failure the blocks still hold what was
// written to them. Once the upstream serves again, the same request succeeds. At the end, all
// memory goes back to the upstream with the sizes it was asked for.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>

#include <strata/diagnostics/poison.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>

#include "attempt.hpp"
#include "dice.hpp"
#include "subject.hpp"
#include "support/asan.hpp"
#include "support/joined_thread.hpp"

namespace {

using conformance::attempt;
using conformance::failure;
using conformance::outcome;
using conformance::recipe;
using conformance::subject;
using strata::layout;

namespace ut = boost::unit_test;

constexpr std::size_t points = 500;

#if defined(__SANITIZE_THREAD__) || defined(STRATA_ASAN)
// The sanitizer of undefined behaviour comes with that of addresses; to it null ends the program.
constexpr std::array kinds{failure::bad_alloc, failure::foreign};
#else
constexpr std::array kinds{failure::bad_alloc, failure::foreign, failure::null};
#endif
const bool is_slow = strata::detail::is_watched() || tests::tsan;

outcome expected_of(failure kind) {
    return kind == failure::null ? outcome::bad_alloc : conformance::expected_of(kind);
}

// Many small ones, so that 500 requests of the upstream are soon there, and some of each other
// kind.
layout request(std::size_t step) {
    constexpr auto all = std::to_array<layout>({{8, 8},   {24, 8},  {100, 16}, {1, 1},
                                                {64, 64}, {700, 8}, {17, 4},   {48, 16},
                                                {33, 8},  {5, 1},   {130, 8},  {200, 128}});
    return step % 97 == 96 ? layout{20'000, 8} : all[step * 7 % all.size()];
}

std::size_t points_swept = 0;

/// One life of a resource, in which the nth request of its upstream fails, and fails again in each
/// other way as it is repeated. Says how often the upstream failed: not at all if it was not asked
/// so often. No two lives make the same requests, and the first is the longest.
std::size_t failures_at(const recipe& of, std::size_t life, std::size_t nth) {
    subject tested{of};
    const auto kind = [nth](std::size_t way) { return kinds[(nth + way) % kinds.size()]; };
    tested.upstream.fail_at(nth, kind(0));
    std::size_t failures = 0;
    std::size_t steps_left = life == 0 ? 3 * points : points;
    for (std::size_t step = 0; step != steps_left; ++step) {
        const layout wanted = request(life * 31 + step);
        outcome got = outcome::foreign;
        while (got != outcome::served) {
            const outcome refused =
                tested.allocates_next() ? expected_of(kind(failures)) : outcome::bad_alloc;
            got = attempt([&] { tested.take(wanted); });
            if (got != outcome::served) {
                BOOST_TEST_REQUIRE(tested.upstream.injected_failures() == failures + 1);
                BOOST_TEST_REQUIRE(got == refused);
                tested.check_contents();
            }
            if (tested.upstream.injected_failures() != failures) {
                if (++failures == kinds.size()) {
                    steps_left = std::min(steps_left, step + 20);
                } else {
                    tested.upstream.fail_at(1, kind(failures));
                }
            }
        }
        if (step % 5 == 4 && !tested.blocks().empty()) {
            tested.give_back(step % tested.blocks().size());
        }
    }
    return failures;
}

// Each of the first 500 requests of one life; or, where that makes fewer, each of those of as many
// lives as it takes.
void each_request_fails(const recipe& of) {
    const std::size_t wanted = std::min(is_slow ? points / 10 : points, of.failure_points);
    std::size_t swept = 0;
    std::size_t failed = 0;
    for (std::size_t life = 0; swept < wanted; ++life) {
        BOOST_TEST_REQUIRE(life <= wanted);  // each asks at least once
        std::size_t failures = 1;
        for (std::size_t nth = 1; failures != 0 && swept < wanted;
             nth += is_slow ? 1 + nth / 16 : 1) {
            BOOST_TEST_CONTEXT("life " << life << ": the upstream's request " << nth << " fails") {
                failures = failures_at(of, life, nth);
            }
            failed += failures;
            swept += failures != 0;
        }
    }
    BOOST_TEST(failed > wanted * kinds.size() * 7 / 8);
    points_swept += failed;
}

void requests_fail_at_random(const recipe& of) {
    conformance::dice roll{conformance::seed()};
    const bool is_short = is_slow || of.failure_points < points;
    std::size_t failed = 0;
    for (const std::size_t of_a_thousand : {1, 10, 50, 300}) {
        subject tested{of};
        // How many requests from now the next failure comes.
        const auto arm = [&] {
            std::size_t nth = 1;
            while (nth < 5000 && roll.below(1000) >= of_a_thousand) {
                ++nth;
            }
            tested.upstream.fail_at(nth, kinds[roll.below(kinds.size())]);
        };
        arm();
        std::size_t failures = 0;
        std::size_t requests = 0;
        std::size_t steps_without = 0;  // since the upstream was asked
        for (std::size_t step = 0; step != (is_short ? 500 : 3000); ++step) {
            if (!tested.blocks().empty() && roll.one_in(2)) {
                tested.give_back(roll.below(tested.blocks().size()));
            } else {
                attempt([&] { tested.take(roll.any_layout()); });
            }
            if (of.can_release && roll.one_in(300)) {
                tested.release();
            }
            if (tested.upstream.requests().size() != requests) {
                requests = tested.upstream.requests().size();
                steps_without = 0;
            } else if (++steps_without == 20) {
                steps_without = 0;
                tested.start_anew();  // it has what it needs
            }
            if (tested.upstream.injected_failures() != failures) {
                failures = tested.upstream.injected_failures();
                arm();
            }
        }
        tested.check_contents();
        failed += failures;
    }
    BOOST_TEST(failed >= (is_short ? 3u : 20u));
    points_swept += failed;
}

// --- in the middle of other things
// ----------------------------------------------------------------

// To keep its memory as one chunk, an arena asks for it while it is reset.
template <class Arena, class Description>
void resets_while_the_upstream_fails() {
    const Description description{.first_chunk = 64};
    for (const failure kind : kinds) {
        for (std::size_t nth = 1; nth <= 100; ++nth) {
            strata::checking_resource upstream;
            {
                Arena memory{description, &upstream};
                upstream.fail_at(nth, kind);
                for (std::size_t round = 0; round != 20; ++round) {
                    for (std::size_t step = 0; step != 20; ++step) {
                        attempt([&] { static_cast<void>(memory.allocate(100 + step, 8)); });
                    }
                    switch (round % 4) {
                        case 0: memory.reset(strata::retain::all); break;
                        case 1: memory.reset(strata::retain::recent); break;
                        case 2: memory.reset(std::size_t{1000}); break;
                        default: memory.release(); break;
                    }
                }
                points_swept += upstream.injected_failures();
            }
            BOOST_TEST(upstream.live_blocks() == 0u);
            BOOST_TEST(upstream.errors().empty());
        }
    }
}

// What an ended thread leaves goes to those after it, whether or not the upstream was there for it.
template <class Resource>
void threads_end_while_the_upstream_fails() {
    for (const failure kind : kinds) {
        for (std::size_t nth = 1; nth <= (is_slow ? 20 : 100); ++nth) {
            strata::checking_resource upstream;
            upstream.allow_threads();
            {
                Resource memory{&upstream};
                upstream.fail_from(nth, kind);
                const auto work = [&memory] {
                    std::array<void*, 50> blocks{};
                    for (std::size_t i = 0; i != blocks.size(); ++i) {
                        attempt([&] { blocks[i] = memory.allocate(300 * (i + 1), 8); });
                    }
                    for (std::size_t i = 0; i != blocks.size(); ++i) {
                        if (blocks[i] != nullptr) {
                            memory.deallocate(blocks[i], 300 * (i + 1), 8);
                        }
                    }
                };
                tests::joined_thread{work}.join();
                points_swept += upstream.injected_failures() != 0;
                tests::joined_thread{work}.join();
                upstream.never_fail();
                work();
                BOOST_TEST(memory.allocate(100'000 + nth) != nullptr);
            }
            BOOST_TEST(upstream.live_blocks() == 0u);
            BOOST_TEST(upstream.errors().empty());
        }
    }
}

void enough_points_were_swept() {
    std::cout << "the upstream failed " << points_swept << " times\n";
    BOOST_TEST(points_swept > (is_slow ? 5000u : 100'000u));
}

bool register_sweeps() {
    ut::test_suite& all = ut::framework::master_test_suite();
    all.p_name.value = "fault sweeps from STRATA_TEST_SEED=" + std::to_string(conformance::seed());
    const auto add = [&](const auto& work, const std::string& name) {
        all.add(ut::make_test_case(work, name, __FILE__, __LINE__));
    };
    for (const recipe& each : conformance::recipes()) {
        if (each.has_upstream && !each.passes_null_on) {
            add([=] { each_request_fails(each); }, each.name + ": each request");
            add([=] { requests_fail_at_random(each); }, each.name + ": at random");
        }
    }
    add([] { resets_while_the_upstream_fails<strata::arena_resource, strata::arena>(); },
        "arena: in a reset");
    add([] {
        resets_while_the_upstream_fails<strata::concurrent_arena_resource,
                                        strata::concurrent_arena>();
    }, "concurrent_arena: in a reset");
    add(threads_end_while_the_upstream_fails<strata::concurrent_pool_resource>,
        "concurrent_pool: in threads that end");
    add(threads_end_while_the_upstream_fails<strata::concurrent_arena_resource>,
        "concurrent_arena: in threads that end");
    add(enough_points_were_swept, "all: enough");
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    return ut::unit_test_main(&register_sweeps, argc, argv);
}
