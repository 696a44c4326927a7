// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/progress_line.hpp"
#include "tool/replay/contender.hpp"
#include "tool/replay/planner.hpp"
#include "tool/replay/read_plan.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/trace_summary.hpp"
#include "tool/tune/advice.hpp"
#include "tool/tune/candidates.hpp"
#include "tool/tune/race.hpp"

namespace strata::tool {
namespace {

using tune::advice;
using tune::course;
using tune::standing;

struct tune_request {
    std::vector<std::string> traces;
    std::string objective = "time";
    std::uint64_t budget = 60;  // seconds
    std::uint32_t seed = 42;
    bool json = false;
    bool salvage = false;
};

// How many are in the last race beside the heap.
constexpr std::size_t finalists = 3;
constexpr std::size_t least_final_rounds = 7;
constexpr std::size_t most_final_rounds = 25;
constexpr std::size_t rounds_of_a_heat = 3;

// --- the traces ---------------------------------------------------------------------------------

struct input {
    std::string file;
    trace::trace_info info;
    std::uint64_t allocated = 0;  // bytes
    std::uint64_t microseconds = 0;
    std::shared_ptr<const replay::plan> plays;
};

input read(const std::string& file, bool salvage) {
    trace::trace_summary sums{0};
    replay::planned_trace planned = replay::read_plan(
        file, salvage ? trace::on_damage::salvage : trace::on_damage::refuse,
        replay::threads_as::recorded, [&](const trace::event& each) { sums.add(each); });
    return {.file = file,
            .info = planned.of,
            .allocated = sums.allocated.bytes,
            .microseconds = sums.microseconds,
            .plays = std::make_shared<replay::plan>(std::move(planned.plays))};
}

// What is resident on a littered heap is mostly the litter.
std::vector<course> courses_of(const std::vector<input>& all, tune::objective by) {
    std::vector<course> made;
    for (const input& each : all) {
        for (const bool aged : {false, true}) {
            if (aged && by == tune::objective::peak) {
                continue;
            }
            const std::string name = aged ? "littered heap" : "fresh heap";
            made.push_back(
                {.name = all.size() == 1 ? name : each.file + ", " + name,
                 .plays = each.plays,
                 .asked = {.touches = replay::touch::line, .aged = aged},
                 .recorded_nanoseconds = static_cast<double>(each.microseconds) * 1000});
        }
    }
    return made;
}

tune::workload workload_of(const std::vector<input>& all) {
    const input& first = all.front();
    tune::workload made{.needs_threads = !first.plays->is_of_resources};
    for (const input& each : all) {
        const replay::plan_head& head = each.plays->head;
        made.turnover = std::max(made.turnover,
                                 static_cast<double>(each.allocated) /
                                     static_cast<double>(std::max<std::uint64_t>(head.most_bytes, 1)));
        made.most_live = std::max(made.most_live, head.most_bytes);
        made.needs_threads = made.needs_threads || head.threads > 1;
        if (each.plays->is_of_resources != first.plays->is_of_resources) {
            throw failure{each.file + ": is of " +
                          (first.plays->is_of_resources ? "a whole program" : "a resource") +
                          ", and " + first.file + " is not"};
        }
    }
    return made;
}

// --- the search ---------------------------------------------------------------------------------

// Compositions first, then options of the best one. The rounds of the last race choose among three
// only, so the verdict is not of one that was lucky among many.
class search {
public:
    search(const tune_request& asked, const std::vector<input>& all)
        : all_{all},
          by_{asked.objective == name_of(tune::objective::time) ? tune::objective::time
                                                                : tune::objective::peak},
          courses_{courses_of(all, by_)},
          budget_{asked.budget},
          dice_{asked.seed} {}

    [[nodiscard]] advice find() {
        tune::compositions from = tune::compositions_for(workload_of(all_));
        heat(from.tried, 0.3);
        // As it was first tried, it has fewer options than its variations.
        std::vector<std::string> best{known_.front().who.name};
        try_options();
        for (const standing& each : known_) {
            if (best.size() != finalists && each.problem.empty() && each.who.name != best.front()) {
                best.push_back(each.who.name);
            }
        }
        advice made{.traces = {},
                    .is_of_resources = all_.front().plays->is_of_resources,
                    .courses = courses_,
                    .last = play(best, least_final_rounds, most_final_rounds, 1),
                    .standings = {},
                    .losers = {},
                    .not_tried = std::move(from.not_tried)};
        for (const input& each : all_) {
            made.traces.push_back({each.info.program, each.plays->steps, each.plays->head.threads,
                                   each.plays->head.most_bytes});
        }
        made.standings = made.last.standings();
        for (const standing& each : known_) {
            if (std::ranges::find(best, each.who.name) == best.end()) {
                made.losers.push_back({each.who.name, each.score(), each.problem});
            }
        }
        return made;
    }

private:
    using clock = std::chrono::steady_clock;

