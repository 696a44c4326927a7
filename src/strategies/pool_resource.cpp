// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/pool_resource.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <new>
#include <utility>

#include <strata/core/layout.hpp>

namespace strata {

using detail::link;

// Stands at the end of its chunk, so that the chunk's start has the alignment that was asked for.
struct pool_resource::chunk : link {
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;
    std::size_t run_bytes;   // taken by classes
    std::size_t free_bytes;  // of these, not live; known during trim alone

    [[nodiscard]] chunk* next_chunk() const noexcept { return static_cast<chunk*>(next); }
    [[nodiscard]] std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this); }
    [[nodiscard]] std::byte* begin() noexcept { return end() + sizeof(chunk) - size; }
    [[nodiscard]] bool holds(const void* address) noexcept {
        return std::less_equal<>{}(begin(), address) && std::less<>{}(address, end());
    }
    [[nodiscard]] bool is_free() const noexcept { return free_bytes == run_bytes; }
};

// Stands behind its block, where deallocate finds it by the block's size.
struct pool_resource::large_block {
    large_block* newer;
    large_block* older;
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;

    [[nodiscard]] std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this); }
    [[nodiscard]] std::byte* begin() noexcept { return end() + sizeof(large_block) - size; }
};

namespace {

// Chunks stay below what glibc maps and unmaps at each call until the pool is so large that their
// number matters more.
constexpr std::size_t usual_chunk = 65536;

constexpr std::size_t longest_run = 16384;
constexpr std::size_t blocks_per_run = 8;

// Bins are made ready so many at a time: at first those of blocks up to 256 bytes.
constexpr std::size_t classes_at_once = 24;

// From so many blocks on, the free ones of a class may have left the cache; after so many frees it
// shows whether they have.
constexpr std::size_t many_blocks = 2048;
constexpr std::size_t trial_frees = 1024;

constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();

std::size_t rounded(std::size_t bytes, std::size_t multiple) noexcept {
    return (bytes + multiple - 1) & ~(multiple - 1);
}

std::byte* rounded(std::byte* address, std::size_t alignment) noexcept {
    return address + ((0 - reinterpret_cast<std::uintptr_t>(address)) & (alignment - 1));
}

std::size_t or_default(std::size_t value, std::size_t standard) noexcept {
    return value == 0 ? standard : value;
}

}  // namespace

pool_resource::pool_resource(std::pmr::memory_resource* upstream, const pool& description)
    : upstream_{upstream},
      max_blocks_per_chunk_{
          or_default(description.max_blocks_per_chunk, pool{}.max_blocks_per_chunk)},
      first_chunk_{std::min(or_default(description.first_chunk, pool{}.first_chunk), most / 2)},
      largest_chunk_{
          std::min(or_default(description.largest_chunk, pool{}.largest_chunk), most / 2)} {
    const std::size_t largest =
        std::min(or_default(description.largest_block, pool{}.largest_block),
                 detail::largest_class_size);
    limit_ = detail::size_of_class(detail::size_class_of(largest - 1));
}

pool_resource::~pool_resource() {
    give_all_back();
}

std::pmr::pool_options pool_resource::options() const noexcept {
    std::pmr::pool_options in_force;
    in_force.max_blocks_per_chunk = max_blocks_per_chunk_;
    in_force.largest_required_pool_block = limit_;
    return in_force;
}

// --- allocate ---------------------------------------------------------------------------------

[[gnu::noinline]] void* pool_resource::allocate_slow(std::size_t bytes, std::size_t alignment) {
    if (bytes == 0) {
        return do_allocate(1, alignment);
    }
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return allocate_large(bytes, alignment);
    }
    const std::size_t index = detail::size_class_of(reach);
    if (index >= ready_) {
        make_ready(index);
    }
    free_blocks& from = free_[index];
    if (!from.few.empty()) {
        return from.few.pop(bytes);
    }
    if (!from.many.empty()) {
        return from.many.pop(bytes);
    }
    if (fresh_bytes(index) == 0) {
        refill(index);
    }
    std::byte*& fresh = fresh_[index].begin;
    std::byte* block = std::exchange(fresh, fresh + detail::size_of_class(index));
    detail::unpoison(block, bytes);
    return block;
}

