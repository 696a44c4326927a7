// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_MEASURE_HPP
#define STRATA_BENCHMARKS_MEASURE_HPP

#include <functional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace bench {

/// How thorough a run is.
struct effort {
    bool quick = false;
    int rounds = 41;
    double sample_seconds = 0.003;
};

/// One contender's part in a workload: a benchmark of Google Benchmark's, run once a round.
struct entry {
    std::string id;
    std::string label;
    std::function<void(benchmark::State&)> run;
};

/// One job that all its entries do with the same numbers drawn in advance.
struct workload {
    std::string id;             // "pool/lifo"
    std::string group;          // the table that it is a column of
    std::string column;         // what heads it
    std::string text;           // what is done, in a sentence
    std::string baseline;       // the entry that is 1
    double operations = 1;      // in one iteration
    bool own_clock = false;     // the entries tell the time, as with threads; fewer rounds
    bool long_running = false;  // left out of quick runs; few rounds
    bool few_rounds = false;    // an eighth of them
    std::vector<entry> entries;
};

/// Nanoseconds an operation, of one entry, round by round.
struct row {
    std::string id;
    std::string label;
    std::vector<double> rounds;  // NaN where it did not take part
    std::string problem;         // why there are no figures, if there are none
};

struct measured {
    const workload* of;
    std::vector<row> rows;

    [[nodiscard]] const row* find(const std::string& id) const;
};

/// A ratio over the rounds: its median and its quartiles.
struct spread {
    double median = 0;
    double lower = 0;
    double upper = 0;
};

[[nodiscard]] double median(std::vector<double> values);
[[nodiscard]] spread spread_of(std::vector<double> values);
/// One row's time over another's in the same round.
[[nodiscard]] spread ratio(const row& of, const row& to);
/// One row's time less another's in the same round, in ns.
[[nodiscard]] spread difference(const row& of, const row& to);

/// Runs a workload: each round runs every entry once, in an order drawn anew.
[[nodiscard]] measured measure(const workload& of, const effort& with);

}  // namespace bench

#endif
