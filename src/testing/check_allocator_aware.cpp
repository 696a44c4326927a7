// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/check_allocator_aware.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <strata/detail/text.hpp>

namespace strata {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, allocator_rule_count> rules{
    "nesting",         "construction", "copy",  "move",   "copy_assignment",
    "move_assignment", "swap",         "value", "cleanup"};

std::string_view text_of(allocator_rule rule) {
    return rules.at(static_cast<std::size_t>(rule));
}

constexpr std::array<const char*, 3> places{"the resource of the original",
                                            "the other resource", "the default resource"};

std::string many(std::size_t blocks) {
    return detail::formatted("%zu %s", blocks, blocks == 1 ? "block" : "blocks");
}

}  // namespace

std::ostream& operator<<(std::ostream& out, allocator_rule rule) {
    return detail::put(out, text_of(rule));
}

std::ostream& operator<<(std::ostream& out, const allocator_report& report) {
    std::string text = report ? "no rule is broken\n" : "";
    for (const broken_rule& each : report.broken) {
        text += std::string{text_of(each.rule)} + ": " + each.how + '\n';
    }
    return detail::put(out, text);
}

namespace detail {

allocator_trial::allocator_trial() {
    for (checking_resource& each : places_) {
        each.allow_zero_sizes();
    }
}

allocator_trial::counts allocator_trial::live() const noexcept {
    return {places_[first].live_blocks(), places_[second].live_blocks(),
            places_[elsewhere].live_blocks()};
}

allocator_trial::counts allocator_trial::requests() const noexcept {
    return {places_[first].requests().size(), places_[second].requests().size(),
            places_[elsewhere].requests().size()};
}

void allocator_trial::breaks(allocator_rule rule, std::string how) {
    found_.broken.push_back({rule, std::move(how)});
}

allocator_report allocator_trial::end() {
    for (const place each : {first, second, elsewhere}) {
        for (const auto& error : places_[each].errors()) {
            breaks(allocator_rule::cleanup, formatted("%s: %s", places[each], error.c_str()));
        }
        if (const std::size_t left = live()[each]; left != 0) {
            breaks(allocator_rule::cleanup,
                   formatted("%s: %s not freed", places[each], many(left).c_str()));
        }
    }
    return std::move(found_);
}

allocator_step::allocator_step(allocator_trial& in, allocator_rule rule, const char* what,
                               allocator_trial::place to)
    : in_{in},
      rule_{rule},
      what_{what},
      to_{to},
      live_{in.live()},
      requests_{in.requests()} {}

void allocator_step::expect_requests() {
    const auto now = in_.requests();
    for (std::size_t each = 0; each != now.size(); ++each) {
        if (const std::size_t taken = now[each] - requests_[each]; each != to_ && taken != 0) {
            const layout one =
                in_.check(static_cast<allocator_trial::place>(each)).requests()[requests_[each]];
            breaks(formatted("%s from %s, the first of %zu bytes aligned to %zu",
                             many(taken).c_str(), places[each], one.size, one.alignment));
        }
    }
}

// Whoever took memory from elsewhere was told so already.
void allocator_step::expect_memory() {
    if (is_broken_) {
        return;
    }
    const auto now = in_.live();
    for (std::size_t each = 0; each != now.size(); ++each) {
        if (each != to_ && now[each] != live_[each]) {
            breaks(formatted("it keeps %s from %s", many(now[each] - live_[each]).c_str(),
                             places[each]));
        }
    }
    if (!is_broken_ && now[to_] == live_[to_]) {
        breaks(formatted("it has no memory from %s", places[to_]));
    }
}

void allocator_step::breaks(const std::string& how) {
    is_broken_ = true;
    in_.breaks(rule_, std::string{what_} + ": " + how);
}

}  // namespace detail

}  // namespace strata
