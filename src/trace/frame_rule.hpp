// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_FRAME_RULE_HPP
#define STRATA_SRC_TRACE_FRAME_RULE_HPP

#include <dlfcn.h>

#include <cstdint>

// Frames are found by rules where the system finds a module by an address without a lock (glibc
// since 2.35); elsewhere the compiler's unwinder finds them.
#if defined(__x86_64__) && defined(__LP64__) && defined(DLFO_STRUCT_HAS_EH_DBASE)
#define STRATA_HAS_FRAME_RULES 1
#endif

namespace strata::detail {

/// How the frame of a function's caller is found from the function's own: the part of the unwind
/// information that nearly all frames need, in 30 bits. The canonical frame address (CFA) is the
/// stack pointer before the call; the return address is just below it.
struct frame_rule {
    enum class base : std::uint8_t {
        stop = 1,  ///< the outermost frame, or one without a rule that fits here
        sp = 2,    ///< the CFA is the stack pointer and an offset
        bp = 3,    ///< the same from the base pointer
        /// The CFA is in memory at the base pointer and an offset; the caller's base pointer is
        /// where the base pointer points to. So do functions that align their stack.
        at_bp = 4
    };

    base from = base::stop;
    std::int32_t offset = 0;     ///< a multiple of 8
    std::uint32_t bp_below = 0;  ///< so far below the CFA is the caller's base pointer; 0: it is
                                 ///< the function's own

    [[nodiscard]] constexpr std::uint32_t packed() const noexcept {
        return static_cast<std::uint32_t>(from) |
               (static_cast<std::uint32_t>(offset / 8) & 0xFFFF) << 3 | (bp_below / 8) << 19;
    }
    [[nodiscard]] static constexpr frame_rule unpacked(std::uint32_t word) noexcept {
        return {static_cast<base>(word & 7),
                static_cast<std::int16_t>(static_cast<std::uint16_t>(word >> 3)) * 8,
                ((word >> 19) & 0x7FF) * 8};
    }
    static constexpr int bits = 30;

    friend constexpr bool operator==(const frame_rule&, const frame_rule&) = default;
};

/// The rule for an instruction, from the module's .eh_frame. Takes no lock and no memory.
///
/// Complexity: some hundred nanoseconds to a microsecond.
[[nodiscard]] frame_rule find_frame_rule(std::uintptr_t address) noexcept;

}  // namespace strata::detail

#endif
