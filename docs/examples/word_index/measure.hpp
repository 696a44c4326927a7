// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef WORD_INDEX_MEASURE_HPP
#define WORD_INDEX_MEASURE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <strata/compose/describe.hpp>

#include "documents.hpp"
#include "index.hpp"

namespace example {

/// What the application found out, whatever memory it had.
struct outcome {
    std::vector<answer> answers = {};  // one for each query
    std::size_t words = 0;
    std::size_t different_words = 0;
    std::uint64_t checksum = 0;

    friend bool operator==(const outcome&, const outcome&) = default;
};

/// What one strategy cost.
struct cost {
    std::string_view strategy;
    double milliseconds = 0;        // the median of the rounds
    double to_heap = 1;             // the median of how its time is to the heap's in each round
    std::size_t rounds_ahead = 0;   // in which it was faster than the heap
    std::int64_t peak_bytes = 0;    // the most it held of the heap at once
    std::int64_t heap_calls = 0;    // allocations and deallocations
    std::int64_t wasted_bytes = 0;  // held beyond the application's own peak
};

struct comparison {
    outcome result;
    std::int64_t application_peak_bytes = 0;  // the most the application had at once
    std::vector<cost> costs;                  // of each strategy
    strata::described_tree layers;            // of one strategy, with the index alive
};

/// Does the same work under every strategy: `rounds` times by the clock and once more with the
/// calls of the heap counted. Throws `std::runtime_error` if the results are not all the same.
comparison compare(const std::vector<document>& documents, const std::vector<std::string>& queries,
                   std::size_t rounds);

}  // namespace example

#endif
