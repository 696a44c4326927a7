// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_CALL_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_CALL_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "debug_state.hpp"

namespace strata::detail {

/// The calling thread: the system's id in the lower 32 bits, above it a number that is never used
/// again.
[[nodiscard]] std::uint64_t debug_thread() noexcept;

/// A call of a `debug_resource`. Other threads wait until it ends.
class debug_call {
public:
    using kind = debug_call_kind;
    enum class errors : bool { are_reported, may_be_thrown };

    /// Waits for calls of other threads. Its caller is not shown in the stack.
    debug_call(debug_state& of, kind what, errors how) noexcept;
    debug_call(const debug_call&) = delete;
    debug_call& operator=(const debug_call&) = delete;
    ~debug_call();

    /// Reports misuse by the call itself: another thread is inside, the resource is tied to another
    /// thread, or it is called from within. False if the call would do harm.
    [[nodiscard]] bool may_go_on();

    [[nodiscard]] bool may_throw() const noexcept { return errors_ == errors::may_be_thrown; }
    /// The calls that lead here.
    [[nodiscard]] std::span<void* const> stack() const noexcept {
        return {stack_.data(), stack_size_};
    }

private:
    struct other_call {
        std::uint64_t thread = 0;
        kind what = kind::none;
        std::size_t stack_size = 0;
        std::array<void*, debug_state::most_kept_calls> stack;
    };

    void note_other_call(std::uint64_t thread) noexcept;
    [[nodiscard]] std::string two_threads_text() const;
    [[nodiscard]] bool may_reenter();

    debug_state& of_;
    const kind kind_;
    const errors errors_;
    bool is_reentry_ = false;
    bool is_watched_ = false;
    std::array<void*, debug_state::most_kept_calls> stack_{};
    std::size_t stack_size_;
    other_call other_;  // the call of another thread that was inside
    std::optional<section> change_;
};

}  // namespace strata::detail

#endif
