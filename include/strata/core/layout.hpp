// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_LAYOUT_HPP
#define STRATA_CORE_LAYOUT_HPP

#include <cstddef>
#include <limits>

#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {

/// The size and alignment, in bytes, of a block of memory: what is asked of a memory resource.
///
///     constexpr auto row = strata::layout::array<double>(columns);
///     auto [both, offset] = strata::layout::of<header>().extend(row);  // a header, then a row
///
/// Errors: arithmetic that would wrap throws `std::bad_array_new_length` (a `std::bad_alloc`), or
/// does not compile in a constant expression. Precondition: `alignment` is a power of two;
/// `valid()` checks it.
struct layout {
    std::size_t size = 0;
    std::size_t alignment = alignof(std::max_align_t);

    /// The layout of one `T`.
    template <class T>
    [[nodiscard]] static constexpr layout of() noexcept {
        return {sizeof(T), alignof(T)};
    }

    /// The layout of `count` adjacent `T`.
    template <class T>
    [[nodiscard]] static constexpr layout array(std::size_t count) {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) {
            detail::raise_array_too_long();
        }
        return {count * sizeof(T), alignof(T)};
    }

    /// Whether the alignment is a power of two, as every memory resource requires.
    [[nodiscard]] constexpr bool valid() const noexcept {
        return detail::is_power_of_two(alignment);
    }

    /// This layout with its size rounded up to its alignment, so that copies of it can be adjacent.
    [[nodiscard]] constexpr layout padded() const {
        const std::size_t padding = detail::padding_at(size, alignment);
        if (padding > std::numeric_limits<std::size_t>::max() - size) {
            detail::raise_array_too_long();
        }
        return {size + padding, alignment};
    }

    /// This layout aligned to at least `minimum` bytes.
    [[nodiscard]] constexpr layout aligned_to(std::size_t minimum) const noexcept {
        return {size, minimum > alignment ? minimum : alignment};
    }

    struct extended;

    /// This layout followed by `next`, with the padding that `next` needs before it.
    /// The result is not padded at its end.
    [[nodiscard]] constexpr extended extend(layout next) const;

    friend constexpr bool operator==(const layout&, const layout&) = default;
};

/// The result of `layout::extend`: the layout of both, and where the second starts, in bytes.
struct layout::extended {
    layout whole;            ///< both, with the padding between them
    std::size_t offset = 0;  ///< from the start of the first to that of the second
};

constexpr layout::extended layout::extend(layout next) const {
    const std::size_t offset = layout{size, next.alignment}.padded().size;
    if (next.size > std::numeric_limits<std::size_t>::max() - offset) {
        detail::raise_array_too_long();
    }
    return {layout{offset + next.size, alignment}.aligned_to(next.alignment), offset};
}

}  // namespace strata

#endif
