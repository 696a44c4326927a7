// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_GUARD_HPP
#define STRATA_CORE_DETAIL_GUARD_HPP

#include <cstddef>
#include <cstdint>

#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/relaxed_word.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/threads/detail/this_thread.hpp>

namespace strata::detail {

struct served_blocks;

/// Calls the misuse handler with "NAME: " and a formatted text.
[[gnu::format(printf, 2, 3)]] void misuse_of(const resource& of, const char* format, ...) noexcept;

[[gnu::cold]] void report_alignment(std::size_t alignment, const resource& of) noexcept;

/// Whether the alignment is a power of two; if not, reports a misuse of `of`.
[[nodiscard]] inline bool is_alignment(std::size_t alignment, const resource& of) noexcept {
    const bool is_power = is_power_of_two(alignment);
    if (!is_power) [[unlikely]] {
        report_alignment(alignment, of);
    }
    return is_power;
}

/// Whether it is a misuse to free a null pointer: in checked builds, and if a tool watches.
[[nodiscard]] bool null_is_misuse() noexcept;
/// Handles the free of a null pointer. Reports it if it is a misuse; otherwise does nothing.
[[gnu::cold]] void null_freed(const resource& by, std::size_t bytes) noexcept;

/// How many threads may call a resource at once.
enum class callers : bool { one, several };

/// Protects a resource that carves memory against misuse. It is on in checked builds
/// (`b_ndebug=false`), and if a tool watches the process (see diagnostics/poison.hpp). While it is
/// on, the resource's fast paths serve nothing, and its calls go through the functions below. So a
/// guard that is off costs the fast paths nothing. Some paths serve in checked builds too, if no
/// tool watches: the arena's, and those of the pools for coded links. They make the same checks
/// themselves.
///
/// If a tool watches, the guard records every served block. It then finds at once a block that is
/// freed twice, freed with a wrong size or alignment, or was never served. The tools cannot find
/// these by themselves, because they do not know the resource's blocks.
class guard {
public:
    explicit guard(callers from = callers::one) noexcept;
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() {
        if (is_watching()) {
            end_record();
        }
    }

    [[nodiscard]] bool is_on() const noexcept {
        return state_.load() != off;
    }

    /// Whether a tool watches, so that blocks are recorded.
    [[nodiscard]] bool is_watching() const noexcept { return blocks() != nullptr; }

    /// Serves a block of `by`, the resource with this guard. `take(size)` takes a block of `size`
    /// bytes, at least 1, with the alignment asked for. Exceptions of `take` pass through; throws
    /// `std::bad_alloc` for a wrong alignment.
    template <class Take>
    [[nodiscard]] void* allocate(const resource& by, layout wanted, Take take) {
        if (!is_on()) {
            return take(at_least_1(wanted.size));
        }
        void* const block =
            allocate_guarded(by, wanted, [&] { return take(at_least_1(wanted.size)); });
        if (block == nullptr) [[unlikely]] {
            raise_no_memory();
        }
        return block;
    }
    /// The same while the guard is on. Returns null if `take()` does, and for a wrong alignment.
    template <class Take>
    [[nodiscard]] void* allocate_guarded(const resource& by, layout wanted, Take take);

    /// Frees a block of `by`. `objection()` returns why the block cannot be a live one of that
    /// layout, or null. It is called only while the guard is on. `put(size)` takes the block back.
    template <class Objection, class Put>
    void deallocate(const resource& by, void* block, layout as, Objection objection, Put put) {
        if (is_on()) {
            deallocate_guarded(by, block, as, objection, [&] { put(at_least_1(as.size)); });
        } else if (block == nullptr) {
            null_freed(by, as.size);
        } else {
            put(at_least_1(as.size));
        }
    }
    template <class Objection, class Put>
    void deallocate_guarded(const resource& by, void* block, layout as, Objection objection,
                            Put put);

    /// Whether a block may get another size. If it cannot be live, reports a misuse, and the caller
    /// must leave the block alone.
    template <class Objection>
    [[nodiscard]] bool may_resize(const resource& by, void* block, layout as, Objection objection) {
        return !is_on() ||
               (may_resize(by, block, as) && is_accepted(by, "try_expand", block, as, objection()));
    }
    [[nodiscard]] bool may_resize(const resource& by, void* block, layout as) noexcept;
    /// Records the new size of a block that `may_resize` accepted. Poisons the bytes that the block
    /// gave up, up to `held` bytes from its start.
    void resized(void* block, layout as, std::size_t bytes, std::size_t held) noexcept;
    /// The same, and poisons all bytes that the block gave up.
    void resized(void* block, layout as, std::size_t bytes) noexcept {
        resized(block, as, bytes, as.size);
    }

