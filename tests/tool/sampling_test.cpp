// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/record/sampling.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

BOOST_AUTO_TEST_SUITE(sampling_test)

using strata::tool::recorder::sampling;

namespace {

constexpr int allocations = 100'000;
constexpr double sigmas = 5;

double probability(std::size_t size, std::uint64_t distance) {
    return -std::expm1(-static_cast<double>(size) / static_cast<double>(distance));
}

// How many standard deviations a count is away from what is expected of it.
double distance_in_sigmas(int count, int of, double probability) {
    const double expected = of * probability;
    return std::abs(count - expected) / std::sqrt(expected * (1 - probability));
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_a_distance_there_is_no_sample) {
    sampling all;
    BOOST_TEST(!all.is_on());
    all.begin(4096, 1);
    BOOST_TEST(all.is_on());
    BOOST_TEST(all.mean_distance() == 4096u);
}

BOOST_AUTO_TEST_CASE(an_allocation_is_taken_with_the_probability_of_its_size) {
    for (const std::uint64_t mean : {1u, 10u, 1000u, 65'536u}) {
        for (const std::size_t size : {1u, 7u, 100u, 5000u, 100'000u}) {
            BOOST_TEST_CONTEXT("mean distance " << mean << ", size " << size) {
                sampling some;
                some.begin(mean, mean + size);
                std::uint64_t distance = 0;
                int taken = 0;
                for (int i = 0; i != allocations; ++i) {
                    taken += some.takes(size, distance) ? 1 : 0;
                }
                const double wanted = probability(size, mean);
                if (allocations * (1 - wanted) < 1e-9) {
                    BOOST_TEST(taken == allocations);
                } else if (allocations * wanted > 100 && allocations * (1 - wanted) > 100) {
                    BOOST_TEST(distance_in_sigmas(taken, allocations, wanted) < sigmas);
                }
            }
        }
    }
}

// The point is drawn anew after each sample, and what was counted down counts for the next size.
BOOST_AUTO_TEST_CASE(sizes_in_turn_have_each_their_own_probability) {
    constexpr std::array<std::size_t, 4> sizes{100, 3000, 200, 0};
    sampling some;
    some.begin(2000, 7);
    std::uint64_t distance = 0;
    std::array<int, sizes.size()> taken{};
    std::array<int, 2> after_small{};  // of size 3000: before it the small one was not taken; was
    std::array<int, 2> small{};
    for (int i = 0; i != allocations; ++i) {
        bool was_taken = false;
        for (std::size_t at = 0; at != sizes.size(); ++at) {
            const bool is_taken = some.takes(sizes[at], distance);
            taken[at] += is_taken ? 1 : 0;
            if (at == 1) {
                ++small[was_taken ? 1 : 0];
                after_small[was_taken ? 1 : 0] += is_taken ? 1 : 0;
            }
            was_taken = is_taken;
        }
    }
    for (std::size_t at = 0; at != sizes.size(); ++at) {
        const std::size_t counted = sizes[at] == 0 ? 1 : sizes[at];
        BOOST_TEST(distance_in_sigmas(taken[at], allocations, probability(counted, 2000)) < sigmas);
    }
    for (const std::size_t was_taken : {0u, 1u}) {
        BOOST_TEST(small[was_taken] > 1000);
        BOOST_TEST(distance_in_sigmas(after_small[was_taken], small[was_taken],
                                      probability(3000, 2000)) < sigmas);
    }
}

// As of threads that have no place for their distance: each allocation draws one of its own.
BOOST_AUTO_TEST_CASE(a_new_distance_each_time_changes_no_probability) {
    sampling some;
    some.begin(1000, 3);
    int taken = 0;
    for (int i = 0; i != allocations; ++i) {
        std::uint64_t none = 0;
        taken += some.takes(500, none) ? 1 : 0;
    }
    BOOST_TEST(distance_in_sigmas(taken, allocations, probability(500, 1000)) < sigmas);
}

BOOST_AUTO_TEST_CASE(other_seeds_choose_others) {
    std::array<std::uint64_t, 2> first_points{};
    for (std::uint64_t& each : first_points) {
        sampling some;
        some.begin(std::uint64_t{1} << 30, static_cast<std::uint64_t>(&each - first_points.data()));
        (void)some.takes(1, each);
    }
    BOOST_TEST(first_points[0] != first_points[1]);
}

BOOST_AUTO_TEST_SUITE_END()