// Bins are initialised as they are needed, because for a pool that serves little that would be most
// of its work.
void pool_resource::make_ready(std::size_t index) noexcept {
    const std::size_t classes = detail::size_class_of(limit_ - 1) + 1;
    const std::size_t ready = std::min(classes, rounded(index + 1, classes_at_once));
    std::fill(free_.begin() + ready_, free_.begin() + ready, free_blocks{});
    std::fill(fresh_.begin() + ready_, fresh_.begin() + ready, fresh_blocks{});
    ready_ = ready;
    quick_limit_ = std::min(detail::size_of_class(ready - 1), detail::table_reach);
}

// Gives the class a run of fresh blocks: short while the pool is small, so that many classes share
// its first chunk, and long enough later that the slow path is rare.
void pool_resource::refill(std::size_t index) {
    const std::size_t size = detail::size_of_class(index);
    const std::size_t alignment = detail::alignment_of_class_size(size);
    if (fresh_[index].grown >= many_blocks && size >= 2 * sizeof(link)) {
        divert(index);
    }
    const auto gap_bytes = static_cast<std::size_t>(rounded(window_, alignment) - window_);
    if (window_bytes() < gap_bytes + size) {
        take_chunk(size);
    }
    std::byte* begin = rounded(window_, alignment);
    const std::size_t run = std::min({blocks_per_run * size, longest_run, chunk_bytes_ / 8,
                                      window_bytes() - static_cast<std::size_t>(begin - window_)});
    std::byte* gap = std::exchange(window_, begin + std::max(run / size, std::size_t{1}) * size);
    give_run(index, begin, static_cast<std::size_t>(window_ - begin) / size);
    donate(gap, begin);
}

std::size_t pool_resource::window_bytes() const noexcept {
    return window_chunk_ == nullptr ? 0 : static_cast<std::size_t>(window_chunk_->end() - window_);
}

void pool_resource::give_run(std::size_t index, std::byte* begin, std::size_t blocks) noexcept {
    const std::size_t bytes = blocks * detail::size_of_class(index);
    constexpr std::size_t enough = many_blocks;
    const std::size_t grown = std::min(fresh_[index].grown + blocks, enough);
    fresh_[index] = {begin, begin + bytes, static_cast<std::uint32_t>(grown), fresh_[index].trial};
    window_chunk_->run_bytes += bytes;
    run_bytes_ += bytes;
    run_blocks_ += blocks;
}

// Takes a chunk for at least one block of this size, which becomes the window.
void pool_resource::take_chunk(std::size_t block_size) {
    const std::size_t grown = std::max(std::min(chunk_bytes_, usual_chunk), chunk_bytes_ / 16);
    std::size_t size = std::min(std::max(grown, first_chunk_), largest_chunk_);
    size = rounded(std::max(size, block_size + sizeof(chunk)), alignof(std::max_align_t));
    if (max_blocks_per_chunk_ <= size / block_size) {
        // Not rounded: that might make room for one block more.
        size = max_blocks_per_chunk_ * block_size + sizeof(chunk);
    }
    const std::size_t alignment =
        std::max(detail::alignment_of_class_size(block_size), alignof(std::max_align_t));
    auto* memory = static_cast<std::byte*>(upstream_->allocate(size, alignment));
    donate(window_, window_ + window_bytes());
    chunks_ = ::new (memory + size - sizeof(chunk)) chunk{{chunks_}, size, alignment, 0, 0};
    chunk_bytes_ += size;
    window_chunk_ = chunks_;
    window_ = memory;
    detail::poison(window_, window_bytes());
}

// Gives a piece of the window's chunk, too small for what is wanted, to the largest class that can
// use it.
void pool_resource::donate(std::byte* begin, std::byte* end) noexcept {
    const auto room = static_cast<std::size_t>(end - begin);
    if (room < detail::size_of_class(0)) {
        return;
    }
    const std::size_t largest = detail::size_class_of(std::min(room, limit_) - 1);
    for (std::size_t index = std::min(largest + 1, ready_); index-- != 0;) {
        const std::size_t size = detail::size_of_class(index);
        if (size <= room && fresh_bytes(index) == 0 &&
            rounded(begin, detail::alignment_of_class_size(size)) == begin) {
            give_run(index, begin, room / size);
            return;
        }
    }
}

// --- deallocate -------------------------------------------------------------------------------

[[gnu::noinline]] void pool_resource::deallocate_slow(void* block, std::size_t bytes,
                                                      std::size_t alignment) {
    if (bytes == 0) {
        return do_deallocate(block, 1, alignment);
    }
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return deallocate_large(block, bytes);
    }
    const std::size_t index = detail::size_class_of(reach);
    if (!free_[index].few.is_diverted()) {
        return free_[index].few.push(block, detail::size_of_class(index));
    }
    free_[index].many.push(block, detail::size_of_class(index));
    if (--fresh_[index].trial == 0) {
        settle(index);
    }
}

