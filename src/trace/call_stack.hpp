// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_CALL_STACK_HPP
#define STRATA_SRC_TRACE_CALL_STACK_HPP

#include <array>
#include <cstddef>
#include <cstdint>

namespace strata::detail {

class call_tree;

/// The stack of one thread when it was last captured. The next capture mostly differs in the
/// innermost frames only. An outer frame is unchanged if the stack words that located it are; its
/// call number is then reused without a look-up.
///
/// Lifetime: in memory of zeros; most of it is never touched.
/// Overhead: 16 KiB if the stacks are deep.
/// Errors: a stack that cannot be followed to its end is taken as far as it is known.
/// Threads: one at a time.
class call_stack {
public:
    static constexpr std::size_t most_frames = 256;

    struct limits {
        std::size_t frames = 0;        ///< the innermost ones, at most `most_frames`
        std::uintptr_t own_begin = 0;  ///< calls in this range are left out at the inner end
        std::uintptr_t own_bytes = 0;

        /// `is_own_module`: leaves out the calls in the module that this code is in.
        [[nodiscard]] static limits of(std::size_t frames, bool is_own_module) noexcept;
    };

    call_stack() noexcept {}
    call_stack(const call_stack&) = delete;
    call_stack& operator=(const call_stack&) = delete;

    /// The number of the call that the thread is in; 0 if it is not known. Calls inside of the one
    /// that returns to `inner` are left out, too, if it is not 0.
    [[nodiscard]] std::uint32_t capture(call_tree& in, const limits& of, std::uint64_t now,
                                        std::uintptr_t inner = 0) noexcept;
    /// When another thread will use it.
    void forget() noexcept { count_ = 0; }

private:
    /// Where a function goes on after a call, with its registers then.
    struct place {
        std::uintptr_t returns_to;
        std::uintptr_t sp;
        std::uintptr_t bp;

        friend bool operator==(const place&, const place&) noexcept = default;
    };
    struct frame {
        place is;
        std::uint32_t call;
        std::uint32_t bp_below;  // as in the rule for its caller; `not_simple`: look there
    };
    static constexpr std::uint32_t not_simple = ~std::uint32_t{0};

    class walk;

    [[nodiscard]] std::uint32_t number_calls(call_tree& in, std::size_t kept, std::size_t fresh,
                                             std::uint64_t now) noexcept;
    [[nodiscard]] std::size_t keep_innermost(call_tree& in, std::size_t kept, std::size_t fits,
                                             std::uint64_t now) noexcept;

    std::uint16_t unloads_ = 0;              // of the tree, when it was captured
    std::size_t count_ = 0;                  // 0 also if it is not known as a whole
    std::array<frame, most_frames> frames_;  // the outermost first
    std::array<frame, most_frames> fresh_;   // of the next one: the innermost first
};

}  // namespace strata::detail

#endif
