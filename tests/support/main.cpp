// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "valgrind.hpp"  // for all forks of the tests

// The main function of the unit tests. A program of several test files has one suite for each file;
// STRATA_TEST_SUITE names the one to keep. The others are removed, not filtered out: a filter would
// also enable the cases that `enable_if` disables.

namespace {

namespace ut = boost::unit_test;

// The suites of the files. A case outside them would run with no file's test, so it is an error.
struct suites_of_files : ut::test_tree_visitor {
    std::vector<ut::test_unit_id> others;
    bool found = false;
    bool case_outside = false;
    std::string wanted;

    bool test_suite_start(const ut::test_suite& suite) override {
        const ut::test_unit_id master = ut::framework::master_test_suite().p_id;
        if (suite.p_id == master) {
            return true;
        }
        if (suite.p_name.get() == wanted) {
            found = true;
        } else {
            others.push_back(suite.p_id);
        }
        return false;
    }
    void visit(const ut::test_case& each) override {
        case_outside = true;
        std::cerr << each.p_name.get() << ": not in the suite of its file\n";
    }
};

bool keep_one_suite() {
    const char* const wanted = std::getenv("STRATA_TEST_SUITE");
    if (wanted == nullptr || *wanted == '\0') {
        return true;
    }
    ut::test_suite& all = ut::framework::master_test_suite();
    suites_of_files suites;
    suites.wanted = wanted;
    ut::traverse_test_tree(all, suites, true);
    for (const ut::test_unit_id other : suites.others) {
        all.remove(other);
    }
    all.p_name.value = wanted;
    if (!suites.found) {
        std::cerr << "no suite " << wanted << '\n';
    }
    return suites.found && !suites.case_outside;
}

}  // namespace

// For ThreadSanitizer alone. libbacktrace has locks of its own. It is not compiled with this
// sanitizer, which so does not see them: memory that one thread gives back and another one takes
// looks like a race.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "race:^strata::calls_at(void const*)$\nrace:^strata::calls_at$\n";
}

int main(int argc, char** argv) {
    return ut::unit_test_main(&keep_one_suite, argc, argv);
}
