// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include "attempt.hpp"
#include "battery.hpp"
#include "dice.hpp"
#include "subject.hpp"

namespace conformance {
namespace {

using asking = subject::asking;

// Small, large and over-aligned in turns, so that every few requests call for memory.
constexpr strata::layout mixture[] = {{8, 8},    {24, 8},     {1, 1},      {500, 16}, {0, 1},
                                      {3000, 8}, {200, 256},  {17'000, 8}, {64, 64},  {33, 16},
                                      {7, 4},    {1100, 512}, {5000, 4096}};

/// A program of requests, some frees and releases that calls `refused` where one fails.
template <class Refused>
void run_mixture(subject& tested, const recipe& of, Refused refused) {
    for (std::size_t step = 0; step != 150; ++step) {
        const strata::layout wanted = mixture[step % std::size(mixture)];
        const outcome got = attempt([&] { tested.take(wanted); });
        if (got != outcome::served) {
            refused(wanted, got);
        }
        if (step % 4 == 3) {
            tested.give_back(step % tested.blocks().size());
        }
        if (of.can_release && step % 30 == 29) {
            tested.release();
        }
    }
}

/// How a call ends that is made so, where the upstream fails in this way.
outcome end_of(failure kind, asking asks) {
    return asks == asking::by_try_allocate ? outcome::bad_alloc : expected_of(kind);
}

/// Runs the mixture with the upstream about to fail in every way at every point: at each request
/// that it makes, up to the recipe's bound.
template <class Arm, class Refused>
void sweep(const recipe& of, asking asks, Arm arm, Refused refused) {
    for (const failure kind : all_failures) {
        if (asks == asking::by_try_allocate && kind != failure::foreign) {
            continue;  // all of them are a null
        }
        bool has_failed = true;
        for (std::size_t nth = 1; has_failed && nth <= of.failure_points; ++nth) {
            BOOST_TEST_CONTEXT("upstream request " << nth << " fails with " << expected_of(kind)) {
                subject tested{of};
                tested.asks = asks;
                arm(tested.upstream, nth, kind);
                run_mixture(tested, of, [&](strata::layout wanted, outcome got) {
                    BOOST_TEST_REQUIRE(got == end_of(kind, asks));
                    tested.check_contents();
                    refused(tested, wanted, kind);
                });
                has_failed = tested.upstream.injected_failures() != 0;
                BOOST_TEST((has_failed || nth > 1));
            }
        }
    }
}

// The upstream's own exception passes, live blocks are intact, and the next try works.
void fail_at_each_request(const recipe& of, asking asks) {
    sweep(
        of, asks,
        [](strata::checking_resource& upstream, std::size_t nth, failure kind) {
            upstream.fail_at(nth, kind);
        },
        [](subject& tested, strata::layout wanted, failure) { tested.take(wanted); });
}
void failure_at_each_request(const recipe& of) {
    fail_at_each_request(of, asking::by_allocate);
}
// There is no exception then, whatever the upstream throws.
void null_at_each_request(const recipe& of) {
    fail_at_each_request(of, asking::by_try_allocate);
}

// The same request fails again as long as the upstream does, and works once it is back.
void outage_from_each_request(const recipe& of) {
    sweep(
        of, asking::by_allocate,
        [](strata::checking_resource& upstream, std::size_t nth, failure kind) {
            upstream.fail_from(nth, kind);
        },
        [](subject& tested, strata::layout wanted, failure kind) {
            for (int i = 0; i != 3; ++i) {
                const outcome got = attempt([&] { tested.take(wanted); });
                BOOST_TEST_REQUIRE((got == expected_of(kind)));
            }
            tested.upstream.never_fail();
            tested.take(wanted);
        });
}

// Goes on for long without an upstream: what comes back serves again, nothing is corrupted.
void long_outage(const recipe& of) {
    subject tested{of};
    dice chance{seed()};
    BOOST_TEST_CONTEXT("STRATA_TEST_SEED=" << seed()) {
        for (int phase = 0; phase != 6; ++phase) {
            if (phase % 2 == 1) {
                tested.upstream.fail_from(1, all_failures[chance.below(3)]);
            } else {
                tested.upstream.never_fail();
            }
            for (int i = 0; i != 500; ++i) {
                if (chance.one_in(3) && !tested.blocks().empty()) {
                    tested.give_back(chance.below(tested.blocks().size()));
                } else {
                    const outcome got = attempt([&] { tested.take(chance.any_layout()); });
                    BOOST_REQUIRE((got == outcome::served || phase % 2 == 1));
                }
            }
            tested.check_contents();
        }
    }
}

// What was refused must not inflate what is asked for next. How much is held depends on where the
// chunks lie, but not by as much as the smallest of the refused requests.
void refused_large_request_is_forgotten(const recipe& of) {
    subject spared{of};
    subject tested{of};
    for (std::size_t size = 2 * strata::checking_resource::largest; size < std::size_t{1} << 62;
         size *= 2) {
        bool is_full = false;
        const outcome got = attempt([&] { is_full = !tested.take({size, 8}); });
        BOOST_TEST((got == outcome::bad_alloc || is_full));
    }
    for (int i = 0; i != 200; ++i) {
        spared.take({100, 8});
        tested.take({100, 8});
    }
    BOOST_TEST(tested.upstream.peak_bytes() <= 2 * spared.upstream.peak_bytes() + (1U << 20));
}

}  // namespace

std::vector<check> failure_checks() {
    return {
        {"failure_at_each_request", failure_at_each_request, has_upstream},
        {"null_at_each_request", null_at_each_request, has_upstream},
        {"outage_from_each_request", outage_from_each_request, has_upstream},
        {"long_outage", long_outage, has_upstream},
        {"refused_large_request_is_forgotten", refused_large_request_is_forgotten, has_upstream},
    };
}

}  // namespace conformance