    // The best composition with other values of its options, one at a time, twice.
    void try_options() {
        for (const double until : {0.5, 0.65}) {
            if (known_.empty() || !known_.front().problem.empty()) {
                return;
            }
            std::vector<std::string> tries = tune::variations_of(known_.front().who.strategy);
            std::erase_if(tries, [&](const std::string& each) { return is_known(each); });
            std::ranges::shuffle(tries, dice_);
            const double left = until * seconds(budget_) - seconds(clock::now() - begun_);
            const auto possible = static_cast<std::size_t>(
                std::max(left / (seconds_a_round() * 2), 0.0));
            tries.resize(std::min(tries.size(), possible));
            if (!tries.empty()) {
                heat(tries, until);
            }
        }
    }

    void heat(const std::vector<std::string>& strategies, double until) {
        const tune::race done = play(strategies, 1, rounds_of_a_heat, until);
        for (standing& each : done.standings()) {
            known_.push_back(std::move(each));
        }
        std::ranges::stable_sort(known_, {}, &standing::score);
    }

    [[nodiscard]] tune::race play(const std::vector<std::string>& strategies, std::size_t least,
                                  std::size_t most, double until) {
        const bool of_resources = all_.front().plays->is_of_resources;
        std::size_t threads = 1;
        for (const input& each : all_) {
            threads = std::max<std::size_t>(threads, each.plays->head.threads);
        }
        std::vector<replay::contender> who{replay::system_malloc(of_resources)};
        for (const std::string& each : strategies) {
            who.push_back(replay::strategy_contender(each, of_resources, threads));
        }
        who.push_back(replay::nobody());
        return tune::run(
            courses_, who, by_, least, most,
            [&] { return clock::now() - begun_ > until * budget_; }, dice_,
            [&](const std::string& name) {
                ++plays_;
                line_.show(std::to_string(static_cast<int>(seconds(clock::now() - begun_))) +
                           " s: " + name);
            });
    }

    [[nodiscard]] bool is_known(const std::string& strategy) const {
        return std::ranges::any_of(
            known_, [&](const standing& each) { return each.who.name == strategy; });
    }
    template <class Duration>
    [[nodiscard]] static double seconds(Duration of) {
        return std::chrono::duration<double>{of}.count();
    }
    // Of one strategy on all courses.
    [[nodiscard]] double seconds_a_round() const {
        return seconds(clock::now() - begun_) / static_cast<double>(plays_) *
               static_cast<double>(courses_.size());
    }

    const std::vector<input>& all_;
    tune::objective by_;
    std::vector<course> courses_;
    std::chrono::seconds budget_;
    std::mt19937 dice_;
    progress_line line_;
    clock::time_point begun_ = clock::now();
    std::size_t plays_ = 0;
    std::vector<standing> known_;  // the best first
};

void tune_for(const tune_request& asked) {
    std::vector<input> all;
    for (const std::string& each : asked.traces) {
        all.push_back(read(each, asked.salvage));
    }
    const advice made = search{asked, all}.find();
    if (asked.json) {
        print_json(std::cout, made);
    } else {
        print_text(std::cout, made);
    }
}

}  // namespace

void add_tune(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "tune", "Searches the strategy that serves recorded work best, or says to keep the heap");
    const auto asked = std::make_shared<tune_request>();
    command
        .add_option("trace", asked->traces,
                    "Traces, live or packed; the strategy must be ahead on each (-: standard input)")
        ->required()
        ->type_name("FILE");
    command.add_option("--minimise", asked->objective, "What is to be small")
        ->check(CLI::IsMember(tune::objectives))
        ->capture_default_str();
    command.add_option("--budget", asked->budget, "How long to search, as 60s or 5m")
        ->transform(CLI::AsNumberWithUnit{std::map<std::string, std::uint64_t>{{"s", 1}, {"m", 60}},
                                          CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME"})
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{86400}))
        ->capture_default_str();
    command.add_option("--seed", asked->seed, "Of the order of plays, and of the options tried")
        ->capture_default_str();
    command.add_flag("--json", asked->json, "Print JSON");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Example: strata tune app.trace --budget 2m");
    command.callback([asked] { tune_for(*asked); });
}

}  // namespace strata::tool
