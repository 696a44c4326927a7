// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "call_stack.hpp"

#include <algorithm>
#include <utility>

#include "call_tree.hpp"
#include "frame_rule.hpp"
#include "module_at.hpp"

#ifdef STRATA_HAS_FRAME_RULES
// Where the stack of the first thread ends.
extern "C" void* __libc_stack_end;  // NOLINT(bugprone-reserved-identifier): the loader's
#else
#include <unwind.h>
#endif

namespace strata::detail {

call_stack::limits call_stack::limits::of(std::size_t frames, bool is_own_module) noexcept {
    limits all{std::min(frames, most_frames), 0, 0};
    if (is_own_module) {
        const auto here = reinterpret_cast<std::uintptr_t>(&call_stack::limits::of);
        const loaded_module own = module_at(here);
        all.own_begin = own.begin;
        all.own_bytes = own.end - own.begin;
    }
    return all;
}

#ifdef STRATA_HAS_FRAME_RULES

namespace {

// The stack may still be marked as it was for frames that were left by a jump.
[[gnu::no_sanitize_address]] inline std::uintptr_t word_at(std::uintptr_t address) noexcept {
    using word [[gnu::may_alias]] = std::uintptr_t;
    return *reinterpret_cast<const word*>(address);
}

// What is read of a stack is below its end, if that is known: above the stack of a thread is its
// control block. Of a stack that the program has made itself, nothing is known.
std::uintptr_t end_of_stack(std::uintptr_t sp) noexcept {
    const auto of_thread = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
    const auto of_first = reinterpret_cast<std::uintptr_t>(__libc_stack_end);
    const std::uintptr_t none = ~std::uintptr_t{0};
    return std::min(of_thread > sp ? of_thread : none, of_first > sp ? of_first : none);
}

}  // namespace

/// Goes from the innermost frame outwards.
class call_stack::walk {
public:
    walk(call_tree& in, place from) noexcept
        : rules_{in.rules},
          end_{end_of_stack(from.sp)},
          at{from} {}

    /// To the caller; false at the outermost frame. Tells how, for `frame::bp_below`.
    [[gnu::always_inline]] inline bool step(std::uint32_t& bp_below) noexcept {
        const frame_rule rule = rules_.at(at.returns_to - 1);
        const std::uintptr_t base = rule.from == frame_rule::base::sp ? at.sp : at.bp;
        std::uintptr_t cfa = base + static_cast<std::uintptr_t>(std::intptr_t{rule.offset});
        std::uintptr_t bp = at.bp;
        bp_below = rule.bp_below;
        if (rule.from == frame_rule::base::stop) {
            is_at_end = true;
            return false;
        }
        if (rule.from == frame_rule::base::at_bp) [[unlikely]] {
            bp_below = not_simple;
            if (!is_on_stack(cfa) || !is_on_stack(at.bp)) {
                return false;
            }
            bp = word_at(at.bp);
            cfa = word_at(cfa);
        }
        if (cfa <= at.sp || cfa > end_ || cfa - at.sp > largest_frame || cfa % 8 != 0) {
            return false;
        }
        if (rule.bp_below != 0) {
            bp = word_at(cfa - rule.bp_below);
        }
        at = {word_at(cfa - 8), cfa, bp};
        return at.returns_to != 0;
    }

    /// Whether the caller of a frame is still this one: `outer` was it before.
    [[gnu::always_inline]] inline bool is_still(const frame& of, const frame& outer) noexcept {
        if (of.bp_below == not_simple) [[unlikely]] {
            std::uint32_t ignored = 0;
            at = of.is;
            return step(ignored) && at == outer.is;
        }
        const std::uintptr_t cfa = outer.is.sp;
        return word_at(cfa - 8) == outer.is.returns_to &&
               (of.bp_below == 0 ? of.is.bp : word_at(cfa - of.bp_below)) == outer.is.bp;
    }

private:
    static constexpr std::uintptr_t largest_frame = std::uintptr_t{64} << 20;

    [[nodiscard]] bool is_on_stack(std::uintptr_t address) const noexcept {
        return address >= at.sp && address < end_ && address - at.sp < largest_frame &&
               address % 8 == 0;
    }

