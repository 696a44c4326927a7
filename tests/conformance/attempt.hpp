// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_CONFORMANCE_ATTEMPT_HPP
#define STRATA_TESTS_CONFORMANCE_ATTEMPT_HPP

#include <new>
#include <ostream>

#include <strata/testing/checking_resource.hpp>

namespace conformance {

using failure = strata::checking_resource::failure;

inline constexpr failure all_failures[] = {failure::bad_alloc, failure::injected, failure::foreign};

/// How a call ended: as it should, or with which of the upstream's exceptions.
enum class outcome { served, bad_alloc, injected, foreign };

template <class Call>
outcome attempt(Call call) {
    try {
        call();
        return outcome::served;
    } catch (const strata::injected_failure&) {
        return outcome::injected;
    } catch (const strata::checking_resource::foreign_failure&) {
        return outcome::foreign;
    } catch (const std::bad_alloc&) {
        return outcome::bad_alloc;
    }
}

/// How a call ends that the upstream fails in this way.
constexpr outcome expected_of(failure kind) {
    switch (kind) {
        case failure::injected:
            return outcome::injected;
        case failure::foreign:
            return outcome::foreign;
        default:
            return outcome::bad_alloc;
    }
}

inline std::ostream& operator<<(std::ostream& out, outcome of) {
    constexpr const char* names[] = {"served", "bad_alloc", "injected_failure", "foreign_failure"};
    return out << names[static_cast<int>(of)];
}

}  // namespace conformance

#endif
