// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/check/budget.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <regex>
#include <system_error>
#include <vector>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

#include "tool/byte_size.hpp"
#include "tool/failure.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::check {
namespace {

struct figure_name {
    const char* name;
    bool is_of_bytes;
    bool is_of_shares;  // also known of a phase or a resource
};
constexpr std::array<figure_name, 7> figures{{{"peak", true, false},
                                              {"most_blocks", false, false},
                                              {"allocations", false, true},
                                              {"allocated", true, true},
                                              {"leaks", false, true},
                                              {"leaked_bytes", true, true},
                                              {"refused", false, false}}};

const figure_name& facts_of(figure which) {
    return figures[static_cast<std::size_t>(which)];
}

constexpr std::array<std::string_view, 6> comparisons{"<=", ">=", "=", "<", ">", "=="};

std::string listed(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& each : names) {
        all += all.empty() ? "" : ", ";
        all += detail::quoted(each);
    }
    return all.empty() ? "none" : all;
}

// --- reading ------------------------------------------------------------------------------------

constexpr const char* example =
    "expected a figure and its bound, such as peak<=64MiB, leaks=0, "
    "allocations(\"parse\")<=3/call or allocations(\"parse\")<=3/worst-call";

// FIGURE ["(" [phase|resource] "NAME" ")"] COMPARISON VALUE ["/call" | "/worst-call"], with blanks
// between them.
const std::regex& grammar() {
    static const std::regex made{
        "\\s*([a-z_]+)\\s*(?:\\(\\s*(?:(phase|resource)\\s+)?\"([^\"]+)\"\\s*\\))?\\s*"
        "(<=|>=|==|=|<|>)\\s*([0-9][0-9.]*[A-Za-z]*)\\s*(?:/\\s*(call|worst-call))?\\s*"};
    return made;
}

std::optional<double> number_in(std::string_view text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && rest == end ? std::optional{number} : std::nullopt;
}

std::optional<double> bound_in(std::string_view text, bool is_of_bytes) {
    if (is_of_bytes) {
        if (const auto bytes = bytes_in(text)) {
            return static_cast<double>(*bytes);
        }
    }
    return number_in(text);
}

// --- judging ------------------------------------------------------------------------------------

template <class Shares>
const trace::share& share_named(const Shares& all, const std::string& name, const budget& one,
                                const char* kind) {
    std::vector<std::string> names;
    for (const trace::share& each : all) {
        if (each.name == name) {
            return each;
        }
        if (!each.name.empty()) {
            names.push_back(each.name);
        }
    }
    throw failure{detail::printable(one.text) + ": the trace has no " + kind + " " +
                  detail::quoted(name) + "; it has: " + listed(names)};
}

double of_share(figure which, const trace::share& of) {
    switch (which) {
        case figure::allocations:
            return static_cast<double>(of.allocated.blocks);
        case figure::allocated:
            return static_cast<double>(of.allocated.bytes);
        case figure::leaks:
            return static_cast<double>(of.live.blocks);
        default:
            return static_cast<double>(of.live.bytes);
    }
}

finding of_phase(const budget& one, const trace::share& phase) {
    if (one.per == per_call::worst) {
        const trace::worst_call& worst = one.of == figure::allocated ? phase.bytes : phase.blocks;
        return {.measured = static_cast<double>(worst.most),
                .call = worst.number,
                .calls = phase.begun};
    }
    const double all = of_share(one.of, phase);
    return {.measured = one.per == per_call::mean ? all / static_cast<double>(phase.begun) : all};
}

double of_whole(figure which, const trace::trace_summary& of) {
    switch (which) {
        case figure::peak:
            return static_cast<double>(of.peak.bytes);
        case figure::most_blocks:
            return static_cast<double>(of.most_blocks);
        case figure::refused:
            return static_cast<double>(
                of.by_kind[static_cast<std::size_t>(trace::event_kind::refused)]);
        default:
            return of_share(which, {.name = {}, .allocated = of.allocated, .live = of.live});
    }
}

