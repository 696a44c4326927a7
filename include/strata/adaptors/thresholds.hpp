// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_THRESHOLDS_HPP
#define STRATA_ADAPTORS_THRESHOLDS_HPP

#include <array>
#include <cstddef>

namespace strata {

/// Ascending sizes, in bytes, that tell requests apart: `strata::up_to{64, 4096}` makes three
/// classes: up to 64 bytes, up to 4096 bytes, and above.
template <std::size_t Count>
struct up_to {
    std::array<std::size_t, Count> bounds;  ///< the most bytes of each class but the last

    friend constexpr bool operator==(const up_to&, const up_to&) = default;
};

/// The same for alignments.
template <std::size_t Count>
struct alignment_up_to {
    std::array<std::size_t, Count> bounds;  ///< the largest alignment of each class but the last

    friend constexpr bool operator==(const alignment_up_to&, const alignment_up_to&) = default;
};

template <class... Bounds>
up_to(Bounds...) -> up_to<sizeof...(Bounds)>;
template <class... Bounds>
alignment_up_to(Bounds...) -> alignment_up_to<sizeof...(Bounds)>;

}  // namespace strata

#endif