// --- many free blocks -------------------------------------------------------------------------

// A linked list is the quickest while its blocks are in the cache, and by far the slowest once
// thousands were freed in no order: each take then waits for a block that tells where the next is.
// A class that has grown to so many blocks keeps its free ones unrolled instead, on trial.

void pool_resource::divert(std::size_t index) noexcept {
    if (!free_[index].few.is_diverted()) {
        free_[index].few = detail::free_list::diverted();
        fresh_[index].trial = trial_frees;
    }
    fresh_[index].grown = 0;
}

// Where blocks come and go one by one, few are free at any time, and the list serves better.
void pool_resource::settle(std::size_t index) noexcept {
    if (free_[index].many.size() < trial_frees / 4) {
        undivert(index);
    }
}

void pool_resource::undivert(std::size_t index) noexcept {
    if (free_[index].few.is_diverted()) {
        free_[index].few = {};
        while (!free_[index].many.empty()) {
            free_[index].few.push(free_[index].many.pop(0), detail::size_of_class(index));
        }
    }
}

// --- large blocks -----------------------------------------------------------------------------

void* pool_resource::allocate_large(std::size_t bytes, std::size_t alignment) {
    constexpr std::size_t margin = sizeof(large_block) + alignof(large_block);
    if (bytes > most - margin) {
        throw std::bad_alloc{};
    }
    const std::size_t offset = rounded(bytes, alignof(large_block));
    const std::size_t size = offset + sizeof(large_block);
    const std::size_t stricter = std::max(alignment, alignof(large_block));
    auto* block = static_cast<std::byte*>(upstream_->allocate(size, stricter));
    auto* header = ::new (block + offset) large_block{nullptr, large_, size, stricter};
    if (large_ != nullptr) {
        large_->newer = header;
    }
    large_ = header;
    large_bytes_ += size;
    ++large_blocks_;
    large_peak_bytes_ = std::max(large_peak_bytes_, large_bytes_);
    return block;
}

void pool_resource::deallocate_large(void* block, std::size_t bytes) {
    const std::size_t offset = rounded(bytes, alignof(large_block));
    auto* freed = reinterpret_cast<large_block*>(static_cast<std::byte*>(block) + offset);
    (freed->newer == nullptr ? large_ : freed->newer->older) = freed->older;
    if (freed->older != nullptr) {
        freed->older->newer = freed->newer;
    }
    give_back(freed);
}

void pool_resource::give_back(large_block* freed) noexcept {
    large_bytes_ -= freed->size;
    --large_blocks_;
    upstream_->deallocate(freed->begin(), freed->size, freed->alignment);
}

// --- release and trim -------------------------------------------------------------------------

void pool_resource::release() noexcept {
    note_peak();
    give_all_back();
    window_ = nullptr;
    window_chunk_ = nullptr;
    run_bytes_ = run_blocks_ = 0;
    ready_ = quick_limit_ = 0;
}

void pool_resource::give_all_back() noexcept {
    while (chunks_ != nullptr) {
        give_back(std::exchange(chunks_, chunks_->next_chunk()));
    }
    while (large_ != nullptr) {
        give_back(std::exchange(large_, large_->older));
    }
}

void pool_resource::give_back(chunk* freed) noexcept {
    const std::size_t size = freed->size;
    std::byte* begin = freed->begin();
    chunk_bytes_ -= size;
    detail::unpoison(begin, size);
    upstream_->deallocate(begin, size, freed->alignment);
}

// Chunks and free lists are sorted by address and walked together, so that no index is needed to
// tell which chunk a block is in. The sorted lists serve on: neighbours are handed out together.
std::size_t pool_resource::trim() noexcept {
    note_peak();
    const std::size_t before = chunk_bytes_;
    chunks_ = static_cast<chunk*>(detail::sort_by_address(chunks_));
    count_free_bytes();
    forget_free_chunks();
    link kept{};
    link* last = &kept;
    while (chunks_ != nullptr) {
        chunk* each = std::exchange(chunks_, chunks_->next_chunk());
        if (each->is_free()) {
            give_back(each);
        } else {
            last = last->next = each;
        }
    }
    last->next = nullptr;
    chunks_ = static_cast<chunk*>(kept.next);
    return before - chunk_bytes_;
}

