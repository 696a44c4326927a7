// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_NUMBER_MAP_HPP
#define STRATA_TOOL_TRACE_NUMBER_MAP_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace strata::tool::trace {

/// Values by number, in one table without pointers: two look-ups for each block of a trace are most
/// of the work of reading it. All numbers but the largest can be keys.
///
/// Complexity: constant; `clear` returns the memory.
template <class Value>
class number_map {
public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Null if there is none. Valid until the next change.
    [[nodiscard]] Value* find(std::uint64_t key) noexcept {
        if (size_ == 0) {
            return nullptr;
        }
        slot& found = slots_[place_of(key + 1)];
        return found.key == 0 ? nullptr : &found.value;
    }

    void put(std::uint64_t key, const Value& value) {
        if (4 * (size_ + 1) > 3 * slots_.size()) {
            grow();
        }
        slot& found = slots_[place_of(key + 1)];
        size_ += found.key == 0 ? 1 : 0;
        found = {key + 1, value};
    }

    /// Takes a value out.
    std::optional<Value> take(std::uint64_t key) {
        if (size_ == 0) {
            return std::nullopt;
        }
        const std::size_t at = place_of(key + 1);
        if (slots_[at].key == 0) {
            return std::nullopt;
        }
        const std::optional<Value> value{slots_[at].value};
        close_gap(at);
        --size_;
        return value;
    }

    void clear() noexcept {
        slots_ = {};
        size_ = 0;
    }

    template <class Action>
    void for_each(const Action& action) const {
        for (const slot& each : slots_) {
            if (each.key != 0) {
                action(each.key - 1, each.value);
            }
        }
    }

private:
    struct slot {
        std::uint64_t key = 0;  ///< plus one; 0 is an empty slot
        Value value{};
    };

    [[nodiscard]] std::size_t home_of(std::uint64_t key) const noexcept {
        return (key * 0x9E3779B97F4A7C15u) >> (64 - std::countr_zero(slots_.size()));
    }
    [[nodiscard]] std::size_t after(std::size_t at) const noexcept {
        return (at + 1) & (slots_.size() - 1);
    }
    // Where the key is, or the empty slot where it would be.
    [[nodiscard]] std::size_t place_of(std::uint64_t key) const noexcept {
        std::size_t at = home_of(key);
        while (slots_[at].key != 0 && slots_[at].key != key) {
            at = after(at);
        }
        return at;
    }
    // Moves later ones up that the gap would hide.
    void close_gap(std::size_t gap) noexcept {
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t at = after(gap); slots_[at].key != 0; at = after(at)) {
            const std::size_t home = home_of(slots_[at].key);
            if (((at - home) & mask) >= ((at - gap) & mask)) {
                slots_[gap] = slots_[at];
                gap = at;
            }
        }
        slots_[gap].key = 0;
    }
    void grow() {
        std::vector<slot> old(slots_.empty() ? 16 : 2 * slots_.size());
        old.swap(slots_);
        for (const slot& each : old) {
            if (each.key != 0) {
                slots_[place_of(each.key)] = each;
            }
        }
    }

    std::vector<slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace strata::tool::trace

#endif