finding measured_in(const budget& one, const trace::trace_summary& of) {
    if (!one.phase.empty()) {
        return of_phase(one, share_named(of.by_phase(), one.phase, one, "phase"));
    }
    if (!one.resource.empty()) {
        std::vector<trace::share> all;
        for (const auto& [number, each] : of.by_resource()) {
            all.push_back(each);
        }
        return {.measured = of_share(one.of, share_named(all, one.resource, one, "resource"))};
    }
    return {.measured = of_whole(one.of, of)};
}

bool holds(double measured, comparison how, double bound) {
    switch (how) {
        case comparison::at_most:
            return measured <= bound;
        case comparison::at_least:
            return measured >= bound;
        case comparison::equal:
            return measured >= bound && measured <= bound;
        case comparison::less:
            return measured < bound;
        case comparison::more:
            return measured > bound;
    }
    return false;
}

// Why a figure is not of single calls, or empty.
std::string problem_of_calls(const budget& of) {
    if (of.per != per_call::none && of.phase.empty()) {
        return "only a phase has calls: expected one, such as allocations(\"parse\")<=3/" +
               std::string{of.per == per_call::mean ? "call" : "worst-call"};
    }
    if (of.per != per_call::worst) {
        return {};
    }
    if (of.of != figure::allocations && of.of != figure::allocated) {
        return std::string{facts_of(of.of).name} +
               " is known only at the end of the trace: expected allocations or allocated with "
               "/worst-call, or " +
               facts_of(of.of).name + " without it";
    }
    if (of.how != comparison::at_most && of.how != comparison::less) {
        return "the worst call is the one with the most: expected <= or <";
    }
    return {};
}

}  // namespace

budget parse_budget(std::string_view text, const std::string& where) {
    const std::string whole{text};
    const auto wrong = [&](const std::string& what) {
        return failure{where + ": " + detail::quoted(whole) + ": " + what};
    };
    std::smatch parts;
    if (!std::regex_match(whole, parts, grammar())) {
        throw wrong(example);
    }
    const std::string name = parts[1];
    const auto found =
        std::ranges::find_if(figures, [&](const figure_name& each) { return each.name == name; });
    if (found == figures.end()) {
        std::vector<std::string> names;
        for (const figure_name& each : figures) {
            names.emplace_back(each.name);
        }
        throw wrong("there is no figure " + detail::quoted(name) + "; there are: " + listed(names));
    }
    budget made{.text = whole, .of = static_cast<figure>(found - figures.begin())};
    (parts[2] == "resource" ? made.resource : made.phase) = parts[3];
    if (parts[3].matched && !found->is_of_shares) {
        throw wrong(name + " is of the whole program, not of a phase or a resource");
    }
    const auto how = std::ranges::find(comparisons, std::string{parts[4]});
    made.how = how == comparisons.end() - 1 ? comparison::equal
                                            : static_cast<comparison>(how - comparisons.begin());
    const auto bound = bound_in(std::string{parts[5]}, found->is_of_bytes);
    if (!bound) {
        throw wrong(found->is_of_bytes ? "expected a size, such as 4096 or 64KiB"
                                       : "expected a number without a unit");
    }
    made.bound = *bound;
    made.per = !parts[6].matched    ? per_call::none
               : parts[6] == "call" ? per_call::mean
                                    : per_call::worst;
    const std::string problem = problem_of_calls(made);
    if (!problem.empty()) {
        throw wrong(problem);
    }
    return made;
}

finding judge(const budget& one, const trace::trace_summary& of) {
    finding found = measured_in(one, of);
    found.holds = holds(found.measured, one.how, one.bound);
    return found;
}

std::string in_words(const budget& one, const finding& found) {
    const bool is_mean = one.per == per_call::mean;
    const auto whole = static_cast<std::uint64_t>(found.measured);
    std::string text = facts_of(one.of).is_of_bytes
                           ? format_bytes(static_cast<std::int64_t>(found.measured))
                       : is_mean ? detail::decimal(found.measured, 2)
                       : static_cast<double>(whole) < found.measured
                           ? detail::decimal(found.measured)  // a bound may have decimals
                           : trace::grouped(whole);
    if (found.call != 0) {
        text.append(" in call ").append(trace::grouped(found.call));
        text.append(" of ").append(trace::grouped(found.calls));
    }
    return is_mean ? text.append(" a call") : text;
}

}  // namespace strata::tool::check
