// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_FUZZ_INPUT_HPP
#define STRATA_TESTS_FUZZ_INPUT_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fuzz {

/// The bytes of one run, taken from the front. Behind their end are zeros.
class input {
public:
    explicit input(std::span<const std::uint8_t> bytes) : rest_{bytes} {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    std::size_t byte() {
        if (rest_.empty()) {
            return 0;
        }
        const std::size_t first = rest_.front();
        rest_ = rest_.subspan(1);
        return first;
    }
    /// Below `bound`, which is at most 65536.
    std::size_t below(std::size_t bound) {
        const std::size_t value = bound <= 256 ? byte() : byte() * 256 + byte();
        return value % bound;
    }
    bool one_in(std::size_t n) { return below(n) == 0; }

    /// What is left, as text.
    [[nodiscard]] std::string_view text() const {
        return {reinterpret_cast<const char*>(rest_.data()), rest_.size()};
    }

private:
    std::span<const std::uint8_t> rest_;
};

}  // namespace fuzz

#endif
