// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/forecast.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include <strata/compose/layer_kind.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/detail/text.hpp>

namespace strata::tool::tune {
namespace {

using layers_type = strategy::layers_type;

// Options of the layer that draws from the source. They change only how much it draws at a time.
// Options of layers above it, or the slabs of `concurrent_arena`, change what is not counted.
constexpr std::array<std::string_view, 4> sizes_of_draws{"first_chunk", "growth", "largest_chunk",
                                                         "max_blocks_per_chunk"};
// This one also changes which blocks the source serves itself, and how long those take is not
// counted. So it may change nothing, but never tells which of two is better.
constexpr std::string_view limit_of_blocks = "largest_block";

// A difference of less is not worth an option, see `least_gain`.
constexpr double factor_if_exact = 1.01;
// Timing makes a smaller one in plays with several threads.
constexpr double factor_if_timed = 1.125;

// Of resident memory: a quarter, and a huge page, since one more of these may come or not.
constexpr double much_more = 1.25;
constexpr std::int64_t huge_page = std::int64_t{2} << 20;

struct contestant {
    const counted* of;
    layers_type but_for_draws;              // without the options above,
    std::vector<layer_option> limits = {};  // of which these are those of blocks
    std::size_t options = 0;
    const contestant* beaten_by = nullptr;
};

void take_options_of_draws(strategy::layer& from, contestant& to) {
    std::erase_if(from.options, [&](const layer_option& given) {
        if (given.name == limit_of_blocks) {
            to.limits.push_back(given);
            return true;
        }
        return std::ranges::find(sizes_of_draws, given.name) != sizes_of_draws.end();
    });
}

contestant contestant_of(const counted& one) {
    contestant made{.of = &one, .but_for_draws = strategy::parse(one.strategy).layers()};
    for (const strategy::layer& each : made.but_for_draws) {
        made.options += each.options.size();
    }
    const auto kinds = layers();
    for (std::size_t i = made.but_for_draws.size(); i-- != 0;) {
        strategy::layer& each = made.but_for_draws[i];
        if (std::ranges::find(kinds, each.name, &layer_kind::name)->shape != layer_shape::source) {
            take_options_of_draws(each, made);
            break;
        }
    }
    return made;
}

bool differ_in_draws_alone(const contestant& one, const contestant& other) {
    return std::ranges::equal(one.but_for_draws, other.but_for_draws,
                              [](const strategy::layer& left, const strategy::layer& right) {
                                  return left.name == right.name && left.options == right.options;
                              });
}

template <class Relation>
bool on_each_trace(const counted& one, const counted& other, const Relation& holds) {
    return std::ranges::equal(one.draws, other.draws, holds);
}

template <class Relation>
bool on_any_trace(const counted& one, const counted& other, const Relation& holds) {
    return !on_each_trace(one, other, std::not_fn(holds));
}

bool is_more(std::int64_t one, std::int64_t other, double by) {
    return static_cast<double>(one) > by * static_cast<double>(other);
}

using figure_of_draws = std::int64_t draw::*;
constexpr std::array<figure_of_draws, 3> figures_of_draws{&draw::peak, &draw::calls, &draw::bytes};
constexpr std::array words_for_more{"more at its peak", "more often", "more in all"};

bool draws_no_less(const counted& one, const counted& other) {
    return on_each_trace(one, other, [](const draw& left, const draw& right) {
        return std::ranges::none_of(figures_of_draws, [&](figure_of_draws each) {
            return is_more(right.*each, left.*each, factor_if_exact);
        });
    });
}

// Exactly as often: blocks that the source serves itself are drawn one by one.
bool draws_the_same(const counted& one, const counted& other) {
    return draws_no_less(one, other) && draws_no_less(other, one) &&
           on_each_trace(one, other, [](const draw& left, const draw& right) {
               return left.calls == right.calls;
           });
}

// Exact counts: on any trace. Else: clearly, and on each.
bool draws_more(const counted& one, const counted& other, figure_of_draws what, bool is_exact) {
    const auto more = [&](const draw& left, const draw& right) {
        return is_more(left.*what, right.*what, is_exact ? factor_if_exact : factor_if_timed);
    };
    return is_exact ? on_any_trace(one, other, more) : on_each_trace(one, other, more);
}

// "more often", "more at its peak, more often and more in all"
std::string list_of(const std::vector<std::string>& parts) {
    std::string all;
    for (std::size_t i = 0; i != parts.size(); ++i) {
        all += i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ";
        all += parts[i];
    }
    return all;
}

std::string reason_of_draws(const counted& one, const counted& other, bool is_exact) {
    std::vector<std::string> more;
    for (std::size_t i = 0; i != figures_of_draws.size(); ++i) {
        if (draws_more(one, other, figures_of_draws[i], is_exact)) {
            more.emplace_back(words_for_more[i]);
        }
    }
    const bool is_out = is_exact ? !more.empty() && draws_no_less(one, other)
                                 : more.size() == figures_of_draws.size();
    return is_out ? "takes " + list_of(more) + " than " + other.strategy : "";
}

// What is drawn bounds what is resident from above only: the pages of a large chunk that nothing
// was served from are not resident. So memory is judged by what one play made resident.
std::string reason_of_memory(const counted& one, const counted& other) {
    double times = std::numeric_limits<double>::infinity();
    const bool is_worse = on_each_trace(one, other, [&](const draw& left, const draw& right) {
        const double ratio =
            static_cast<double>(left.resident) / static_cast<double>(right.resident);
        times = std::min(times, ratio);
        return right.resident > 0 && ratio > much_more &&
               left.resident - right.resident > huge_page;
    });
    return is_worse
               ? "takes " + detail::decimal(times, 1) + " times the memory of " + other.strategy
               : "";
}

// Empty if `one` may be better than `other`.
std::string reason_against(const contestant& one, const contestant& other,
                           const forecast_rules& by) {
    if (differ_in_draws_alone(one, other)) {
        const bool is_simpler =
            other.options != one.options ? other.options < one.options : other.of < one.of;
        if (by.one_thread && draws_the_same(*one.of, *other.of)) {
            return is_simpler ? "takes the same as " + other.of->strategy : "";
        }
        // Where single calls count, fewer and larger chunks are slower calls.
        if (by.time_alone && one.limits == other.limits) {
            return reason_of_draws(*one.of, *other.of, by.one_thread);
        }
    }
    return by.memory_alone ? reason_of_memory(*one.of, *other.of) : "";
}

// So that of two, each better than the other in some way, one stays.
bool rests_on(const contestant& one, const contestant& other) {
    const contestant* next = &one;
    while (next != nullptr && next != &other) {
        next = next->beaten_by;
    }
    return next != nullptr;
}

}  // namespace

std::vector<left_out> not_worth_a_race(const std::vector<counted>& all, const forecast_rules& by) {
    std::vector<left_out> made;
    std::vector<contestant> in;
    for (const counted& each : all) {
        if (!each.problem.empty()) {
            made.push_back({each.strategy, each.problem});
        } else if (!each.draws.empty()) {
            in.push_back(contestant_of(each));
        }
    }
    for (contestant& one : in) {
        for (const contestant& other : in) {
            std::string why = rests_on(other, one) ? "" : reason_against(one, other, by);
            if (!why.empty()) {
                made.push_back({one.of->strategy, std::move(why)});
                one.beaten_by = &other;
                break;
            }
        }
    }
    return made;
}

}  // namespace strata::tool::tune
