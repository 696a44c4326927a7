// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_RECORDS_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_RECORDS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <strata/core/layout.hpp>

#include "diagnostics/address_map.hpp"

namespace strata::detail {

enum class block_state : std::uint8_t { live, freed, released };

/// The record of a block. The stacks of the calls that allocated and freed the block follow in
/// memory.
struct debug_record {
    std::byte* begin;
    std::size_t bytes;
    std::size_t alignment;
    std::uint64_t number;          // of the allocation, from 1
    debug_record* next = nullptr;  // in the quarantine
    std::uint16_t most_calls;      // of each of the two stacks
    std::uint16_t allocation_calls = 0;
    std::uint16_t free_calls = 0;
    block_state state = block_state::live;

    [[nodiscard]] layout as() const noexcept { return {bytes, alignment}; }
    [[nodiscard]] bool is_live() const noexcept { return state == block_state::live; }

    [[nodiscard]] std::span<void* const> allocated_by() const noexcept {
        return {calls(), allocation_calls};
    }
    [[nodiscard]] std::span<void* const> freed_by() const noexcept {
        return {calls() + most_calls, free_calls};
    }
    void set_allocated_by(std::span<void* const> stack) noexcept {
        std::ranges::copy(stack, calls());
        allocation_calls = static_cast<std::uint16_t>(stack.size());
    }
    void set_freed_by(std::span<void* const> stack) noexcept {
        std::ranges::copy(stack, calls() + most_calls);
        free_calls = static_cast<std::uint16_t>(stack.size());
    }

private:
    [[nodiscard]] void** calls() const noexcept {
        return reinterpret_cast<void**>(const_cast<debug_record*>(this) + 1);
    }
};

/// The records of live and quarantined blocks, in the order of their addresses. They are in pages
/// of their own, which no write beyond a block reaches. A search is O(log n).
class debug_records {
public:
    explicit debug_records(std::size_t most_calls) noexcept
        : most_calls_{static_cast<std::uint16_t>(most_calls)} {}

    /// The size of a record with its stacks, in bytes.
    [[nodiscard]] std::size_t record_bytes() const noexcept {
        return sizeof(debug_record) + sizeof(void*) * 2 * most_calls_;
    }

    /// Null if there is no memory for it.
    [[nodiscard]] debug_record* add(std::byte* begin, layout as, std::uint64_t number) noexcept;
    void remove(debug_record& record) noexcept;

    /// The block that begins there; null if none does.
    [[nodiscard]] debug_record* find(const void* begin) const noexcept;
    /// The last block that begins at or before the address, and the first after it.
    [[nodiscard]] debug_record* last_up_to(const void* address) const noexcept;
    [[nodiscard]] debug_record* first_after(const void* address) const noexcept;

    [[nodiscard]] debug_record* first() const noexcept { return at(map_.begin()); }
    template <class Work>
    void for_each(const Work& work) const {
        for (auto each = map_.begin(); each != map_.end(); ++each) {
            work(*each->second);
        }
    }

private:
    using map = address_map<debug_record*>;

    [[nodiscard]] debug_record* at(map::iterator found) const noexcept {
        return found == map_.end() ? nullptr : found->second;
    }

    std::uint16_t most_calls_;
    node_pages memory_{leak_search::reads};
    mutable map map_;
};

}  // namespace strata::detail

#endif
