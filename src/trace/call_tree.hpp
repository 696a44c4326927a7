// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_CALL_TREE_HPP
#define STRATA_SRC_TRACE_CALL_TREE_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/threads/detail/fork_gate.hpp>

#include "frame_rules.hpp"
#include "module_at.hpp"

namespace strata::detail {

class trace_writer;

/// All calls of the stacks in a trace, as a tree: a call is known by its address and the call that
/// it is inside of. So a whole stack is one number: that of its innermost call.
///
/// A call that is new is written to the trace, and so is a module with the first call in it. Calls
/// that are known are found without a lock.
///
/// Overhead: 64 to 128 bytes of the system's memory a call, at most 64 MiB; 1 MiB for `rules`.
/// Errors: without memory, without room in the file, and after `most_calls`, a new call has the
/// number 0.
class call_tree {
public:
    static constexpr std::uint32_t most_calls = 1024 * 1024;

    explicit call_tree(trace_writer& to) noexcept : to_{to} {}
    call_tree(const call_tree&) = delete;
    call_tree& operator=(const call_tree&) = delete;
    ~call_tree();

    /// The number of the call that returns to this address, inside of the call `caller`, or of none
    /// (0). `now` is the clock for its event.
    [[nodiscard]] std::uint32_t call(std::uint32_t caller, std::uintptr_t returns_to,
                                     std::uint64_t now) noexcept {
        const key wanted{returns_to - 1, caller, unloads()};
        const table* const in = newest_.load(std::memory_order_acquire);
        const std::uint32_t known = in == nullptr ? 0 : find(*in, wanted);
        return known != 0 ? known : add(wanted, now);
    }

    /// After a module was unloaded: another one may be at its addresses. So all calls get new
    /// numbers when they are next made.
    void forget_unloaded() noexcept;
    /// The same if one of the modules with calls is not loaded any more: see `is_loaded`. Unlike
    /// the other one, it may be called with a lock held for which a thread in the loader waits.
    void forget_missing() noexcept;
    /// How often that was so: numbers of calls from before are not to be used again.
    [[nodiscard]] std::uint16_t unloads() const noexcept {
        return unloads_.load(std::memory_order_relaxed);
    }

    /// The first member, so that it begins with a page.
    frame_rules rules;

private:
    struct key {
        std::uintptr_t address;
        std::uint32_t caller;
        std::uint16_t unloads;  // how often addresses have changed their meaning

        // The words of its slot; the second one without the number.
        [[nodiscard]] std::uint64_t first() const noexcept {
            return address | std::uint64_t{caller} << 48;
        }
        [[nodiscard]] std::uint64_t second() const noexcept {
            return std::uint64_t{caller} >> 16 | std::uint64_t{unloads} << 16;
        }
    };
    /// The second word is written first: a slot whose first word is there is complete.
    struct slot {
        std::atomic<std::uint64_t> first;   // 0: empty
        std::atomic<std::uint64_t> second;  // the number is in the upper half
    };
    /// A table is left as it is when a larger one replaces it: a thread may be reading it.
    struct alignas(16) table {
        table* older;
        std::uint64_t slots;
        int shift;  // of a hash, to the number of a slot
    };
    static constexpr std::uint64_t first_slots = 4096;

    [[nodiscard]] static std::size_t bytes_for(std::uint64_t slots) noexcept;
    [[nodiscard]] static slot* slots_of(const table& in) noexcept {
        return reinterpret_cast<slot*>(const_cast<table*>(&in) + 1);
    }
    [[nodiscard]] static std::uint64_t home_of(const table& in, std::uint64_t first,
                                               std::uint64_t second) noexcept {
        const std::uint64_t caller = first >> 48 | (second & 0xFFFF) << 16;
        const std::uint64_t address = first & ((std::uint64_t{1} << 48) - 1);
        const std::uint64_t mixed =
            (address + caller * 0xC2B2'AE3D'27D4'EB4Fu) * 0x9E37'79B9'7F4A'7C15u;
        return mixed >> in.shift;
    }
    [[nodiscard]] static std::uint32_t find(const table& in, const key& wanted) noexcept {
        const std::uint64_t first = wanted.first();
        const std::uint64_t second = wanted.second();
        for (std::uint64_t at = home_of(in, first, second);; at = (at + 1) & (in.slots - 1)) {
            const slot& each = slots_of(in)[at];
            const std::uint64_t seen = each.first.load(std::memory_order_acquire);
            if (seen == 0) {
                return 0;
            }
            const std::uint64_t rest = each.second.load(std::memory_order_relaxed);
            if (seen == first && static_cast<std::uint32_t>(rest) == second) {
                return static_cast<std::uint32_t>(rest >> 32);
            }
        }
    }

    [[gnu::cold, gnu::noinline]] std::uint32_t add(const key& wanted, std::uint64_t now) noexcept;
    [[nodiscard]] bool make_room() noexcept;
    static void put(table& in, std::uint64_t first, std::uint64_t second) noexcept;
    [[nodiscard]] std::uint16_t number_of(const loaded_module& module, std::uint64_t now) noexcept;

    void forget_modules() noexcept;

    struct known_module {
        loaded_module is;
        std::uint16_t number;
    };

    trace_writer& to_;
    std::atomic<table*> newest_ = nullptr;
    std::atomic<std::uint16_t> unloads_ = 0;
    std::atomic<bool> is_full_ = false;

    section_mutex mutex_{lock_order::calls};  // guards all below
    // When it was last asked: not here, where the child of a fork would wait for a thread that
    // had the loader's lock.
    std::uint64_t unloaded_ = 0;
    std::uint32_t calls_ = 0;
    std::uint16_t last_module_ = 0;  // its number
    std::size_t known_modules_ = 0;
    std::size_t latest_module_ = 0;
    std::array<known_module, 1024> modules_{};
};

}  // namespace strata::detail

#endif
