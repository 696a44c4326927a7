// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/search.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <random>
#include <utility>

#include "tool/failure.hpp"
#include "tool/progress_line.hpp"
#include "tool/replay/contender.hpp"
#include "tool/tune/candidates.hpp"
#include "tool/tune/count.hpp"
#include "tool/tune/forecast.hpp"
#include "tool/tune/program_runs.hpp"

namespace strata::tool::tune {
namespace {

// How many are in the last race beside the heap. A program that is run itself chooses among more,
// of different layers: what the memory does to its own work, a replay does not show.
constexpr std::size_t finalists = 4;
constexpr std::size_t least_to_try = 4;
constexpr std::size_t most_to_try = 5;
constexpr double part_for_search = 1.0 / 3;  // of the budget, if the program is run too
constexpr std::size_t least_final_rounds = 7;
constexpr std::size_t most_final_rounds = 25;
constexpr std::size_t rounds_of_a_heat = 3;
constexpr std::size_t rounds_before_runs = 3;  // of the last race, if the program decides
constexpr double most_of_counting = 0.1;       // of the budget; what is left races uncounted

// Compositions first, then options of the two best. The last race, or the program's runs, choose
// among few, so the verdict is not of one that was lucky among many.
class search {
public:
    search(const std::vector<input>& all, const std::vector<input>& held_out,
           const search_settings& asked)
        : all_{all},
          held_out_{held_out},
          by_{asked.by},
          program_{asked.program},
          budget_{asked.budget},
          search_budget_{budget_ * (program_.empty() ? 1 : part_for_search)},
          dice_{asked.seed} {
        for (const auto* const inputs : {&all, &held_out}) {
            for (const input& each : *inputs) {
                require_one_kind(each, all.front());
            }
        }
        if (!program_.empty()) {
            require_trial();
        }
        add_courses(courses_, all, by_);
    }

    [[nodiscard]] advice find() {
        workload of = workload_of(all_);
        of.needs_threads = of.needs_threads || threads() > 1;
        of.one_thread = threads() == 1;
        of.bounds_calls = by_.weight(figure::worst_call) > 0;
        compositions from = compositions_for(of);
        heat(worth_racing(from.tried), 0.3);
        // As it was first tried, it has fewer options than its variations.
        std::vector<std::string> best{known_.front().who.name};
        add_new(best, without_options(best.front()));
        if (!program_.empty()) {
            add_new(best, from.tried.front());  // what one takes without a search
            add_best_known(best, least_to_try);
        }
        try_options();
        add_best_known(best, program_.empty() ? finalists : finalists_to_try());
        tell_cut();
        std::erase_if(not_raced_, [&](const left_out& each) {
            return std::ranges::find(best, each.strategy) != best.end();
        });
        add_courses(courses_, held_out_, by_);
        advice made{.traces = {},
                    .is_of_resources = all_.front().plays->is_of_resources,
                    .by = by_,
                    .courses = courses_,
                    .last = last_race(best),
                    .standings = {},
                    .tried = {},
                    .standard = {},
                    .losers = {},
                    .not_tried = std::move(from.not_tried),
                    .not_raced = std::move(not_raced_),
                    .front = front_of(std::move(seen_))};
        for (const auto* const inputs : {&all_, &held_out_}) {
            for (const input& each : *inputs) {
                made.traces.push_back({each.info.program, each.plays->steps,
                                       each.plays->head.threads, each.plays->head.most_bytes});
            }
        }
        for (standing& each : made.last.standings()) {
            (each.who.is_strategy ? made.standings : made.standard).push_back(std::move(each));
        }
        if (!program_.empty()) {
            try_on_program(made);
        }
        for (const standing& each : known_) {
            if (std::ranges::find(best, each.who.name) == best.end()) {
                made.losers.push_back({each.who.name, each.score(), each.problem});
            }
        }
        return made;
    }

private:
    using clock = std::chrono::steady_clock;

    // The search begins after it.
    void require_trial() {
        if (all_.front().plays->is_of_resources) {
            throw failure{all_.front().file +
                          ": is of a resource; only a whole program can be run on strategies"};
        }
        if (by_.weight(figure::worst_call) > 0) {
            throw failure{"--minimise " + by_.text() +
                          ": runs of a program do not tell how long its slow calls take; expected "
                          "time, peak or waste, or no program"};
        }
        show("runs the program on the heap");
        require_success(program_, budget_);
        begun_ = clock::now();
    }

