// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/failure_report.hpp>

#include <ostream>

namespace strata {

std::ostream& operator<<(std::ostream& out, failure_verdict verdict) {
    switch (verdict) {
        case failure_verdict::passed:
            return out << "passed";
        case failure_verdict::swallowed_failure:
            return out << "swallowed_failure";
        case failure_verdict::wrong_exception:
            return out << "wrong_exception";
        case failure_verdict::leaked:
            return out << "leaked";
        case failure_verdict::misused:
            return out << "misused";
        case failure_verdict::state_changed:
            return out << "state_changed";
        case failure_verdict::nondeterministic:
            return out << "nondeterministic";
        case failure_verdict::too_few_allocations:
            return out << "too_few_allocations";
        case failure_verdict::too_many_allocations:
            return out << "too_many_allocations";
    }
    return out << "?";
}

std::ostream& operator<<(std::ostream& out, failure_mode mode) {
    return out << (mode == failure_mode::one_shot ? "one_shot" : "sticky");
}

std::ostream& operator<<(std::ostream& out, const failure_report& report) {
    out << report.verdict << ": " << report.detail << '\n';
    if (report.index) {
        out << "  when allocation " << *report.index << " of " << report.allocations
            << " (counted from 0) failed"
            << (report.mode == failure_mode::sticky ? " and all after it" : "") << '\n';
    }
    if (!report.trace.empty()) {
        out << "  which asked for " << report.asked.size << " bytes aligned to "
            << report.asked.alignment << '\n'
            << report.trace;
    }
    return out;
}

}  // namespace strata
