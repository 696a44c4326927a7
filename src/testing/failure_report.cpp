// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/failure_report.hpp>

#include <string>
#include <string_view>

#include <strata/detail/text.hpp>

namespace strata {
namespace {

std::string_view text_of(failure_verdict verdict) {
    switch (verdict) {
        case failure_verdict::passed:
            return "passed";
        case failure_verdict::swallowed_failure:
            return "swallowed_failure";
        case failure_verdict::wrong_exception:
            return "wrong_exception";
        case failure_verdict::leaked:
            return "leaked";
        case failure_verdict::misused:
            return "misused";
        case failure_verdict::state_changed:
            return "state_changed";
        case failure_verdict::nondeterministic:
            return "nondeterministic";
        case failure_verdict::too_few_allocations:
            return "too_few_allocations";
        case failure_verdict::too_many_allocations:
            return "too_many_allocations";
    }
    return "?";
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
