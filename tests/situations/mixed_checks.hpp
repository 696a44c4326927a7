// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SITUATIONS_MIXED_CHECKS_HPP
#define STRATA_TESTS_SITUATIONS_MIXED_CHECKS_HPP

/// How often something was not so in a unit, which is compiled in two ways.
namespace with_checks {
int failures(int& reports);
}
namespace without_checks {
int failures(int& reports);
}

#endif
