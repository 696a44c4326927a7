// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/check_allocator_aware.hpp>

#include <algorithm>

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

constexpr std::array<const char*, 3> places{"the resource of the first object",
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

std::array<std::size_t, 3> allocator_trial::allocations() const noexcept {
    return {places_[first].allocations(), places_[second].allocations(),
            places_[elsewhere].allocations()};
}

void allocator_trial::look(allocator_rule rule, const char* what,
                           std::initializer_list<place> allowed,
                           const std::array<std::size_t, 3>& before) {
    for (const place each : {first, second, elsewhere}) {
        const std::size_t taken = places_[each].allocations() - before[each];
        if (taken != 0 && std::ranges::find(allowed, each) == allowed.end()) {
            const layout one = places_[each].requests()[before[each]];
            breaks(rule, formatted("%s: %s from %s, the first of %zu bytes aligned to %zu", what,
                                   many(taken).c_str(), places[each], one.size, one.alignment));
        }
    }
}

bool allocator_trial::has_memory_in(place where) {
    if (places_[where].live_blocks() == 0) {
        breaks(allocator_rule::construction,
               "made with a resource: it takes no memory from it, so nothing could be tried");
    }
    for (const place each : {first, second, elsewhere}) {
        if (const std::size_t blocks = places_[each].live_blocks(); each != where && blocks != 0) {
            breaks(allocator_rule::construction, formatted("made with a resource: %s from %s",
                                                           many(blocks).c_str(), places[each]));
        }
    }
    return places_[where].live_blocks() != 0;
}

void allocator_trial::expect_memory_at(place where, allocator_rule rule, const char* what,
                                       std::size_t least) {
    if (places_[where].live_blocks() < least) {
        breaks(rule, formatted("%s: its memory is not from %s", what, places[where]));
    }
}

void allocator_trial::breaks(allocator_rule rule, std::string how) {
    found_.broken.push_back({rule, std::move(how)});
}

allocator_report allocator_trial::end() {
    for (const place each : {first, second, elsewhere}) {
        for (const auto& error : places_[each].errors()) {
            breaks(allocator_rule::cleanup, std::string{error});
        }
        if (const std::size_t left = places_[each].live_blocks(); left != 0) {
            breaks(allocator_rule::cleanup, many(left) + " not freed");
        }
    }
    return std::move(found_);
}

}  // namespace detail

}  // namespace strata
