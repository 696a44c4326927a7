// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_MEMORY_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_MEMORY_HPP

#include <cstddef>
#include <memory_resource>
#include <span>

#include <strata/adaptors/debug_options.hpp>
#include <strata/core/layout.hpp>

#include "debug_fill.hpp"

namespace strata::detail {

/// Where the memory of a `debug_resource`'s blocks comes from and what surrounds each: from the
/// upstream with a fence at both ends or, with guard pages, from the system. All that is said to
/// AddressSanitizer is said here.
class debug_memory {
public:
    debug_memory(const debug& options, std::pmr::memory_resource& upstream) noexcept
        : options_{options},
          upstream_{upstream} {}

    /// A block, in which nothing is written yet. Throws `std::bad_alloc` where none can be so
    /// large, and what the upstream throws.
    [[nodiscard]] std::byte* take(layout wanted) const;
    /// Fills it and the fences around it, which from then on only an `expose` makes readable.
    void prepare(std::byte* begin, layout wanted) const noexcept;
    /// Gives a block another size where it stands, with a fence behind it. Returns false and
    /// changes nothing where the upstream cannot do that, and between guard pages.
    [[nodiscard]] bool try_expand(std::byte* begin, layout as, std::size_t bytes) const noexcept;
    /// The block must be exposed, if it was prepared.
    void give_back(std::byte* begin, layout as) const noexcept;
    /// What the upstream gave for a block: nothing between guard pages.
    [[nodiscard]] std::span<std::byte> from_upstream(std::byte* begin, layout as) const noexcept;
    /// What a block takes, fences included.
    [[nodiscard]] std::size_t held_bytes(layout as) const noexcept;

    /// The fence before a block, and the one behind it.
    [[nodiscard]] std::span<std::byte> before(std::byte* begin, layout as) const noexcept;
    [[nodiscard]] std::span<std::byte> behind(std::byte* begin, layout as) const noexcept;

    /// What is in a block that was freed, and in its fences.
    [[nodiscard]] debug_fill freed_fill(const std::byte* begin) const noexcept {
        return options_.freed_fill ? debug_fill{*options_.freed_fill} : debug_fill::naming(begin);
    }
    [[nodiscard]] debug_fill fence_fill() const noexcept { return debug_fill{options_.fence_fill}; }

    /// All that is mapped for a block, guard pages included; nothing where there are none.
    [[nodiscard]] std::span<const std::byte> mapped(const std::byte* begin,
                                                    layout as) const noexcept;

    /// Makes all of a block readable, or only what is between the fences, or nothing.
    void expose(std::byte* begin, layout as) const noexcept;
    void hide_fences(std::byte* begin, layout as) const noexcept;
    void hide(std::byte* begin, layout as) const noexcept;

    /// Takes all access from a block between guard pages, as long as it is in quarantine.
    void lock(std::byte* begin, layout as) const noexcept;

private:
    struct shape {
        std::size_t outer;   // padding or, between guard pages, what cannot be accessed
        std::size_t before;  // the fences
        std::size_t behind;
        bool is_paged;

        [[nodiscard]] layout whole(layout as) const noexcept;
        [[nodiscard]] std::size_t hidden_before() const noexcept;
    };
    [[nodiscard]] static bool can_be(layout as) noexcept;
    [[nodiscard]] shape shape_of(layout as) const;
    [[nodiscard]] std::byte* take_pages(layout wanted, const shape& around) const;

    const debug& options_;
    std::pmr::memory_resource& upstream_;
};

}  // namespace strata::detail

#endif
