// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/failure_report.hpp>

#include <array>
#include <string>
#include <string_view>

#include <strata/detail/text.hpp>

namespace strata {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 9> verdicts{
    "passed",        "swallowed_failure", "wrong_exception",     "leaked",
    "misused",       "state_changed",     "nondeterministic",    "too_few_allocations",
    "too_many_allocations"};

std::string_view text_of(failure_verdict verdict) {
    return verdicts.at(static_cast<std::size_t>(verdict));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, failure_verdict verdict) {
    return detail::put(out, text_of(verdict));
}

std::ostream& operator<<(std::ostream& out, failure_mode mode) {
    return detail::put(out, mode == failure_mode::one_shot ? "one_shot" : "sticky");
}

std::ostream& operator<<(std::ostream& out, const failure_report& report) {
    std::string text = std::string{text_of(report.verdict)} + ": " + report.detail + '\n';
    if (report.number) {
        text += detail::formatted("  when allocation %zu of %zu failed%s\n",
                                  *report.number, report.allocations,
                                  report.mode == failure_mode::sticky ? " and all after it" : "");
    }
    if (!report.trace.empty()) {
        text += detail::formatted("  which asked for %zu bytes aligned to %zu\n", report.asked.size,
                                  report.asked.alignment) +
                detail::text_of_calls(report.trace.addresses());
    }
    return detail::put(out, text);
}

}  // namespace strata
