// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_FILL_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_FILL_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace strata::detail {

/// The overwritten bytes of a range: all between the first and the last.
struct overwritten {
    std::byte* first;
    std::byte* last;
};

/// The pattern that memory is filled with: one byte, or words that are not valid addresses but name
/// a block.
class debug_fill {
public:
    explicit debug_fill(std::byte byte) noexcept { bytes_.fill(byte); }

    /// The fill of the block that begins at `begin`, which is aligned like a word. On 64-bit
    /// processors, no program has memory at these addresses: their upper 16 bits are neither all 0
    /// nor all 1.
    [[nodiscard]] static debug_fill naming(const std::byte* begin) noexcept {
        if constexpr (sizeof(std::uintptr_t) == 8) {
            return debug_fill{mark | reinterpret_cast<std::uintptr_t>(begin)};
        } else {
            return debug_fill{std::byte{0xDD}};
        }
    }

    /// The block that a pointer names, if it was read from such memory and perhaps moved a little;
    /// else null. The top byte is missing if the processor ignores it.
    [[nodiscard]] static const std::byte* block_named_by(std::uintptr_t word) noexcept {
        if constexpr (sizeof(std::uintptr_t) == 8) {
            const std::uintptr_t upper = word & ~address;
            if (upper == mark || upper == mark_without_its_top) {
                return reinterpret_cast<const std::byte*>(word & address);
            }
        }
        return nullptr;
    }

    /// The byte that belongs at a place.
    [[nodiscard]] std::byte at(const std::byte* place) const noexcept {
        return bytes_[reinterpret_cast<std::uintptr_t>(place) % bytes_.size()];
    }
    [[nodiscard]] auto differs() const noexcept {
        return [this](const std::byte& each) { return each != at(&each); };
    }

    void write(std::span<std::byte> to) const noexcept {
        for (std::byte& each : to) {
            each = at(&each);
        }
    }
    [[nodiscard]] std::optional<overwritten> find_overwritten(
        std::span<std::byte> in) const noexcept {
        const auto first = std::ranges::find_if(in, differs());
        if (first == in.end()) {
            return {};
        }
        return overwritten{&*first, &*std::find_if(in.rbegin(), in.rend(), differs())};
    }

private:
    static constexpr std::uint64_t mark = std::uint64_t{0xDDDD} << 48;
    static constexpr std::uint64_t mark_without_its_top = std::uint64_t{0xDD} << 48;
    // All that are below the mark: on ARM, programs have memory in the upper half of them too.
    static constexpr std::uint64_t address = (std::uint64_t{1} << 48) - 1;

    explicit debug_fill(std::uint64_t word) noexcept
        : bytes_{std::bit_cast<std::array<std::byte, 8>>(word)} {}

    std::array<std::byte, 8> bytes_{};
};

}  // namespace strata::detail

#endif
