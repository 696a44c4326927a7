// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_RECORD_SAMPLING_HPP
#define STRATA_TOOL_RECORD_SAMPLING_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strata::tool::recorder {

/// Decides which allocations are recorded, if only a sample is: each with the probability
/// 1 - exp(-size / mean distance), whatever was recorded before.
///
/// The bytes that a thread allocates are a line. Random points are on it: a Poisson process. An
/// allocation is in the sample if a point is on its bytes. The distances between the points are
/// exponentially distributed. So a thread draws one, and then only counts down its bytes. This is
/// the method of the heap profilers of tcmalloc (docs/sampling.md in github.com/google/tcmalloc,
/// src/sampler.h in gperftools) and jemalloc (prof.lg_prof_sample).
///
/// An allocation of 0 bytes counts as one of 1 byte: no allocation has the probability 0.
///
/// Threads: any number at once, after `begin`.
class sampling {
public:
    /// From now on there is a sample, by points with this mean distance.
    void begin(std::uint64_t mean_distance, std::uint64_t seed) noexcept {
        mean_distance_ = mean_distance;
        dice_.store(seed, std::memory_order_relaxed);
    }
    [[nodiscard]] bool is_on() const noexcept { return mean_distance_ != 0; }
    /// 0 if everything is recorded.
    [[nodiscard]] std::uint64_t mean_distance() const noexcept { return mean_distance_; }

    /// Whether the next allocation of the calling thread is in the sample. `distance` is the
    /// thread's own: how many bytes the next point is away, or 0 if none was drawn yet.
    [[nodiscard]] bool takes(std::size_t bytes, std::uint64_t& distance) noexcept {
        const auto size = std::max<std::uint64_t>(bytes, 1);
        if (size < distance) [[likely]] {
            distance -= size;
            return false;
        }
        return takes_at_point(size, distance);
    }

private:
    [[nodiscard]] bool takes_at_point(std::uint64_t size, std::uint64_t& distance) noexcept;
    [[nodiscard]] std::uint64_t draw() noexcept;

    std::uint64_t mean_distance_ = 0;
    std::atomic<std::uint64_t> dice_ = 0;
};

}  // namespace strata::tool::recorder

#endif