    frame_rules& rules_;
    std::uintptr_t end_;

public:
    place at;
    bool is_at_end = false;  // by a rule: a frame at this place is always the outermost
};

// Not inlined: its own frame is the first.
[[gnu::noinline]] std::uint32_t call_stack::capture(call_tree& in, const limits& of,
                                                    std::uint64_t now,
                                                    std::uintptr_t inner) noexcept {
    place here{};
    asm volatile("leaq 1(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2"
                 : "=&r"(here.returns_to), "=&r"(here.sp), "=&r"(here.bp));
    walk walks{in, here};
    std::uint32_t bp_below = 0;
    constexpr int most_own = 16;
    int own = 0;
    do {
        if (!walks.step(bp_below)) {
            return 0;
        }
        if (walks.at.returns_to == inner) {
            inner = 0;
        }
    } while ((inner != 0 || walks.at.returns_to - 1 - of.own_begin < of.own_bytes) &&
             ++own != most_own);

    const std::uint16_t unloads = in.unloads();
    if (std::exchange(unloads_, unloads) != unloads) {
        count_ = 0;  // the same addresses may be other calls now
    }
    std::size_t kept = count_;
    std::size_t fresh = 0;
    bool is_whole = true;
    for (bool goes_on = true; goes_on;) {
        while (kept != 0 && frames_[kept - 1].is.sp < walks.at.sp) {
            --kept;
        }
        if (kept != 0 && frames_[kept - 1].is == walks.at) {
            std::size_t same = kept - 1;
            while (same != 0 && walks.is_still(frames_[same], frames_[same - 1])) {
                --same;
            }
            if (same == 0) {
                break;
            }
            // The caller of `same` is another one, so those further in are other calls, too.
            for (; kept != same + 1 && fresh != of.frames; --kept) {
                fresh_[fresh++] = frames_[kept - 1];
            }
            walks.at = frames_[same].is;
            kept = same;
        }
        if (fresh == of.frames) {
            is_whole = false;
            kept = 0;
            break;
        }
        frame& next = fresh_[fresh++];
        next.is = walks.at;
        goes_on = walks.step(next.bp_below);
        if (!goes_on) {
            kept = 0;
            is_whole = walks.is_at_end;
        }
    }
    if (kept + fresh > of.frames) {
        is_whole = false;
        kept = keep_innermost(in, kept, of.frames - fresh, now);
    }
    count_ = is_whole ? kept + fresh : 0;
    return number_calls(in, kept, fresh, now);
}

// Without the outermost frames, all of the others are other calls.
std::size_t call_stack::keep_innermost(call_tree& in, std::size_t kept, std::size_t fits,
                                       std::uint64_t now) noexcept {
    const auto end = frames_.begin() + static_cast<std::ptrdiff_t>(kept);
    std::copy(end - static_cast<std::ptrdiff_t>(fits), end, frames_.begin());
    for (std::size_t i = 0; i != fits; ++i) {
        const std::uint32_t caller = i == 0 ? 0 : frames_[i - 1].call;
        frames_[i].call =
            i != 0 && caller == 0 ? 0 : in.call(caller, frames_[i].is.returns_to, now);
    }
    return fits;
}

// Adds the fresh frames to those that were kept. Returns the innermost call.
std::uint32_t call_stack::number_calls(call_tree& in, std::size_t kept, std::size_t fresh,
                                       std::uint64_t now) noexcept {
    std::uint32_t call = kept == 0 ? 0 : frames_[kept - 1].call;
    for (; fresh != 0; ++kept) {
        frame& next = frames_[kept];
        next = fresh_[--fresh];
        // Calls inside of one that had no room are not told either.
        call = next.call = kept != 0 && call == 0 ? 0 : in.call(call, next.is.returns_to, now);
    }
    if (call == 0) {
        count_ = 0;  // there may be room for these frames later
    }
    return call;
}

#else

// From the compiler's unwinder, which needs microseconds.
[[gnu::noinline]] std::uint32_t call_stack::capture(call_tree& in, const limits& of,
                                                    std::uint64_t now,
                                                    std::uintptr_t inner) noexcept {
    struct collected {
        call_stack& to;
        const limits& of;
        std::uintptr_t inner;
        std::size_t count = 0;
        bool is_inside = true;
    } all{*this, of, inner};
    (void)_Unwind_Backtrace(
        [](_Unwind_Context* at, void* data) {
            auto& to = *static_cast<collected*>(data);
            const auto address = static_cast<std::uintptr_t>(_Unwind_GetIP(at));
            if (address == to.inner) {
                to.inner = 0;
            }
            to.is_inside =
                to.is_inside && (to.inner != 0 || address - 1 - to.of.own_begin < to.of.own_bytes);
            if (address != 0 && !to.is_inside) {
                to.to.fresh_[to.count++].is.returns_to = address;
            }
            return to.count == to.of.frames ? _URC_NORMAL_STOP : _URC_NO_REASON;
        },
        &all);
    std::uint32_t call = 0;
    for (std::size_t left = all.count; left != 0; --left) {
        const std::uint32_t next = in.call(call, fresh_[left - 1].is.returns_to, now);
        if (next == 0) {
            return 0;
        }
        call = next;
    }
    return call;
}

#endif

}  // namespace strata::detail
