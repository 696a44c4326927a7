// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_FUZZ_TARGETS_HPP
#define STRATA_TESTS_FUZZ_TARGETS_HPP

#include <span>
#include <string_view>

#include "input.hpp"

namespace fuzz {

/// What can be fuzzed: a resource, or something that reads a text or a file.
struct target {
    std::string_view name;
    void (*run)(input& bytes);
};

[[nodiscard]] std::span<const target> targets();

/// Null if there is none.
[[nodiscard]] const target* find_target(std::string_view name);

}  // namespace fuzz

#endif
