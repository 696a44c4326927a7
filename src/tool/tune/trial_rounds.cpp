// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/trial_rounds.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <utility>

namespace strata::tool::tune {
namespace {

constexpr std::size_t most_runs_a_round = 5;  // whose result is the quickest of them
constexpr std::size_t most_rounds_of_all = 3;
constexpr std::size_t least_rounds_of_all = 2;
constexpr std::size_t kept_after = 3;
constexpr std::size_t least_rounds = 7;
constexpr std::size_t most_rounds = 25;
constexpr double most_slowdown = 10;

using seconds = std::chrono::duration<double>;
using nanoseconds = std::chrono::duration<double, std::nano>;

constexpr seconds least_limit{1};  // a short run may wait for a processor for longer than it takes

// What disturbs a run only makes it slower, and may do so for many runs in a row: which pages of
// the machine's memory a process gets depends on who had them before. So of several runs in random
// order the quickest counts.
class all_rounds {
public:
    all_rounds(const trial_settings& asked, const std::vector<replay::contender>& contenders,
               std::mt19937& dice, const run_once& run)
        : asked_{asked},
          dice_{dice},
          run_{run} {
        made_.by.push_back(asked.by);
        runs().plays.head.most_bytes = asked.most_live;
        for (const replay::contender& each : contenders) {
            runs().all.push_back({.who = each, .rounds = {}, .watched = {}});
        }
        left_.resize(contenders.size() - 2);
        std::iota(left_.begin(), left_.end(), 1);
    }

    [[nodiscard]] trial play() {
        limit_by(time_of(play_once(0)));
        bool are_all_left = true;
        while (made_.rounds != most_rounds && (made_.rounds < least_rounds || !is_past(1)) &&
               !left_.empty()) {
            if (are_all_left && (made_.rounds == most_rounds_of_all ||
                                 (made_.rounds >= least_rounds_of_all && is_past(0.5)))) {
                keep_best();
                are_all_left = false;
            }
            play_round();
        }
        return {.command = asked_.command, .runs = std::move(made_), .runs_a_round = runs_a_round_};
    }

private:
    [[nodiscard]] replay::results& runs() { return made_.by_course.front(); }
    [[nodiscard]] bool is_past(double part) const { return taken_ > part * asked_.time; }

    void play_round() {
        std::vector<std::size_t> order{left_};
        order.push_back(0);
        std::map<std::size_t, replay::outcome> quickest;
        for (std::size_t i = 0; i != runs_a_round_; ++i) {
            std::ranges::shuffle(order, dice_);
            for (const std::size_t at : order) {
                replay::outcome got = play_once(at);
                const auto [best, is_first] = quickest.try_emplace(at, got);
                if (!is_first && (!got.problem.empty() || time_of(got) < time_of(best->second))) {
                    best->second = std::move(got);
                }
            }
            std::erase_if(order, [&](std::size_t at) { return !quickest.at(at).problem.empty(); });
        }
        for (auto& [at, best] : quickest) {
            runs().all[at].rounds.push_back(std::move(best));
        }
        runs().all.back().rounds.push_back({.figures = {{"nanoseconds", 0}}, .problem = {}});
        ++made_.rounds;
        std::erase_if(left_, [&](std::size_t at) { return !runs().all[at].problem().empty(); });
    }

    [[nodiscard]] replay::outcome play_once(std::size_t at) {
        replay::outcome got = run_(runs().all[at].who, most_);
        taken_ += nanoseconds{time_of(got)};
        return got;
    }

    // A program that takes long has fewer runs a round, and is tried on fewer strategies: the
    // first of them are the best so far.
    void limit_by(double heap_nanoseconds) {
        const seconds heap = nanoseconds{heap_nanoseconds};
        most_ = std::max(least_limit, most_slowdown * heap);
        const auto possible = [&](std::size_t runs, double time) {
            return static_cast<std::size_t>(
                std::min(time * asked_.time / (static_cast<double>(runs) * heap), 1e6));
        };
        runs_a_round_ = possible(least_rounds * (kept_after + 1), 1);
        runs_a_round_ = std::clamp<std::size_t>(runs_a_round_, 1, most_runs_a_round);
        // and the heap
        const std::size_t kept =
            std::max(kept_after + 1, possible(least_rounds_of_all * runs_a_round_, 0.5)) - 1;
        if (kept < left_.size()) {
            auto& all = runs().all;
            all.erase(all.begin() + 1 + static_cast<std::ptrdiff_t>(kept), all.end() - 1);
            left_.resize(kept);
        }
    }

    void keep_best() {
        std::vector<standing> best = made_.standings();
        best.resize(std::min(best.size(), kept_after));
        std::erase_if(left_, [&](std::size_t at) {
            return std::ranges::none_of(best, [&](const standing& each) {
                return each.who.name == runs().all[at].who.name;
            });
        });
    }

    static double time_of(const replay::outcome& one) {
        return static_cast<double>(one.of("nanoseconds").value());
    }

    const trial_settings& asked_;
    std::mt19937& dice_;
    const run_once& run_;
    seconds taken_{};             // by all runs so far
    seconds most_ = asked_.time;  // for one run
    std::size_t runs_a_round_ = 1;
    race made_{.by_course = std::vector<replay::results>(1), .by = {}, .rounds = 0};
    std::vector<std::size_t> left_;  // of the strategies
};

}  // namespace

trial play_rounds(const trial_settings& asked, const std::vector<replay::contender>& contenders,
                  std::mt19937& dice, const run_once& run) {
    return all_rounds{asked, contenders, dice, run}.play();
}

}  // namespace strata::tool::tune