// The chunk that holds the address, looked for from `from` on in the sorted chunks.
pool_resource::chunk* pool_resource::chunk_at(const void* address, chunk* from) const noexcept {
    while (!from->holds(address)) {
        from = from->next_chunk();
    }
    return from;
}

void pool_resource::count_free_bytes() noexcept {
    for (chunk* each = chunks_; each != nullptr; each = each->next_chunk()) {
        each->free_bytes = 0;
    }
    for (std::size_t index = 0; index != ready_; ++index) {
        undivert(index);
        free_[index].few.first = detail::sort_by_address(free_[index].few.first);
        chunk* in = chunks_;
        for (const link* block = free_[index].few.first; block != nullptr; block = detail::next_of(block)) {
            in = chunk_at(block, in);
            in->free_bytes += detail::size_of_class(index);
        }
        if (const std::size_t fresh = fresh_bytes(index); fresh != 0) {
            chunk_at(fresh_[index].begin, chunks_)->free_bytes += fresh;
        }
    }
}

void pool_resource::forget_free_chunks() noexcept {
    for (std::size_t index = 0; index != ready_; ++index) {
        const std::size_t size = detail::size_of_class(index);
        link kept{};
        link* last = &kept;
        chunk* in = chunks_;
        for (link* block = free_[index].few.first; block != nullptr; block = detail::next_of(block)) {
            in = chunk_at(block, in);
            if (in->is_free()) {
                run_bytes_ -= size;
                --run_blocks_;
            } else {
                detail::set_next(last, block);
                last = block;
            }
        }
        detail::set_next(last, nullptr);
        free_[index].few.first = kept.next;
        const std::size_t fresh = fresh_bytes(index);
        if (fresh != 0 && chunk_at(fresh_[index].begin, chunks_)->is_free()) {
            run_bytes_ -= fresh;
            run_blocks_ -= fresh / size;
            fresh_[index].begin = fresh_[index].end = nullptr;
        }
    }
    if (window_chunk_ != nullptr && window_chunk_->is_free()) {
        window_ = nullptr;
        window_chunk_ = nullptr;
    }
}

// --- inspection -------------------------------------------------------------------------------

void pool_resource::note_peak() noexcept {
    small_peak_bytes_ = std::max(small_peak_bytes_, carved_bytes());
}

// What was ever handed out of the chunks now held: the most that can have been live at once.
std::size_t pool_resource::carved_bytes() const noexcept {
    std::size_t bytes = run_bytes_;
    for (std::size_t index = 0; index != ready_; ++index) {
        bytes -= fresh_bytes(index);
    }
    return bytes;
}

std::pmr::memory_resource* pool_resource::upstream(std::size_t index) const noexcept {
    return index == 0 ? upstream_ : nullptr;
}

ownership pool_resource::owns(const void* block) const noexcept {
    for (chunk* each = chunks_; each != nullptr; each = each->next_chunk()) {
        if (each->holds(block)) {
            return ownership::yes;
        }
    }
    for (large_block* each = large_; each != nullptr; each = each->older) {
        if (each->begin() == block) {
            return ownership::yes;
        }
    }
    return ownership::no;
}

std::size_t pool_resource::fresh_bytes(std::size_t index) const noexcept {
    return static_cast<std::size_t>(fresh_[index].end - fresh_[index].begin);
}

std::size_t pool_resource::count_free(std::size_t index) const noexcept {
    if (free_[index].few.is_diverted()) {
        return free_[index].many.size();
    }
    std::size_t blocks = 0;
    for (const link* each = free_[index].few.first; each != nullptr; each = detail::next_of(each)) {
        ++blocks;
    }
    return blocks;
}

usage pool_resource::usage() const noexcept {
    std::size_t bytes = carved_bytes() + large_bytes_;
    std::size_t blocks = run_blocks_ + large_blocks_;
    for (std::size_t index = 0; index != ready_; ++index) {
        const std::size_t size = detail::size_of_class(index);
        const std::size_t free = count_free(index);
        blocks -= fresh_bytes(index) / size + free;
        bytes -= free * size;
    }
    return {.live_bytes = bytes,
            .live_blocks = blocks,
            .peak_bytes = std::max(small_peak_bytes_, carved_bytes()) + large_peak_bytes_,
            .reserved_bytes = chunk_bytes_ + large_bytes_};
}

}  // namespace strata
