// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/results.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace strata::tool::replay {
namespace {

// Between the two values next to it; the values are sorted.
double quantile(const std::vector<double>& sorted, double part) {
    const double at = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (at - static_cast<double>(below));
}

// Each value is above the true median as often as below. So the chance that `tail` or fewer of the
// values are below it is known, whatever their distribution. Returns the largest `tail` for which
// that chance is at most one in 100; null if even that of 0 is larger.
std::optional<std::size_t> unlikely_tail(std::size_t values) {
    double chance = std::pow(0.5, static_cast<double>(values));  // of exactly `tail` values
    double sum = chance;
    std::optional<std::size_t> found;
    for (std::size_t tail = 0; sum <= 1.0 / 100 && tail != values; ++tail) {
        found = tail;
        chance *= static_cast<double>(values - tail) / static_cast<double>(tail + 1);
        sum += chance;
    }
    return found;
}

}  // namespace

double median_of(std::vector<double> values) {
    std::ranges::sort(values);
    return values.empty() ? 0 : quantile(values, 0.5);
}

const std::string& result::problem() const {
    for (const outcome& each : rounds) {
        if (!each.problem.empty()) {
            return each.problem;
        }
    }
    return watched.problem;
}

std::vector<double> results::times(const result& one) const {
    std::vector<double> all_times;
    for (std::size_t i = 0; i != one.rounds.size(); ++i) {
        const auto whole = one.rounds[i].of("nanoseconds");
        const auto own = all.back().rounds[i].of("nanoseconds");
        if (whole && own) {
            all_times.push_back(static_cast<double>(std::max<std::int64_t>(*whole - *own, 0)));
        }
    }
    return all_times;
}

std::optional<ratio> ratio_of(const std::vector<double>& values, const std::vector<double>& base) {
    const std::size_t pairs = std::min(values.size(), base.size());
    std::vector<double> ratios;
    for (std::size_t i = 0; i != pairs; ++i) {
        if (base[i] > 0) {
            ratios.push_back(values[i] / base[i]);
        }
    }
    if (ratios.empty() || 2 * ratios.size() < pairs) {
        return std::nullopt;
    }
    std::ranges::sort(ratios);
    ratio made{quantile(ratios, 0.5), (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2};
    if (const auto tail = unlikely_tail(ratios.size())) {
        made.at_least = ratios[*tail];
        made.at_most = ratios[ratios.size() - 1 - *tail];
    }
    return made;
}

std::optional<ratio> results::to_glibc(const result& one) const {
    return ratio_of(times(one), times(all.front()));
}

std::vector<double> results::figures(const result& of, std::string_view figure) {
    std::vector<double> values;
    for (const outcome& each : of.rounds) {
        if (const auto value = each.of(figure); value && *value >= 0) {
            values.push_back(static_cast<double>(*value));
        }
    }
    return values;
}

std::optional<double> results::median(const result& of, std::string_view figure) {
    const std::vector<double> values = figures(of, figure);
    return values.empty() ? std::nullopt : std::optional{median_of(values)};
}

}  // namespace strata::tool::replay
