// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_CHECK_REPORTS_HPP
#define STRATA_TOOL_CHECK_REPORTS_HPP

#include <iosfwd>
#include <string>
#include <vector>

#include "tool/check/budget.hpp"

// What `strata check` found, for people and for programs that collect results of tests.
namespace strata::tool::check {

struct judged {
    budget one;
    finding found;
};

/// "3.50 a call, expected at most 3.00 a call", "35 in call 17 of 120, expected at most 3".
[[nodiscard]] std::string difference(const judged& of);

void print_text(std::ostream& to, const std::string& trace, const std::vector<judged>& all);
void print_json(std::ostream& to, const std::string& trace, const std::vector<judged>& all);
/// The workflow commands of GitHub Actions, one for each budget that does not hold.
void print_github(std::ostream& to, const std::string& trace, const std::vector<judged>& all);
/// As JUnit and many others read it: a test suite with a case for each budget.
void print_junit(std::ostream& to, const std::string& trace, const std::vector<judged>& all);

}  // namespace strata::tool::check

#endif
