// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "measure.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <random>

namespace bench {
namespace {

// Google Benchmark prints nothing here; it runs, times, and hands over its figures.
class collector final : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context& /*context*/) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.error_occurred) {
                problems[run.run_name.function_name] = run.error_message;
            } else if (run.run_type == Run::RT_Iteration) {
                seconds[run.run_name.function_name] = run.real_accumulated_time;
            }
        }
    }

    std::map<std::string, double> seconds;  // of all iterations
    std::map<std::string, std::string> problems;
};

struct planned {
    const entry* what;
    benchmark::IterationCount iterations;
};

collector run(const workload& of, const std::vector<planned>& in_this_order) {
    benchmark::ClearRegisteredBenchmarks();
    for (const planned& next : in_this_order) {
        const auto body = [run = &next.what->run](benchmark::State& state) {
            try {
                (*run)(state);
            } catch (const std::exception& error) {
                state.SkipWithError(error.what());
            }
        };
        auto* const made = benchmark::RegisterBenchmark(next.what->id.c_str(), body);
        made->Iterations(next.iterations);
        if (of.own_clock) {
            made->UseManualTime();
        } else {
            made->UseRealTime();
        }
    }
    collector found;
    benchmark::RunSpecifiedBenchmarks(&found, nullptr, ".");
    return found;
}

// How many iterations take about as long as a sample should. Warms the entry up, too.
benchmark::IterationCount iterations_for(const workload& of, const entry& what, double seconds,
                                         std::string& problem) {
    benchmark::IterationCount iterations = 1;
    for (int attempt = 0; attempt != 5; ++attempt) {
        const collector found = run(of, {{&what, iterations}});
        if (!found.problems.empty()) {
            problem = found.problems.begin()->second;
            return 0;
        }
        const double took = found.seconds.begin()->second;
        const double factor = seconds / std::max(took, 1e-9);
        if (factor < 1.3) {
            break;
        }
        iterations = std::max<benchmark::IterationCount>(
            iterations, static_cast<benchmark::IterationCount>(
                            static_cast<double>(iterations) * std::min(factor, 100.0)));
    }
    return iterations;
}

template <class Combine>
spread over_rounds(const row& of, const row& to, Combine combine) {
    std::vector<double> values;
    const std::size_t rounds = std::min(of.rounds.size(), to.rounds.size());
    for (std::size_t i = 0; i != rounds; ++i) {
        values.push_back(combine(of.rounds[i], to.rounds[i]));
    }
    return spread_of(std::move(values));
}

}  // namespace

const row* measured::find(const std::string& id) const {
    const auto found = std::ranges::find(rows, id, &row::id);
    return found == rows.end() || found->rounds.empty() ? nullptr : &*found;
}

spread spread_of(std::vector<double> values) {
    if (values.empty()) {
        return {};
    }
    std::ranges::sort(values);
    const std::size_t last = values.size() - 1;
    const auto at = [&](double part) {
        const double place = part * static_cast<double>(last);
        const auto below = static_cast<std::size_t>(place);
        const double rest = place - static_cast<double>(below);
        return values[below] + rest * (values[std::min(below + 1, last)] - values[below]);
    };
    return {at(0.5), at(0.25), at(0.75)};
}

double median(std::vector<double> values) { return spread_of(std::move(values)).median; }

spread ratio(const row& of, const row& to) {
    return over_rounds(of, to, [](double a, double b) { return a / b; });
}

spread difference(const row& of, const row& to) {
    return over_rounds(of, to, [](double a, double b) { return a - b; });
}

measured measure(const workload& of, const effort& with) {
    measured result{&of, {}};
    std::vector<planned> plan;
    for (const entry& one : of.entries) {
        result.rows.push_back({one.id, one.label, {}, ""});
        const auto iterations =
            iterations_for(of, one, with.sample_seconds, result.rows.back().problem);
        if (iterations != 0) {
            plan.push_back({&one, iterations});
        }
    }
    const int rounds = of.long_running ? std::max(5, with.rounds / 8) : with.rounds;
    std::mt19937 random{1};
    for (int round = -1; round != rounds; ++round) {
        std::ranges::shuffle(plan, random);
        const collector found = run(of, plan);
        if (round == -1) {
            continue;  // the warm-up
        }
        for (const planned& done : plan) {
            const auto seconds = found.seconds.find(done.what->id);
            const auto into = std::ranges::find(result.rows, done.what->id, &row::id);
            if (seconds != found.seconds.end()) {
                into->rounds.push_back(seconds->second * 1e9 /
                                       (static_cast<double>(done.iterations) * of.operations));
            }
        }
    }
    return result;
}

}  // namespace bench
