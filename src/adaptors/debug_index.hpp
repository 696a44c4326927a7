// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_INDEX_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_INDEX_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <strata/adaptors/detail/debug_base.hpp>
#include <strata/core/layout.hpp>

namespace strata::detail {

enum class block_state : std::uint8_t { live, freed, released };

/// What is known of a block, in memory of its own from the upstream, with room behind it for the
/// calls that allocated and that freed the block.
struct debug_block : debug_links {
    debug_block(std::byte* at, layout asked, std::uint64_t serial, std::size_t room) noexcept;

    [[nodiscard]] layout as() const noexcept { return {bytes, alignment}; }
    [[nodiscard]] std::byte* end() const noexcept { return begin + bytes; }

    [[nodiscard]] std::span<void*> room_for_allocation() noexcept { return {calls(), most_calls}; }
    [[nodiscard]] std::span<void*> room_for_free() noexcept {
        return {calls() + most_calls, most_calls};
    }
    [[nodiscard]] std::span<void* const> allocated_by() const noexcept {
        return {calls(), allocation_calls};
    }
    [[nodiscard]] std::span<void* const> freed_by() const noexcept {
        return {calls() + most_calls, free_calls};
    }

    /// Ends the program, with a message, if somebody has written over this.
    void check() const noexcept;
    /// Whether what is said of the block itself is still what was written.
    [[nodiscard]] bool knows_its_block() const noexcept { return checksum == sum_of_block(); }

    /// From now on the block has so many bytes.
    void resize(std::size_t to) noexcept;

    /// To be called last: where the memory serves something else, no record is taken to be there.
    void break_seal() noexcept { seal = 0; }

    std::byte* begin;
    std::size_t bytes;
    std::size_t alignment;
    std::uint64_t number;         // of the allocation, from 1
    debug_block* next = nullptr;  // in the quarantine
    std::uint64_t checksum;
    std::uint16_t most_calls;
    std::uint16_t allocation_calls = 0;
    std::uint16_t free_calls = 0;
    block_state state = block_state::live;

private:
    [[nodiscard]] std::uint64_t sum_of_block() const noexcept;
    [[nodiscard]] void** calls() const noexcept {
        return reinterpret_cast<void**>(const_cast<debug_block*>(this) + 1);
    }
};

/// The blocks of a tree in the order of their addresses, live and quarantined ones. All O(log n).
class debug_index {
public:
    explicit debug_index(debug_links& head) noexcept : head_{head} {}

    /// Makes `head` the head of an empty tree.
    static void make_empty(debug_links& head) noexcept;

    void insert(debug_block& block) noexcept;
    void erase(debug_block& block) noexcept;

    /// Null where no block begins there.
    [[nodiscard]] debug_block* find(const void* begin) const noexcept;
    /// The last block that begins at or before the address, and the first after it.
    [[nodiscard]] debug_block* before(const void* address) const noexcept;
    [[nodiscard]] debug_block* after(const void* address) const noexcept;

    [[nodiscard]] debug_block* first() const noexcept;
    [[nodiscard]] debug_block* next(debug_block& block) const noexcept;

    /// A record of this tree that lies in this memory, which is aligned as records are and may
    /// hold anything. O(bytes).
    [[nodiscard]] debug_block* record_in(std::span<const std::byte> memory) const noexcept;

    /// The last block that begins at or before the address, as far as records are whole on the way
    /// there. Unlike all else it ends no program.
    [[nodiscard]] debug_block* last_whole_before(const void* address) const noexcept;

    /// Calls `work` with each record that can be reached by way of others that are whole; with no
    /// more than `most`, since links may lead in circles.
    template <class Work>
    void for_each_whole(std::size_t most, const Work& work) const {
        for_each_whole_below(head_.parent, deepest, most, work);
    }

private:
    static constexpr int deepest = 128;  // twice what 2^64 blocks need

    [[nodiscard]] static bool is_whole(const debug_links* node) noexcept;
    template <class Work>
    void for_each_whole_below(debug_links* node, int deepest, std::size_t& most,
                              const Work& work) const {
        if (node == nullptr || node == &head_ || deepest == 0 || most == 0 || !is_whole(node)) {
            return;
        }
        --most;
        work(static_cast<debug_block&>(*node));
        for_each_whole_below(node->left, deepest - 1, most, work);
        for_each_whole_below(node->right, deepest - 1, most, work);
    }
    [[nodiscard]] debug_block* block_at(debug_links* node) const noexcept;

    debug_links& head_;
};

}  // namespace strata::detail

#endif
