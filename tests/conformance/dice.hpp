// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_CONFORMANCE_DICE_HPP
#define STRATA_TESTS_CONFORMANCE_DICE_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include <strata/core/layout.hpp>
#include <strata/diagnostics/poison.hpp>

namespace conformance {

/// The number that an environment variable holds, or `otherwise`.
inline std::uint64_t number_from_env(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoull(text);
}

/// What a random program starts from; STRATA_TEST_SEED sets it.
inline std::uint64_t seed() {
    return number_from_env("STRATA_TEST_SEED", 1);
}

/// How long random programs are; STRATA_TEST_OPERATIONS sets it. Under a tool each step takes ten
/// times as long.
inline std::size_t operations() {
    return number_from_env("STRATA_TEST_OPERATIONS",
                           strata::detail::is_watched() ? 40'000 : 100'000);
}

/// Random choices, the same from a seed everywhere: the standard's distributions are not.
class dice {
public:
    explicit dice(std::uint64_t start) : engine_{start} {}

    [[nodiscard]] std::size_t below(std::size_t bound) { return engine_() % bound; }
    [[nodiscard]] bool one_in(std::size_t odds) { return below(odds) == 0; }

    /// Mostly small, up to 70,000 bytes, and an alignment that has nothing to do with the size.
    [[nodiscard]] strata::layout any_layout() {
        const std::size_t scale = below(20);
        const std::size_t size = below(scale == 0 ? 70'000 : scale < 4 ? 4096 : 300);
        return {size, std::size_t{1} << (one_in(50) ? below(17) : below(8))};
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace conformance

#endif
