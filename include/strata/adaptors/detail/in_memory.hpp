// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_IN_MEMORY_HPP
#define STRATA_ADAPTORS_DETAIL_IN_MEMORY_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

// Instructions that work on memory directly. Compilers make three of each where the variable is
// atomic, or where they have loaded it already. ThreadSanitizer does not see what assembly does.
#if defined(__GNUC__) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define STRATA_IN_MEMORY
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef STRATA_IN_MEMORY
#endif
#endif
#endif

namespace strata::detail {

inline void add_in_memory(std::int64_t& to, std::int64_t amount) noexcept {
#ifdef STRATA_IN_MEMORY
    asm("addq %1, %0" : "+m"(to) : "er"(amount) : "cc");
#else
    to += amount;
#endif
}

/// Subtracts, and returns whether the difference is below 0.
[[nodiscard]] inline bool falls_below_0(std::int64_t& from, std::int64_t amount) noexcept {
#ifdef STRATA_IN_MEMORY
    bool is_negative;
    asm("subq %2, %1" : "=@ccs"(is_negative), "+m"(from) : "er"(amount));
    return is_negative;
#else
    return (from -= amount) < 0;
#endif
}

[[nodiscard]] inline bool is_above(const std::int64_t& left, const std::int64_t& right) noexcept {
#ifdef STRATA_IN_MEMORY
    bool is;
    asm("cmpq %2, %1" : "=@ccg"(is) : "r"(left), "m"(right));
    return is;
#else
    return left > right;
#endif
}

[[nodiscard]] inline bool is_equal(std::uint64_t left,
                                   const std::atomic<std::uint64_t>& right) noexcept {
#ifdef STRATA_IN_MEMORY
    bool is;
    asm volatile("cmpq %2, %1" : "=@cce"(is) : "r"(left), "m"(right));
    return is;
#else
    return left == right.load(std::memory_order_relaxed);
#endif
}

/// Eight numbers of a byte each, which different threads may write without an atomic instruction.
class flags {
public:
    static constexpr std::size_t count = 8;

    /// Whether one of them is not 0, in one look at all.
    [[nodiscard]] bool any() const noexcept {
#ifdef STRATA_IN_MEMORY
        bool are_0;
        asm volatile("cmpq $0, %1" : "=@cce"(are_0) : "m"(all_));
        return !are_0;
#else
        for (const std::atomic<std::uint8_t>& each : all_) {
            if (each.load(std::memory_order_relaxed) != 0) {
                return true;
            }
        }
        return false;
#endif
    }
    [[nodiscard]] std::atomic<std::uint8_t>& operator[](std::size_t i) noexcept { return all_[i]; }

private:
    alignas(8) std::array<std::atomic<std::uint8_t>, count> all_{};
};

/// A number that one thread at a time writes, or several under a lock, and that any thread reads. A
/// reader of a number also sees all that its thread wrote before: with the free of a block, also
/// its allocation.
class own_counter {
public:
    [[nodiscard]] std::int64_t load() const noexcept {
        return value_.load(std::memory_order_acquire);
    }
    void store(std::int64_t value) noexcept { value_.store(value, std::memory_order_release); }
    void add(std::int64_t amount) noexcept {
#ifdef STRATA_IN_MEMORY
        // The processor keeps the order of stores, `volatile` that of the counters.
        asm volatile("addq %1, %0" : "+m"(value_) : "er"(amount) : "cc");
#else
        store(value_.load(std::memory_order_relaxed) + amount);
#endif
    }

private:
    std::atomic<std::int64_t> value_ = 0;
};

}  // namespace strata::detail

#undef STRATA_IN_MEMORY

#endif
