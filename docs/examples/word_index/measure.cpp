// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>

#include <strata/strata.hpp>

#include "strategies.hpp"

namespace example {
namespace {

outcome answers_of(const word_index& index, const std::vector<std::string>& queries) {
    outcome found{.words = index.words(),
                  .different_words = index.different_words(),
                  .checksum = index.checksum()};
    for (const std::string& query : queries) {
        found.answers.push_back(index.find_all(query));
    }
    return found;
}

template <class Work>
double milliseconds_of(Work work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    return time.count();
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

std::vector<double> quotients(const std::vector<double>& of, const std::vector<double>& by) {
    std::vector<double> quotients;
    std::ranges::transform(of, by, std::back_inserter(quotients), std::divides<>{});
    return quotients;
}

}  // namespace

comparison compare(const std::vector<document>& documents, const std::vector<std::string>& queries,
                   std::size_t rounds) {
    // A container that was not told where to allocate fails here, instead of going unmeasured.
    strata::scoped_default_resource no_escape{*std::pmr::null_memory_resource()};

    comparison all;
    std::optional<outcome> expected;
    const auto run = [&](const strategy& how, std::pmr::memory_resource* heap) {
        outcome found;
        how.run(heap, [&](std::pmr::memory_resource* memory) {
            const word_index index{documents, memory};
            found = answers_of(index, queries);
        });
        if (expected && found != *expected) {
            throw std::runtime_error{"the results under '" + std::string{how.name} +
                                     "' are not those under the strategies before it"};
        }
        expected = std::move(found);
    };

    // The application's own peak, which is what any strategy must have at the least.
    strata::stats_resource seen{strata::system_heap()};
    run(strategies().front(), &seen);
    all.application_peak_bytes = seen.snapshot().peak_bytes;

    // A round runs each strategy once, so that all meet the same disturbances, and every other one
    // backwards, so that none always follows the same one. The first warms up.
    const std::span how = strategies();
    std::vector<std::vector<double>> times(how.size());
    for (std::size_t round = 0; round <= rounds; ++round) {
        for (std::size_t turn = 0; turn != how.size(); ++turn) {
            const std::size_t i = round % 2 == 0 ? turn : how.size() - 1 - turn;
            const double time = milliseconds_of([&] { run(how[i], how[i].heap); });
            if (round != 0) {
                times[i].push_back(time);
            }
        }
    }

    for (std::size_t i = 0; i != how.size(); ++i) {
        strata::stats_resource counted{how[i].heap};
        run(how[i], &counted);
        const strata::allocation_stats calls = counted.snapshot();
        const std::vector<double> ratios = quotients(times[i], times.front());
        all.costs.push_back(
            {.strategy = how[i].name,
             .milliseconds = median(times[i]),
             .to_heap = median(ratios),
             .rounds_ahead = static_cast<std::size_t>(
                 std::ranges::count_if(ratios, [](double ratio) { return ratio < 1; })),
             .peak_bytes = calls.peak_bytes,
             .heap_calls = calls.allocations + calls.deallocations,
             .wasted_bytes = calls.peak_bytes + how[i].buffer_bytes - all.application_peak_bytes});
    }

    const strategy& layered = layered_strategy();
    layered.run(layered.heap, [&](std::pmr::memory_resource* memory) {
        const word_index index{documents, memory};
        all.layers = strata::describe(*memory);
    });
    all.result = std::move(*expected);
    return all;
}

}  // namespace example
