// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_LARGE_BLOCKS_HPP
#define STRATA_STRATEGIES_DETAIL_LARGE_BLOCKS_HPP

#include <cstddef>
#include <memory_resource>

#include <strata/core/detail/guard.hpp>
#include <strata/core/layout.hpp>

namespace strata::detail {

struct large_block;

/// The blocks that a pool does not carve from its chunks but takes from the upstream one by one.
/// Each has 32 bytes behind it, by which it is found again at once.
class large_blocks {
public:
    /// The guard is the pool's: it is told of what goes back to the upstream.
    large_blocks(std::pmr::memory_resource* upstream, guard& of_pool) noexcept
        : upstream_{upstream},
          guard_{of_pool} {}
    large_blocks(const large_blocks&) = delete;
    large_blocks& operator=(const large_blocks&) = delete;
    ~large_blocks() { give_back(remove_all()); }

    /// What to ask the upstream for: a block with room behind it. `std::bad_alloc` where that
    /// cannot be.
    [[nodiscard]] static layout whole(std::size_t bytes, std::size_t alignment);
    /// Makes a block of that, of so many bytes.
    void add(void* block, std::size_t bytes, layout as) noexcept;
    /// Removes it; returns what is to go back to the upstream, from where the block begins.
    [[nodiscard]] layout remove(void* block, std::size_t bytes) noexcept;
    /// The same with the calls of the upstream.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment);
    void deallocate(void* block, std::size_t bytes) noexcept;

    /// How much of a block of so many bytes may be used: the largest size to free it with.
    [[nodiscard]] static std::size_t room_for(std::size_t bytes) noexcept;
    /// What to ask the upstream for, so that a block gets so many bytes; size 0 where that cannot
    /// be. Before asking, remove the block and expose what stands behind it.
    [[nodiscard]] static layout resized(layout whole, std::size_t bytes) noexcept;
    static void expose(void* block, std::size_t bytes, layout as) noexcept;
    /// Adds the block again after that, with its size by then. Tell the guard of the size first.
    void add_again(void* block, std::size_t bytes, layout as) noexcept;
    /// Does all of that, with the call of the upstream.
    [[nodiscard]] bool try_expand(void* block, layout as, std::size_t bytes) noexcept;

    /// Whether a block of so many bytes seems to be there.
    [[nodiscard]] bool may_free(void* block, std::size_t bytes) const noexcept;
    /// Gives blocks that were removed back to the upstream. It changes nothing here.
    void give_back(large_block* removed) const noexcept;
    /// Removes all.
    [[nodiscard]] large_block* remove_all() noexcept;

    [[nodiscard]] bool hold(const void* block) const noexcept;
    /// In bytes, each with what is behind it.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_bytes_; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    void link(void* block, std::size_t bytes, layout as) noexcept;

    std::pmr::memory_resource* upstream_;
    guard& guard_;
    large_block* newest_ = nullptr;
    std::size_t bytes_ = 0;
    std::size_t peak_bytes_ = 0;
    std::size_t count_ = 0;
};

}  // namespace strata::detail

#endif