    void try_on_program(advice& to) {
        std::vector<replay::contender> who{replay::system_malloc(false)};
        for (const standing& each : to.standings) {
            if (each.problem.empty()) {
                who.push_back(each.who);
            }
        }
        who.push_back(replay::nobody());
        // The search may have taken longer than it should, since each trace is played some times.
        const std::chrono::duration<double> left = budget_ - (clock::now() - begun_);
        const auto time = std::max(left, budget_ - search_budget_);
        to.tried = run_trial({.command = program_,
                              .by = by_,
                              .time = time,
                              .most_live = all_.front().plays->head.most_bytes},
                             who, dice_, [&](const std::string& what) { show(what); });
        std::ranges::stable_sort(to.standings, {}, [&](const standing& each) {
            const auto ratio = to.in_program(each);
            return std::pair{!to.tried->is_whole(each.who.name),
                             ratio ? ratio->median : std::numeric_limits<double>::infinity()};
        });
    }

    static void add_new(std::vector<std::string>& to, const std::string& strategy) {
        if (!strategy.empty() && std::ranges::find(to, strategy) == to.end()) {
            to.push_back(strategy);
        }
    }

    // Fewer, if their plays would take longer than there is time.
    [[nodiscard]] std::size_t finalists_to_try() const {
        const double left = seconds(search_budget_) - seconds(clock::now() - begun_);
        const double possible = std::max(left / (seconds_a_round() * rounds_before_runs), 0.0);
        return std::clamp(static_cast<std::size_t>(std::min(possible, 1e6)), least_to_try,
                          most_to_try);
    }

    void add_best_known(std::vector<std::string>& to, std::size_t until) const {
        for (const standing& each : known_) {
            if (to.size() < until && each.problem.empty()) {
                add_new(to, each.who.name);
            }
        }
    }

    // Only memory depends on what is touched.
    void count_new(const std::vector<std::string>& tries) {
        const replay::touch touches = is_of_memory() ? replay::touch::line : replay::touch::none;
        for (const replay::contender& each : contenders_for(tries)) {
            if (counting_ >= most_of_counting * search_budget_) {
                return;
            }
            if (std::ranges::find(counted_, each.strategy, &counted::strategy) == counted_.end()) {
                show("counts " + each.name);
                const clock::time_point first = clock::now();
                counted_.push_back(count(courses_, each, touches));
                counting_ += clock::now() - first;
            }
        }
    }

    // Those that the counts of one play do not rule out.
    [[nodiscard]] std::vector<std::string> worth_racing(const std::vector<std::string>& tries) {
        count_new(tries);
        const std::vector<left_out> out =
            not_worth_a_race(counted_, {.one_thread = threads() == 1,
                                        .time_alone = by_.is_only(figure::time),
                                        .memory_alone = is_of_memory()});
        std::vector<std::string> left;
        for (const std::string& each : tries) {
            const auto found = std::ranges::find(out, each, &left_out::strategy);
            if (found == out.end()) {
                left.push_back(each);
            } else {
                not_raced_.push_back(*found);
            }
        }
        return left;
    }

    // The best with other values of its options, one at a time, and after these the best of other
    // layers; twice.
    void try_options() {
        for (const double until : {0.5, 0.65}) {
            if (!known_.front().problem.empty()) {
                return;
            }
            const std::string best = known_.front().who.strategy;
            std::vector<std::string> tries = new_variations_of(best);
            const auto second = std::ranges::find_if(known_, [&](const standing& each) {
                return each.problem.empty() && !variations_of(each.who.strategy).empty() &&
                       without_options(each.who.strategy) != without_options(best);
            });
            if (second != known_.end()) {
                const std::vector<std::string> more = new_variations_of(second->who.strategy);
                tries.insert(tries.end(), more.begin(), more.end());
            }
            tries = worth_racing(tries);
            const double left = until * seconds(search_budget_) - seconds(clock::now() - begun_);
            const auto possible =
                static_cast<std::size_t>(std::max(left / (seconds_a_round() * 2), 0.0));
            const std::size_t kept = std::min(tries.size(), possible);
            cut_.insert(cut_.end(), tries.begin() + static_cast<std::ptrdiff_t>(kept), tries.end());
            tries.resize(kept);
            if (!tries.empty()) {
                heat(tries, until);
            }
        }
    }

    // Reasons not to race others may name them.
    void tell_cut() {
        for (const std::string& each : cut_) {
            if (!is_known(each)) {
                not_raced_.push_back({each, "there was no time to race it"});
            }
        }
    }

