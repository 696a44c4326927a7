// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_CONFORMANCE_BLOCKS_HPP
#define STRATA_TESTS_CONFORMANCE_BLOCKS_HPP

#include <cstddef>
#include <cstdint>
#include <string>

#include <strata/core/layout.hpp>

namespace conformance {

/// A block in use, filled with bytes that tell it from others.
struct block {
    std::byte* at;
    strata::layout asked;
    std::uint64_t tag;

    void fill() const noexcept;
    [[nodiscard]] bool is_intact() const noexcept;
    [[nodiscard]] bool is_aligned() const noexcept;
    [[nodiscard]] std::string text() const;
};

}  // namespace conformance

#endif
