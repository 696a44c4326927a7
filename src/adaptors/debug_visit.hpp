// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_VISIT_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_VISIT_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <strata/adaptors/detail/debug_base.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/threads/detail/inside_resource.hpp>
#include <strata/threads/detail/thread_record.hpp>

#include "detail/shield.hpp"

namespace strata::detail {

/// What this thread does with a finding just now, and of which resource.
class says {
public:
    enum what : std::uint8_t { nothing, composing, telling };

    says(const debug_base* by, what doing) noexcept : by_{by}, doing_{doing}, outer_{now()} {
        set(this);
    }
    says(const says&) = delete;
    says& operator=(const says&) = delete;
    ~says() { set(outer_); }

    [[nodiscard]] static bool is(const debug_base* by, what doing) noexcept {
        const says* const innermost = now();
        return innermost != nullptr && innermost->by_ == by && innermost->doing_ == doing;
    }
    [[nodiscard]] static bool is_something(const debug_base* by) noexcept {
        const says* const innermost = now();
        return innermost != nullptr && innermost->by_ == by;
    }

private:
    // A thread without a record has no words of its own, which could hold addresses of its stack.
    [[nodiscard]] static const says* now() noexcept {
        if (!has_or_takes_record()) {
            return nullptr;
        }
        return reinterpret_cast<const says*>(
            word_of_this_thread(thread_word::debug_says).load(std::memory_order_relaxed));
    }
    static void set(const says* innermost) noexcept {
        if (!has_or_takes_record()) {
            return;
        }
        word_of_this_thread(thread_word::debug_says)
            .store(reinterpret_cast<std::uintptr_t>(innermost), std::memory_order_relaxed);
    }

    const debug_base* by_;
    what doing_;
    const says* outer_;
};

/// The calls that lead to a function of a `debug_resource`.
class debug_base::calls_here {
public:
    explicit calls_here(const debug_base& of) noexcept
        : count_{capture_calls({all_.data(), of.most_calls_}, 1)} {}

    [[nodiscard]] std::span<void* const> all() const noexcept { return {all_.data(), count_}; }
    std::uint16_t copy_to(std::span<void*> room) const noexcept {
        std::ranges::copy(all(), room.begin());
        return static_cast<std::uint16_t>(count_);
    }

private:
    std::array<void*, most_kept_calls> all_{};
    std::size_t count_;
};

/// What this thread looks at just now, to be said if it comes across an overwritten record there.
class debug_base::looking {
public:
    explicit looking(const debug_base& at, const calls_here* by = nullptr) noexcept
        : at_{at},
          by_{by},
          outer_{innermost()} {
        set(this);
    }
    looking(const looking&) = delete;
    looking& operator=(const looking&) = delete;
    ~looking() { set(outer_); }

    [[nodiscard]] static const looking* innermost() noexcept {
        if (!has_or_takes_record()) {
            return nullptr;
        }
        return reinterpret_cast<const looking*>(
            word_of_this_thread(thread_word::debug_looking).load(std::memory_order_relaxed));
    }

    void for_the_free_of(void* block, layout as) noexcept {
        freed_ = static_cast<std::byte*>(block);
        freed_as_ = as;
    }

    [[nodiscard]] const debug_base& at() const noexcept { return at_; }
    /// Null for a mere question.
    [[nodiscard]] const calls_here* by() const noexcept { return by_; }
    [[nodiscard]] std::byte* freed() const noexcept { return freed_; }
    [[nodiscard]] layout freed_as() const noexcept { return freed_as_; }

private:
    static void set(const looking* innermost) noexcept {
        if (!has_or_takes_record()) {
            return;
        }
        word_of_this_thread(thread_word::debug_looking)
            .store(reinterpret_cast<std::uintptr_t>(innermost), std::memory_order_relaxed);
    }

    const debug_base& at_;
    const calls_here* by_;
    const looking* outer_;
    std::byte* freed_ = nullptr;
    layout freed_as_{};
};

/// One call, which the others wait for. Finds out whether it may be made here and now.
class debug_base::visit {
public:
    visit(debug_base& of, call what, const calls_here& here, may_throw throwing);
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit();

    /// Whether it was made from within another, and would do harm there.
    [[nodiscard]] bool is_refused() const noexcept { return is_refused_; }

    [[nodiscard]] looking& looks() noexcept { return looks_; }

private:
    void enter_again(call what, const calls_here& here, may_throw throwing);

    debug_base& of_;
    looking looks_;
    std::optional<section> change_;  // but for foreign calls, which see what is whole
    bool is_watched_ = false;
    bool has_lock_ = false;
    bool is_refused_ = false;
};

/// Access to what is known, for questions: neither watched nor an end of the thread's own access.
class debug_base::reading {
public:
    explicit reading(const debug_base& of) noexcept
        : of_{of},
          looks_{of} {
        of_.mutex_.lock();
    }
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;
    ~reading() { of_.mutex_.unlock(); }

private:
    const debug_base& of_;
    looking looks_;
};

// Empty where there is no memory for it.
template <class Compose>
std::string debug_base::tried(const Compose& compose) const noexcept {
    const shield here;
    try {
        const attempt now;
        const foreign_call outside;  // names, memory and the upstream are not ours
        const inside_resource for_the_text;  // it may be this resource that serves it else
        const says composing{this, says::composing};
        return compose();
    } catch (...) {
        return {};
    }
}

// Nobody would read it where findings are only counted.
template <class Compose>
std::string debug_base::composed(const Compose& compose) const noexcept {
    return options_.on_finding == on_finding::ignore ? std::string{} : tried(compose);
}

template <class Compose>
    requires std::invocable<const Compose&>
void debug_base::report(finding kind, may_throw throwing, const Compose& compose) {
    report(kind, throwing, composed(compose));
}

}  // namespace strata::detail

#endif