    /// Records a block that is served now. Thread-safe, as is `take_back`.
    void serve(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    /// Whether the block may be freed. Removes it from the record, and poisons it. If it is not
    /// live, reports a misuse, and the caller must leave the block alone.
    [[nodiscard]] bool take_back(const resource& by, void* block, std::size_t bytes,
                                 std::size_t alignment) noexcept;
    /// Forgets all served blocks. Their memory stays as it is.
    void give_up_all() noexcept;
    /// Forgets the served blocks in this memory, and poisons it.
    void give_up(const void* begin, std::size_t bytes) noexcept {
        if (is_watched()) {
            forget(begin, bytes);
            poison(begin, bytes);
        }
    }
    /// Forgets the served blocks in this memory, and unpoisons it: it goes back to its upstream.
    void let_go(const void* begin, std::size_t bytes) noexcept {
        if (is_watched()) {
            forget(begin, bytes);
            unpoison(begin, bytes);
        }
    }

private:
    friend class guarded_call;
    friend class quick_call;

    // The guard's state. An even number: it is off, or a tool watches and this is the address of
    // the record of blocks. An odd number: it is on without a tool, and this tells which thread is
    // inside; see guard.cpp. With a tool, the record holds that number.
    static constexpr std::uintptr_t off = 0;
    static constexpr std::uintptr_t nobody = 1;
    static constexpr std::uintptr_t not_counted = UINTPTR_MAX;  // several threads may be inside

    // What stands for a thread: odd, and neither `nobody` nor `not_counted`.
    static constexpr std::uintptr_t number_of(std::uint64_t thread) noexcept {
        return thread * 2 + 1;
    }
    static constexpr std::size_t at_least_1(std::size_t bytes) noexcept {
        return bytes == 0 ? 1 : bytes;
    }
    // Whether there is no objection; if there is, reports it.
    static bool is_accepted(const resource& by, const char* call, const void* block, layout as,
                            const char* objection) noexcept {
        return objection == nullptr || report(by, call, block, as, objection);
    }
    static bool report(const resource& by, const char* call, const void* block, layout as,
                       const char* objection) noexcept;

    [[nodiscard]] served_blocks* blocks() const noexcept {
        const std::uintptr_t state = state_.load();
        return state % 2 == 0 ? reinterpret_cast<served_blocks*>(state) : nullptr;
    }
    [[nodiscard]] relaxed_word& inside() noexcept;
    void end_record() noexcept;
    void forget(const void* begin, std::size_t bytes) noexcept;

    relaxed_word state_;
};

/// One call of a guarded resource. Reports a second thread inside a resource that serves one thread
/// at a time. During the call, memcheck ignores accesses to poisoned memory.
class guarded_call {
public:
    guarded_call(guard& of_resource, const resource& of) noexcept
        : guard_{of_resource},
          of_{of} {
        const std::uintptr_t state = guard_.state_.load();
        if (state == guard::nobody && number_so_far() != 0) [[likely]] {
            before_ = guard::nobody;
            guard_.state_.store(guard::number_of(number_so_far()));
        } else if (state != guard::off && state != guard::not_counted) {
            enter();
        }
    }
    guarded_call(const guarded_call&) = delete;
    guarded_call& operator=(const guarded_call&) = delete;
    ~guarded_call() {
        if (before_ == guard::nobody &&
            guard_.state_.load() == guard::number_of(number_so_far())) [[likely]] {
            guard_.state_.store(guard::nobody);
        } else if (before_ != guard::off) {
            leave();
        }
    }

private:
    // The usual cases are above: no tool watches, and nobody is inside.
    void enter() noexcept;
    void leave() noexcept;

    guard& guard_;
    const resource& of_;
    std::uintptr_t before_ = guard::off;  // the thread that was inside before
};

[[gnu::cold]] void report_two_threads(const resource& of) noexcept;

/// The same for a quick path of a resource for one thread. It calls nothing, so that all of it
/// stays in registers. It is false, and the path must serve nothing, if there is more to do: a tool
/// watches, somebody is inside, or the thread has no number so far.
class quick_call {
public:
    [[gnu::always_inline]] quick_call(guard& of_resource, const resource& of) noexcept
        : guard_{of_resource},
          of_{of},
          me_{guard::number_of(number_so_far())},
          is_inside_{guard_.state_.load() == guard::nobody && me_ != guard::nobody} {
        if (is_inside_) [[likely]] {
            guard_.state_.store(me_);
        }
    }
    quick_call(const quick_call&) = delete;
    quick_call& operator=(const quick_call&) = delete;
    [[gnu::always_inline]] ~quick_call() {
        if (is_inside_) [[likely]] {
            if (guard_.state_.load() != me_) [[unlikely]] {
                report_two_threads(of_);
            }
            guard_.state_.store(guard::nobody);
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return is_inside_; }

private:
    guard& guard_;
    const resource& of_;
    std::uintptr_t me_;
    bool is_inside_;
};

template <class Take>
void* guard::allocate_guarded(const resource& by, layout wanted, Take take) {
    const guarded_call here{*this, by};
    void* const block = is_alignment(wanted.alignment, by) ? take() : nullptr;
    if (block != nullptr && is_watching()) {
        serve(block, wanted.size, wanted.alignment);
    }
    return block;
}

template <class Objection, class Put>
void guard::deallocate_guarded(const resource& by, void* block, layout as, Objection objection,
                               Put put) {
    const guarded_call here{*this, by};
    if (block == nullptr) {
        null_freed(by, as.size);
    } else if ((!is_watching() || take_back(by, block, as.size, as.alignment)) &&
               is_accepted(by, "deallocate", block, as, objection())) {
        put();
    }
}

/// The same for an adaptor: if it is no misuse, the upstream gets the null pointer.
template <class Upstream>
__attribute__((cold, noinline, no_sanitize("nonnull-attribute"))) void null_freed(
    const resource& by, Upstream& below, std::size_t bytes, std::size_t alignment) {
    if (null_is_misuse()) {
        return null_freed(by, bytes);
    }
    void* block = nullptr;
    // libstdc++ declares the argument non-null. This hides the null from the optimizer.
    asm volatile("" : "+r"(block));
    below.deallocate(block, bytes, alignment);
}

}  // namespace strata::detail

#endif
