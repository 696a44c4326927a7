// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_RANDOM_HPP
#define STRATA_TESTS_SUPPORT_RANDOM_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace tests {

/// Numbers that are the same in each run with the same seed, on each platform.
class random {
public:
    explicit random(std::uint64_t seed) : engine_{seed} {}

    [[nodiscard]] std::size_t below(std::size_t bound) { return engine_() % bound; }
    [[nodiscard]] std::size_t between(std::size_t least, std::size_t most) {
        return least + below(most - least + 1);
    }
    /// A power of two; small ones are as likely as large ones.
    [[nodiscard]] std::size_t power_of_two(std::size_t exponents) {
        return std::size_t{1} << below(exponents);
    }

private:
    std::mt19937_64 engine_;
};

/// How many steps a random program takes: STRATA_TEST_OPERATIONS where that is set.
[[nodiscard]] inline std::size_t operations(std::size_t usual) {
    const char* wanted = std::getenv("STRATA_TEST_OPERATIONS");
    return wanted == nullptr ? usual : std::stoull(wanted);
}

}  // namespace tests

#endif
