// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_POOL_BASE_HPP
#define STRATA_STRATEGIES_DETAIL_POOL_BASE_HPP

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <utility>

#include <strata/core/detail/guard.hpp>
#include <strata/core/resource.hpp>
#include <strata/strategies/detail/chunks.hpp>
#include <strata/strategies/detail/free_list.hpp>
#include <strata/strategies/detail/large_blocks.hpp>
#include <strata/strategies/detail/link_code.hpp>
#include <strata/strategies/detail/size_class.hpp>

namespace strata::detail {

class shared_free_blocks;

/// The base of both pools: chunks, large blocks, the links of free blocks, and checks of freed
/// blocks.
class pool_base : public resource {
    friend class shared_free_blocks;

protected:
    /// Its destructor reports one free block that was written to. No lock may be held then.
    class written_block {
    public:
        explicit written_block(const pool_base& of) noexcept : of_{of} {}
        written_block(const written_block&) = delete;
        written_block& operator=(const written_block&) = delete;
        ~written_block() {
            if (at_ != nullptr) [[unlikely]] {
                report();
            }
        }
        void note(const link* at) const noexcept { at_ = at; }

    private:
        void report() const noexcept;

        const pool_base& of_;
        mutable const link* at_ = nullptr;
    };

    pool_base(const strata::label& name, std::pmr::memory_resource* upstream,
              const chunk_growth& growth, std::size_t largest, bool hardened,
              callers from) noexcept;

    /// Lets the quick paths serve reaches below `limit`.
    void set_quick_limit(std::size_t limit) noexcept;
    [[nodiscard]] std::size_t class_count() const noexcept { return size_class_of(limit_ - 1) + 1; }

    // --- free blocks

    // The quick paths for coded links. Slow paths call them: inside the pools' own quick paths they
    // would add instructions for pools without coded links.

    /// Null if the list is empty, or if the link in its first block was overwritten; `take_free`
    /// then reports that.
    [[nodiscard]] void* pop_coded(free_list& from) const noexcept {
        link* const block = from.first;
        if (block == nullptr) [[unlikely]] {
            return nullptr;
        }
        link* const next = links_.read_coded(block);
        if (next != nullptr && !chunks_.may_hold(next)) [[unlikely]] {
            return nullptr;
        }
        from.first = next;
        return block;
    }
    void push_coded(free_list& to, void* block) const noexcept {
        auto* const freed = static_cast<link*>(block);
        links_.write_coded(freed, std::exchange(to.first, freed));
    }

    /// The link in a free block. If it was overwritten, notes that and returns null: the blocks
    /// behind it stay unused until `release`.
    [[nodiscard]] link* next_free(const link* at, const written_block& found) const noexcept {
        link* const next = links_.read(at);
        if (links_.is_on() && next != nullptr && !chunks_.may_hold(next)) [[unlikely]] {
            found.note(at);
            return nullptr;
        }
        return next;
    }
    /// Takes the first block of a list that is not empty.
    void* take_free(free_list& from, const written_block& found) const noexcept {
        link* const block = from.first;
        from.first = next_free(block, found);
        return block;
    }
    void* take_free(free_list& from) const noexcept {
        return take_free(from, written_block{*this});
    }
    void put_free(free_list& to, void* block) const noexcept {
        auto* const freed = static_cast<link*>(block);
        links_.write(freed, std::exchange(to.first, freed));
    }
    /// Moves all blocks of one list to another, in which links are not coded.
    void decode(free_list& from, free_list& to, const written_block& found) const noexcept;
    /// Codes the links of a list.
    void code(const free_list& list) const noexcept;
    /// Whether the block is the first of the list. If so, reports that it is freed twice.
    [[nodiscard]] bool is_freed_twice(const free_list& in, const void* block) const noexcept {
        const bool is_first = links_.is_on() && block == in.first;
        if (is_first) [[unlikely]] {
            report_freed_twice(block);
        }
        return is_first;
    }

    // --- blocks that are freed or resized

    /// Whether a block with this layout comes from the upstream directly.
    [[nodiscard]] bool is_large(layout as) const noexcept {
        return reach_of(as.size == 0 ? 1 : as.size, as.alignment) >= limit_;
    }
    /// The usable size of a block that was served with this layout.
    [[nodiscard]] std::size_t room_of(layout as) const noexcept;
    /// Why the block cannot have been served with this layout; null if it can.
    [[nodiscard]] const char* objection_to(void* block, layout as) const noexcept {
        if (!is_large(as)) {
            return chunks_.may_hold(block) ? nullptr : "which it did not serve";
        }
        return large_.may_free(block, as)
                   ? nullptr
                   : "which it did not serve, which was freed before, or which was served with "
                     "another size";
    }
    /// Frees a large block. With coded links, it is checked first.
    void put_large(void* block, layout as) noexcept;

    [[nodiscard]] std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override;
    /// The block size of its class; for a large block that is not kept when freed, its size rounded
    /// up to 8 bytes.
    [[nodiscard]] std::size_t do_usable_size(const void* block, layout as) const noexcept override;
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

    std::size_t quick_limit_ = 0;  // the quick paths serve reaches below it
    std::size_t coded_limit_ = 0;  // the same for coded links; 0 if a tool watches
    std::size_t limit_;            // blocks with a reach below it are carved from chunks
    guard guard_;
    link_code links_;  // coded if the guard is on or the pool is hardened
    chunks chunks_;
    large_blocks large_;
    const bool hardened_;  // as the description asks for

private:
    [[gnu::cold]] void report_freed_twice(const void* block) const noexcept;
};

}  // namespace strata::detail

#endif
