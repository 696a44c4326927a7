// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/objective.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include <strata/detail/text.hpp>

#include "tool/failure.hpp"

namespace strata::tool::tune {
namespace {

constexpr double largest_weight = 1'000'000;

[[noreturn]] void refuse(const std::string& text) {
    throw failure{"--minimise " + detail::quoted(text) +
                  ": expected time, peak, waste or worst-call, or several of them with weights "
                  "above 0 and up to 1000000, as time=2,peak=1"};
}

// A number alone; null otherwise.
std::optional<double> number_in(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_all = error == std::errc{} && end == text.data() + text.size();
    return is_all ? std::optional{value} : std::nullopt;
}

std::string shortest(double number) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

// What is at a comma or at the end, and the comma.
std::string_view take_part(std::string_view& from) {
    const std::string_view part = from.substr(0, from.find(','));
    from.remove_prefix(std::min(part.size() + 1, from.size()));
    return part;
}

}  // namespace

objective objective::parse(const std::string& text) {
    objective made;
    made.weights_.fill(0);
    std::string_view left{text};
    const bool is_alone = text.find_first_of("=,") == std::string::npos;
    if (text.empty() || text.back() == ',') {
        refuse(text);
    }
    while (!left.empty()) {
        const std::string_view part = take_part(left);
        const std::string_view name = part.substr(0, part.find('='));
        const auto found = std::ranges::find(figure_names, name);
        const auto weight = is_alone                     ? std::optional{1.0}
                            : name.size() == part.size() ? std::nullopt
                                                         : number_in(part.substr(name.size() + 1));
        if (found == figure_names.end() || !weight || !(*weight > 0) || *weight > largest_weight) {
            refuse(text);
        }
        double& to = made.weights_[static_cast<std::size_t>(found - figure_names.begin())];
        if (to != 0) {
            refuse(text);
        }
        to = *weight;
    }
    return made;
}

std::string objective::text() const {
    std::string all;
    for (std::size_t i = 0; i != weights_.size(); ++i) {
        const std::string name{figure_names[i]};
        if (weights_[i] == 0) {
            continue;
        }
        if (is_only(static_cast<figure>(i))) {
            return name;
        }
        all += (all.empty() ? "" : ",") + name + "=" + shortest(weights_[i]);
    }
    return all;
}

bool objective::is_only(figure one) const {
    for (std::size_t i = 0; i != weights_.size(); ++i) {
        if ((weights_[i] != 0) != (i == index(one))) {
            return false;
        }
    }
    return true;
}

std::optional<objective> objective::without_memory() const {
    objective made = *this;
    made.weights_[index(figure::peak)] = 0;
    made.weights_[index(figure::waste)] = 0;
    const bool is_empty = std::ranges::all_of(made.weights_, [](double each) { return each == 0; });
    return is_empty ? std::nullopt : std::optional{made};
}

std::optional<replay::ratio> objective::ratio_between(const replay::results& in,
                                                      const std::string& one,
                                                      const std::string& base) const {
    std::vector<double> sums;
    std::vector<double> weights;  // 0 in a round that has no ratio
    for (std::size_t i = 0; i != weights_.size(); ++i) {
        if (weights_[i] == 0) {
            continue;
        }
        const std::vector<double> values = figures_of(in, one, static_cast<figure>(i));
        const std::vector<double> bases = figures_of(in, base, static_cast<figure>(i));
        const std::size_t rounds = std::min(values.size(), bases.size());
        if (weights.empty()) {
            sums.assign(rounds, 0);
            weights.assign(rounds, 1);
        }
        sums.resize(std::min(sums.size(), rounds));
        weights.resize(sums.size());
        for (std::size_t round = 0; round != sums.size(); ++round) {
            if (bases[round] > 0) {
                sums[round] += weights_[i] * values[round] / bases[round];
            } else {
                weights[round] = 0;
            }
        }
    }
    double whole = 0;
    for (const double each : weights_) {
        whole += each;
    }
    for (double& each : weights) {
        each *= whole;
    }
    return replay::ratio_of(sums, weights);
}

const replay::result& result_named(const replay::results& in, const std::string& name) {
    return *std::ranges::find(in.all, name,
                              [](const replay::result& each) { return each.who.name; });
}

std::vector<double> figures_of(const replay::results& in, const std::string& name, figure what) {
    const replay::result& of = result_named(in, name);
    switch (what) {
        case figure::time:
            return in.times(of);
        case figure::worst_call:
            return replay::results::figures(of, slow_call);
        case figure::peak:
        case figure::waste:
            break;
    }
    std::vector<double> resident = replay::results::figures(of, "resident");
    if (what == figure::waste) {
        for (double& each : resident) {
            each = std::max(each - static_cast<double>(in.plays.head.most_bytes), 0.0);
        }
    }
    return resident;
}

}  // namespace strata::tool::tune
