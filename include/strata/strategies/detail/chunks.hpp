// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_CHUNKS_HPP
#define STRATA_STRATEGIES_DETAIL_CHUNKS_HPP

#include <cstddef>
#include <memory_resource>

#include <strata/strategies/detail/link.hpp>

namespace strata::detail {

/// How chunks grow; all in bytes but the number of blocks. 0 is no number for any.
struct chunk_growth {
    std::size_t first;       // what the first chunk takes
    std::size_t largest;     // no chunk takes more, save for a single block that needs it
    std::size_t max_blocks;  // no chunk holds more blocks of the size that it is taken for
};

struct chunk;

/// A part of a chunk.
struct piece {
    std::byte* begin;
    std::byte* end;
    chunk* in;

    [[nodiscard]] std::size_t bytes() const noexcept {
        return static_cast<std::size_t>(end - begin);
    }
};

/// Neighbouring blocks of one size.
struct run {
    std::byte* begin;
    std::size_t blocks;
    chunk* in;
};

/// The chunks that a pool takes from its upstream. The newest is cut into runs of blocks of one
/// size; what is left of it is the window. Under AddressSanitizer all is poisoned, until the pool
/// hands it out.
class chunks {
public:
    /// Runs start at multiples of `run_alignment`, or of what their blocks need.
    chunks(std::pmr::memory_resource* upstream, const chunk_growth& growth,
           std::size_t run_alignment = 1) noexcept
        : upstream_{upstream}, growth_{growth}, run_alignment_{run_alignment} {}
    chunks(const chunks&) = delete;
    chunks& operator=(const chunks&) = delete;
    ~chunks() { release(); }

    [[nodiscard]] std::pmr::memory_resource* upstream() const noexcept { return upstream_; }
    [[nodiscard]] const chunk_growth& growth() const noexcept { return growth_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] bool holds(const void* address) const noexcept;

    /// Whether `cut` can serve a block of this size.
    [[nodiscard]] bool has_room_for(std::size_t block_size) const noexcept;
    /// Takes a chunk for at least one such block as the window; returns what was left of the last.
    piece take(std::size_t block_size);
    /// Cuts blocks off the window: at least one, at most `most_blocks`, fewer while the pool is
    /// small. The gap is what their alignment left over.
    run cut(std::size_t block_size, std::size_t most_blocks, piece& gap) noexcept;
    /// To be told of all that is used of a chunk: it is in use until all of that is free.
    void use(chunk* in, std::size_t bytes) noexcept;

    /// Gives everything back.
    void release() noexcept;

    // Trimming: start_trim; then count_free for all that is free; then, wherever is_free says so,
    // the pool forgets it; then finish_trim, which gives back the chunks and returns their bytes.
    // The walk starts at the chunk `from` (null: the first) and takes addresses in rising order.
    void start_trim() noexcept;
    void count_free(const void* begin, std::size_t bytes, chunk*& from) noexcept;
    [[nodiscard]] bool is_free(const void* address, chunk*& from) const noexcept;
    std::size_t finish_trim() noexcept;

private:
    [[nodiscard]] std::size_t alignment_of_run(std::size_t block_size) const noexcept;
    [[nodiscard]] chunk* find(const void* address, chunk* from) const noexcept;
    void give_back(chunk* freed) noexcept;

    std::pmr::memory_resource* upstream_;
    chunk_growth growth_;
    std::size_t run_alignment_;
    chunk* first_ = nullptr;
    piece window_{};
    std::size_t bytes_ = 0;
};

}  // namespace strata::detail

#endif