    [[nodiscard]] std::vector<std::string> new_variations_of(const std::string& strategy) {
        std::vector<std::string> all = variations_of(strategy);
        std::erase_if(all, [&](const std::string& each) { return is_known(each); });
        std::ranges::shuffle(all, dice_);
        return all;
    }

    void heat(const std::vector<std::string>& strategies, double until) {
        const race done = play(contenders_for(strategies), 1, rounds_of_a_heat, until);
        for (standing& each : done.standings()) {
            const time_and_peak seen{each.who.name, done.worst_of(each.who.name, figure::time),
                                     done.worst_of(each.who.name, figure::peak)};
            if (each.problem.empty() && std::isfinite(seen.time) && std::isfinite(seen.peak)) {
                seen_.push_back(seen);
            }
            known_.push_back(std::move(each));
        }
        std::ranges::stable_sort(known_, {}, &standing::score);
    }

    [[nodiscard]] race last_race(const std::vector<std::string>& strategies) {
        std::vector<replay::contender> who = contenders_for(strategies);
        who.push_back(replay::standard_pool(threads()));
        return program_.empty() ? play(std::move(who), least_final_rounds, most_final_rounds, 1)
                                : play(std::move(who), rounds_before_runs, least_final_rounds, 1);
    }

    [[nodiscard]] race play(std::vector<replay::contender> who, std::size_t least, std::size_t most,
                            double until) {
        who.insert(who.begin(), replay::system_malloc(all_.front().plays->is_of_resources));
        who.push_back(replay::nobody());
        const clock::time_point first = clock::now();
        race made = run(
            courses_, who, least, most,
            [&] { return clock::now() - begun_ > until * search_budget_; }, dice_,
            [&](const std::string& name) {
                ++plays_;
                show(name);
            });
        played_ += clock::now() - first;
        return made;
    }

    void show(const std::string& what) {
        line_.show(std::to_string(static_cast<int>(seconds(clock::now() - begun_))) +
                   " s: " + what);
    }

    [[nodiscard]] bool is_of_memory() const { return !by_.without_memory(); }

    [[nodiscard]] std::vector<replay::contender> contenders_for(
        const std::vector<std::string>& strategies) const {
        std::vector<replay::contender> all;
        for (const std::string& each : strategies) {
            all.push_back(
                replay::strategy_contender(each, all_.front().plays->is_of_resources, threads()));
        }
        return all;
    }

    [[nodiscard]] std::size_t threads() const {
        std::size_t most = 1;
        for (const auto* const inputs : {&all_, &held_out_}) {
            for (const input& each : *inputs) {
                most = std::max<std::size_t>(most, each.plays->head.threads);
            }
        }
        return most;
    }

    [[nodiscard]] bool is_known(const std::string& strategy) const {
        return std::ranges::any_of(
                   known_, [&](const standing& each) { return each.who.name == strategy; }) ||
               std::ranges::find(not_raced_, strategy, &left_out::strategy) != not_raced_.end();
    }
    template <class Duration>
    [[nodiscard]] static double seconds(Duration of) {
        return std::chrono::duration<double>{of}.count();
    }
    // Of one strategy on all courses.
    [[nodiscard]] double seconds_a_round() const {
        return seconds(played_) / static_cast<double>(plays_) *
               static_cast<double>(courses_.size());
    }

    const std::vector<input>& all_;
    const std::vector<input>& held_out_;  // for the last race alone
    objective by_;
    std::vector<course> courses_;
    std::vector<std::string> program_;  // may be empty
    std::chrono::duration<double> budget_;
    std::chrono::duration<double> search_budget_;  // of that, until the program is run
    std::mt19937 dice_;
    progress_line line_;
    clock::time_point begun_ = clock::now();
    std::size_t plays_ = 0;
    clock::duration played_{};
    std::vector<standing> known_;  // the best first
    std::vector<counted> counted_;
    clock::duration counting_{};
    std::vector<left_out> not_raced_;
    std::vector<std::string> cut_;  // what there was no time for, at least in the first turn
    std::vector<time_and_peak> seen_{{"heap", 1, 1}};
};

}  // namespace

advice search_strategy(const std::vector<input>& all, const std::vector<input>& held_out,
                       const search_settings& asked) {
    advice made = search{all, held_out, asked}.find();
    if (made.traces.size() == 1) {
        made.courses.front().name = "fresh heap";
        made.courses.back().name = made.courses.size() == 1 ? "fresh heap" : "littered heap";
    }
    return made;
}

}  // namespace strata::tool::tune
