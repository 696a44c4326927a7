// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <iterator>
#include <map>
#include <random>

namespace bench {
namespace {

// Google Benchmark prints nothing here; it runs, times, and hands over its figures.
class collector final : public benchmark::BenchmarkReporter {
public:
    explicit collector(bool own_clock) : own_clock_{own_clock} {}

    bool ReportContext(const Context& /*context*/) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.error_occurred) {
                problems[run.run_name.function_name] = run.error_message;
            } else if (run.run_type == Run::RT_Iteration) {
                // The thread's own time, so that other programs may run in between; of several
                // threads only the clock on the wall can tell.
                seconds[run.run_name.function_name] =
                    own_clock_ ? run.real_accumulated_time : run.cpu_accumulated_time;
            }
        }
    }

    std::map<std::string, double> seconds;  // of all iterations
    std::map<std::string, std::string> problems;

private:
    bool own_clock_;
};

struct planned {
    const entry* what;
    benchmark::IterationCount iterations;
    int every = 1;  // so many rounds; 1 but for those that take very long
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
        }
    }
    collector found{of.own_clock};
    benchmark::RunSpecifiedBenchmarks(&found, nullptr, ".");
    return found;
}

// How many iterations take about as long as a sample should. Warms the entry up, too.
planned plan_for(const workload& of, const entry& what, const effort& with, std::string& problem) {
    const double seconds = with.sample_seconds;
    benchmark::IterationCount iterations = 1;
    double once = 0;  // seconds of the whole sample, what is not measured of it included
    for (int attempt = 0; attempt != 5; ++attempt) {
        const auto begin = std::chrono::steady_clock::now();
        const collector found = run(of, {{&what, iterations}});
        once = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        if (!found.problems.empty()) {
            problem = found.problems.begin()->second;
            return {&what, 0};
        }
        const double took = found.seconds.begin()->second;
        const double factor = seconds / std::max(took, 1e-9);
        if (factor < 1.3) {
            break;
        }
        iterations = std::max<benchmark::IterationCount>(
            iterations, static_cast<benchmark::IterationCount>(static_cast<double>(iterations) *
                                                               std::min(factor, 100.0)));
    }
    // What takes a second for a sample may not hold up the others in every round.
    const bool slow = once > (with.quick ? 0.1 : 0.5) && !of.long_running;
    return {&what, iterations, slow ? std::max(1, with.rounds / 3) : 1};
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
    std::erase_if(values, [](double value) { return std::isnan(value); });
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

double median(std::vector<double> values) {
    return spread_of(std::move(values)).median;
}

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
        const planned next = plan_for(of, one, with, result.rows.back().problem);
        if (next.iterations != 0) {
            plan.push_back(next);
        }
    }
    const int rounds = of.long_running || of.few_rounds ? std::max(3, with.rounds / 8)
                       : of.own_clock                   ? std::max(5, with.rounds / 3)
                                                        : with.rounds;
    std::mt19937 random{1};
    // The first round is not counted; where finding out how long things take takes long, that was
    // it.
    for (int round = of.long_running ? 0 : -1; round != rounds; ++round) {
        std::vector<planned> now;
        std::ranges::copy_if(plan, std::back_inserter(now), [round](const planned& one) {
            return one.every == 1 || (round >= 0 && round % one.every == 0);
        });
        std::ranges::shuffle(now, random);
        const collector found = run(of, now);
        if (round == -1) {
            continue;
        }
        for (const planned& done : plan) {
            const auto seconds = found.seconds.find(done.what->id);
            const auto into = std::ranges::find(result.rows, done.what->id, &row::id);
            into->rounds.push_back(
                seconds == found.seconds.end()
                    ? NAN  // it did not take part in this round
                    : seconds->second * 1e9 /
                          (static_cast<double>(done.iterations) * of.operations));
        }
    }
    return result;
}

}  // namespace bench
