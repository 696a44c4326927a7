// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_POOL_BASE_HPP
#define STRATA_STRATEGIES_DETAIL_POOL_BASE_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <utility>

#include <strata/core/detail/guard.hpp>
#include <strata/core/detail/layer.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/strategies/detail/chunk_options.hpp>
#include <strata/strategies/detail/chunks.hpp>
#include <strata/strategies/detail/free_list.hpp>
#include <strata/strategies/detail/large_blocks.hpp>
#include <strata/strategies/detail/link_code.hpp>
#include <strata/strategies/detail/size_class.hpp>

namespace strata::detail {

class shared_free_blocks;

/// What the two pools share: chunks that they carve, large blocks, the links of free blocks, and
/// the checks of what is freed.
class pool_base : public resource {
    friend class shared_free_blocks;

public:
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept {
        return chunks_.upstream();
    }

protected:
    /// Reports one free block that was written to, at the end of its life: no lock may be held
    /// then.
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
              const chunk_growth& growth, std::size_t limit, bool hardened, callers from) noexcept;

    /// Lets the quick paths serve reaches below `limit`.
    void set_quick_limit(std::size_t limit) noexcept;
    [[nodiscard]] std::size_t class_count() const noexcept { return size_class_of(limit_ - 1) + 1; }

    // --- free blocks

    // The quick paths where links are coded. In the pools' headers they would cost those of other
    // pools instructions.

    /// Null where the list is empty, and where the link of its first block is not a link;
    /// `take_free` then reports that.
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
    /// behind it stay unused until the release.
    [[nodiscard]] link* next_free(const link* at, const written_block& found) const noexcept;
    /// Takes the first block of a list, which is not empty.
    void* take_free(free_list& from, const written_block& found) const noexcept;
    void* take_free(free_list& from) const noexcept {
        return take_free(from, written_block{*this});
    }
    void put_free(free_list& to, void* block) const noexcept;
    /// Moves all blocks of one list to another, in which links are not coded.
    void decode(free_list& from, free_list& to, const written_block& found) const noexcept;
    /// Codes the links of a list.
    void code(const free_list& list) const noexcept;
    /// Whether the block is the first of the list. If so, reports that it is freed twice.
    [[nodiscard]] bool is_freed_twice(const free_list& in, const void* block) const noexcept;

    // --- blocks that are freed or resized

    /// Whether such a block is the upstream's own.
    [[nodiscard]] bool is_large(layout as) const noexcept;
    /// How many bytes a block has that was served with this layout.
    [[nodiscard]] std::size_t room_of(layout as) const noexcept;
    /// Why a block cannot have been served with this layout, or null.
    [[nodiscard]] const char* objection_to(void* block, layout as) const noexcept;

    [[nodiscard]] std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override;
    /// The block size of its class; for a large block, its size rounded up to 8 bytes.
    [[nodiscard]] std::size_t do_usable_size(const void* block, layout as) const noexcept override;
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

    std::size_t quick_limit_ = 0;  // the quick paths serve reaches below it
    std::size_t coded_limit_ = 0;  // instead of it where links are coded and the guard is off
    std::size_t limit_;            // reaches below it have a size class
    guard guard_;
    link_code links_;  // coded where the guard is on, too
    chunks chunks_;
    large_blocks large_;
    const bool hardened_;  // as its description asks for
};

/// A pool with a description: its constructors, those of the standard's pools among them, and its
/// options.
template <class Self, class Description>
class described_pool : public layer<Self, Description, pool_base> {
public:
    described_pool() : described_pool{Description{}} {}
    explicit described_pool(std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND)
        : described_pool{Description{}, upstream} {}
    explicit described_pool(const std::pmr::pool_options& options)
        : described_pool{options, std::pmr::get_default_resource()} {}
    described_pool(const std::pmr::pool_options& options,
                   std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND)
        : described_pool{from_standard<Description>(options), upstream} {}
    // A template, so that `{{blocks, bytes}, &upstream}` means std::pmr::pool_options, as for the
    // standard's class.
    template <std::derived_from<Description> Given>
    explicit described_pool(const Given& description,
                            std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                                std::pmr::get_default_resource())
        : described_pool{upstream, description} {}

    /// What is in force: no field is 0, and the largest block is a size class.
    [[nodiscard]] pool_options_in_force<Description> options() const noexcept;

protected:
    void do_list_options(option_list& to) const override;

private:
    described_pool(std::pmr::memory_resource* upstream, const Description& description) noexcept;
};

}  // namespace strata::detail

#endif
