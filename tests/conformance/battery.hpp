// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_CONFORMANCE_BATTERY_HPP
#define STRATA_TESTS_CONFORMANCE_BATTERY_HPP

#include <vector>

#include "recipe.hpp"

namespace conformance {

/// A case of the battery, run over every recipe that it applies to.
struct check {
    const char* name;
    void (*run)(const recipe&);
    bool (*applies)(const recipe&) = [](const recipe&) { return true; };
};

inline bool has_upstream(const recipe& of) {
    return of.has_upstream;
}
inline bool is_bounded(const recipe& of) {
    return of.is_bounded;
}
inline bool can_release(const recipe& of) {
    return of.can_release;
}

// What each file of the battery contributes.
std::vector<check> alignment_checks();
std::vector<check> block_checks();
std::vector<check> container_checks();
std::vector<check> failure_checks();
std::vector<check> lifetime_checks();
std::vector<check> limit_checks();
std::vector<check> random_checks();
std::vector<check> thread_checks();

/// The whole battery.
std::vector<check> all_checks();

}  // namespace conformance

#endif
