// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_SAMPLE_WEIGHTS_HPP
#define STRATA_TOOL_TRACE_SAMPLE_WEIGHTS_HPP

#include <cstdint>

namespace strata::tool::trace {

/// For how much of the program a block of a trace stands. In a sample, the probability of a block
/// is p = 1 - exp(-size / mean distance). It stands for 1 / p blocks of its size. The sums are then
/// right on average (the estimator of Horvitz and Thompson). A block of 0 bytes was
/// recorded as one of 1 byte. In a complete trace, each block stands for itself.
class sample_weights {
public:
    /// With distance 0 for a complete trace.
    explicit sample_weights(std::uint64_t mean_distance) noexcept : mean_distance_{mean_distance} {}

    [[nodiscard]] bool is_of_sample() const noexcept { return mean_distance_ != 0; }

    /// How many blocks the next one of this size stands for: 1 / p, rounded up or down so that the
    /// sum of all so far is less than 1 away from that of the exact numbers. At most 2^31.
    [[nodiscard]] std::uint32_t next_blocks(std::uint64_t size) noexcept;
    /// How many bytes a block of this size stands for, to the nearest byte: the same each time.
    [[nodiscard]] std::uint64_t bytes(std::uint64_t size) const noexcept;

private:
    [[nodiscard]] double exact(std::uint64_t size) const noexcept;

    std::uint64_t mean_distance_;
    double left_over_ = 0;  // of the exact numbers so far
};

}  // namespace strata::tool::trace

#endif
