// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_SHARED_FREE_BLOCKS_HPP
#define STRATA_STRATEGIES_DETAIL_SHARED_FREE_BLOCKS_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/detail/cache_line.hpp>
#include <strata/strategies/detail/pool_base.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata::detail {

/// The free blocks of a concurrent pool that belong to no thread: batches, and loose blocks. A
/// batch is a list; the second word of its first block is the link to the next batch.
class shared_free_blocks {
public:
    explicit shared_free_blocks(const pool_base& of) noexcept;

    /// A batch needs two words in a block.
    static constexpr std::size_t block_size(std::size_t index) noexcept {
        return index == 0 ? 2 * sizeof(link) : size_of_class(index);
    }
    /// How many blocks a batch of a size class has.
    [[nodiscard]] static std::uint16_t blocks_in_batch(std::size_t index) noexcept;

    /// Takes a batch of a size class or, if there is none, the loose blocks. `room` becomes the
    /// number of blocks that they lack to be a batch. False if there are no blocks.
    bool take(std::size_t index, free_list& to, std::uint16_t& room) noexcept;
    void add_batch(std::size_t index, free_list batch) noexcept;
    /// Adds blocks that are not a batch.
    void add(std::size_t index, free_list blocks) noexcept;
    /// Forgets all blocks.
    void clear() noexcept;

    // Trimming: while all classes are locked, `count_free` for each class, then `drop_free`.
    void lock() noexcept;
    void unlock() noexcept;
    void count_free(std::size_t index, chunks& in, const pool_base::written_block& found) noexcept;
    void drop_free(std::size_t index, const chunks& in) noexcept;

private:
    struct of_class {
        std::atomic<bool> any;
        std::uint32_t loose_blocks;
        free_list loose;  // less than a batch
        link* batches;
    };
    struct alignas(cache_line) class_lock {
        section_mutex mutex;
    };

    [[nodiscard]] section_mutex& mutex_of(std::size_t index) noexcept;
    void add_batch_locked(std::size_t index, free_list batch) noexcept;
    void add_locked(std::size_t index, void* block) noexcept;

    const pool_base& pool_;
    std::array<of_class, size_class_count> classes_{};
    std::array<class_lock, class_locks> locks_;  // class i has lock i % class_locks
};

}  // namespace strata::detail

#endif
