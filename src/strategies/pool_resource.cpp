// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/pool_resource.hpp>

#include <algorithm>
#include <cstring>

#include <strata/diagnostics/poison.hpp>

#include "strategies/coded_path.hpp"

namespace strata {

using detail::link;
using detail::piece;

namespace {

constexpr std::size_t longest_run = 16384;
constexpr std::size_t blocks_per_run = 8;

// A pool with fewer bytes in its chunks leaves the gaps before aligned runs unused: to find a class
// for a gap takes as long as to serve two blocks.
constexpr std::size_t frugal_from = 32768;

// How many classes are made ready at a time: by the constructor those of blocks up to 256 bytes.
constexpr std::size_t classes_at_once = 24;

// A class with `many_blocks` blocks may keep its free blocks unrolled. After `trial_frees` frees it
// decides whether that pays.
constexpr std::size_t many_blocks = 2048;
constexpr std::uint16_t trial_frees = 1024;

// Clears the lists of the first classes, eight at a time. Compilers clear more than eight by an
// instruction that starts slowly.
template <class Lists>
void clear_first(Lists& lists) noexcept {
    constexpr std::size_t at_once = 8;
    static_assert(classes_at_once % at_once == 0);
    for (std::size_t index = 0; index != classes_at_once; index += at_once) {
        std::memset(static_cast<void*>(&lists[index]), 0, at_once * sizeof(lists[index]));
    }
}

}  // namespace

pool_resource::~pool_resource() = default;

// --- allocate ---------------------------------------------------------------------------------

// Begins with the quick paths for unrolled lists, for fresh blocks, for coded lists and for large
// blocks. In the header they would add instructions to the quick path of other lists.
[[gnu::noinline]] void* pool_resource::allocate_slow(std::size_t bytes, std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (!checked && reach < quick_limit_) [[likely]] {  // with checks, the limit is 0
        const std::size_t index = detail::size_class_table[reach / 8];
        if (!many_[index].empty()) {
            ++fresh_[index].takes;
            return many_[index].pop();
        }
        return fresh_bytes(index) != 0 ? take_fresh(index) : take_from_new_run(index);
    }
    if (reach < coded_limit_) {
        if (detail::is_alignment_if_checked(alignment)) [[likely]] {
            const detail::checked_call here{guard_, *this};
            void* const block =
                here ? pop_coded(few_[detail::size_class_table[reach / 8]]) : nullptr;
            if (block != nullptr) [[likely]] {
                return block;
            }
        }
    } else if (large_.keeps({bytes, alignment}) && !links_.is_on()) {
        return large_.allocate(bytes, alignment);
    }
    return allocate_otherwise(bytes, alignment);
}

// Not inlined: that would add instructions to the quick path before it.
[[gnu::noinline]] void* pool_resource::allocate_otherwise(std::size_t bytes,
                                                          std::size_t alignment) {
    return guard_.allocate(*this, {bytes, alignment},
                           [&](std::size_t size) { return take_block(size, alignment); });
}

void* pool_resource::take_block(std::size_t bytes, std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return large_.allocate(bytes, alignment);
    }
    const std::size_t index = detail::size_class_of(reach);
    if (index >= ready_) {
        make_ready(index);
    }
    if (!few_[index].empty()) {
        return take_free(few_[index]);
    }
    if (!many_[index].empty()) {
        ++fresh_[index].takes;
        return many_[index].pop();
    }
    return fresh_bytes(index) != 0 ? take_fresh(index) : take_from_new_run(index);
}

// Classes are initialised as they are needed: for a pool that serves little, initialising them all
// would be most of its work.
std::uint32_t pool_resource::make_first_ready() noexcept {
    clear_first(few_);
    clear_first(many_);
    set_ready(classes_at_once);
    return ready_;
}

void pool_resource::make_ready(std::size_t index) noexcept {
    std::size_t ready = ready_;
    while (ready <= index) {
        const std::size_t more = std::min(classes_at_once, few_.size() - ready);
        std::fill_n(few_.begin() + ready, more, detail::free_list{});
        std::fill_n(many_.begin() + ready, more, detail::unrolled_free_list{});
        ready += more;
    }
    set_ready(ready);
}

void pool_resource::set_ready(std::size_t classes) noexcept {
    set_quick_limit(std::min({detail::size_of_class(classes - 1), limit_, detail::table_reach}));
    ready_ = static_cast<std::uint32_t>(std::min(classes, class_count()));
}

// Gives the class a run of fresh blocks, and serves the first. Runs are short while the pool is
// small, so that many classes share its first chunk, and longer later, so that this is rare.
[[gnu::noinline]] void* pool_resource::take_from_new_run(std::size_t index) {
    const std::size_t size = detail::size_of_class(index);
    if (!cut_run(index, size)) [[unlikely]] {
        refill_from_new_chunk(index);
    }
    std::byte*& fresh = fresh_[index].begin;
    return std::exchange(fresh, fresh + size);
}

[[gnu::noinline]] void pool_resource::refill_from_new_chunk(std::size_t index) {
    const std::size_t size = detail::size_of_class(index);
    piece rest{};
    large_.make_room_for([&] { rest = chunks_.take(size); });
    // A callback of the upstream may have used the pool meanwhile.
    if (fresh_bytes(index) == 0) {
        (void)cut_run(index, size);  // it fits
    }
    if (rest.begin != rest.end) {
        donate(rest);
    }
}

// Inlined: it is most of the work of a pool with a short life.
[[gnu::always_inline]] inline bool pool_resource::cut_run(std::size_t index, std::size_t size) {
    const std::size_t most = size <= longest_run / blocks_per_run
                                 ? blocks_per_run
                                 : std::max<std::size_t>(longest_run / size, 1);
    detail::run fresh{};
    piece gap{};
    if (!chunks_.cut(size, most, fresh, gap)) {
        return false;
    }
    give(index, fresh, size);
    if (gap.begin != gap.end && chunks_.bytes() >= frugal_from) {
        donate(gap);
    }
    return true;
}

[[gnu::always_inline]] inline void pool_resource::give(std::size_t index, const detail::run& run,
                                                       std::size_t size) noexcept {
    fresh_blocks& of = fresh_[index];
    if (!has_grown(index)) {
        grown_[index / 64] |= std::uint64_t{1} << index % 64;
        of = {};
    } else if (of.grown >= many_blocks) [[unlikely]] {
        divert(index);
    }
    const std::size_t bytes = run.blocks * size;
    constexpr std::size_t enough = many_blocks;
    of.begin = run.begin;
    of.end = run.begin + bytes;
    of.grown = static_cast<std::uint16_t>(std::min(of.grown + run.blocks, enough));
    chunks_.use(run.in, bytes);
    run_bytes_ += bytes;
    run_blocks_ += run.blocks;
}

// Gives the rest of a chunk to the largest class that can use it.
void pool_resource::donate(const piece& rest) noexcept {
    const std::size_t index =
        chunks_.class_for(rest, ready_, [&](std::size_t each) { return fresh_bytes(each) == 0; });
    if (index != 0) {
        const std::size_t size = detail::size_of_class(index);
        give(index, {rest.begin, rest.bytes() / size, rest.in}, size);
    }
}

// --- deallocate -------------------------------------------------------------------------------

[[gnu::noinline]] void pool_resource::deallocate_slow(void* block, std::size_t bytes,
                                                      std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach < coded_limit_ && block != nullptr) {
        detail::free_list& to = few_[detail::size_class_table[reach / 8]];
        if (block != to.first && detail::may_hold_if_checked(chunks_, block)) [[likely]] {
            if (const detail::checked_call here{guard_, *this}) [[likely]] {
                return push_coded(to, block);
            }
        }
    } else if (large_.keeps({bytes, alignment}) && !links_.is_on() && block != nullptr) {
        return large_.deallocate(block, {bytes, alignment});
    }
    deallocate_otherwise(block, bytes, alignment);
}

[[gnu::noinline]] void pool_resource::deallocate_otherwise(void* block, std::size_t bytes,
                                                           std::size_t alignment) {
    const layout as{bytes, alignment};
    const auto objection = [&] {
        const std::size_t reach = detail::reach_of(bytes == 0 ? 1 : bytes, alignment);
        return reach < limit_ && detail::size_class_of(reach) >= ready_ ? "which it did not serve"
                                                                        : objection_to(block, as);
    };
    guard_.deallocate(*this, block, as, objection,
                      [&](std::size_t size) { put_block(block, size, alignment); });
}

void pool_resource::put_block(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return put_large(block, {bytes, alignment});
    }
    const std::size_t index = detail::size_class_of(reach);
    if (links_.is_on()) {
        if (!is_freed_twice(few_[index], block)) {
            push_coded(few_[index], block);
        }
        return;
    }
    if (!few_[index].is_diverted()) {
        return few_[index].push(block);
    }
    many_[index].push(block, detail::size_of_class(index));
    if (--fresh_[index].trial == 0) {
        settle(index);
    }
}

// --- many free blocks -------------------------------------------------------------------------

// A linked list is the quickest while its blocks are in the cache. It is by far the slowest once
// thousands were freed in random order: each `allocate` then waits for a block from memory, to read
// where the next one is. So a class that has grown to many blocks keeps its free ones unrolled, on
// trial.

[[gnu::noinline]] void pool_resource::divert(std::size_t index) noexcept {
    const bool has_room = detail::size_of_class(index) >= 2 * sizeof(link);
    if (!has_room || links_.is_on() || !few_[index].empty()) {
        return;
    }
    if (!few_[index].is_diverted()) {
        few_[index] = detail::free_list::diverted();
        fresh_[index].trial = trial_frees;
        fresh_[index].takes = 0;
    }
    fresh_[index].grown = 0;
}

// If the trial took about as many blocks as it freed, blocks come and go one by one. A linked list
// is quicker then, so the class goes back to it. Unrolled blocks stay unrolled until they are
// taken.
void pool_resource::settle(std::size_t index) noexcept {
    const std::uint32_t takes = std::exchange(fresh_[index].takes, 0);
    fresh_[index].trial = trial_frees;
    if (takes > trial_frees - trial_frees / 4 && takes < trial_frees + trial_frees / 4) {
        few_[index] = {};
    }
}

// Moves all free blocks of the class to one linked list.
void pool_resource::undivert(std::size_t index) noexcept {
    if (few_[index].is_diverted()) {
        few_[index] = {};
    }
    while (!many_[index].empty()) {
        few_[index].push(many_[index].pop());
    }
}

// --- release and trim -------------------------------------------------------------------------

void pool_resource::release() noexcept {
    const detail::guarded_call here{guard_, *this};
    note_peak();
    run_bytes_ = run_blocks_ = 0;
    grown_ = {};
    ready_ = make_first_ready();
    (void)chunks_.give_back(chunks_.remove_all());
    large_.release();
}

std::size_t pool_resource::trim() noexcept {
    const detail::guarded_call here{guard_, *this};
    note_peak();
    chunks_.start_trim();
    for (std::size_t index = 0; index != ready_; ++index) {
        count_free_in_chunks(index);
    }
    for (std::size_t index = 0; index != ready_; ++index) {
        drop_free_in_chunks(index);
    }
    return chunks_.give_back(chunks_.remove_free()) + large_.give_back_kept();
}

// Until `drop_free_in_chunks`, the links of free blocks are not coded. The sorted list stays in
// use, so that neighbours are handed out one after the other.
void pool_resource::count_free_in_chunks(std::size_t index) noexcept {
    const written_block found{*this};
    undivert(index);
    detail::free_list all{};
    decode(few_[index], all, found);
    few_[index] = chunks_.count_free(all, detail::size_of_class(index));
    if (const std::size_t bytes = fresh_bytes(index); bytes != 0) {
        chunks_.count_free(fresh_[index].begin, bytes);
    }
}

void pool_resource::drop_free_in_chunks(std::size_t index) noexcept {
    const std::size_t size = detail::size_of_class(index);
    const std::size_t fresh = fresh_bytes(index);
    std::size_t dropped = chunks_.drop_free(few_[index]);
    if (fresh != 0 && chunks_.is_free(fresh_[index].begin)) {
        dropped += fresh / size;
        fresh_[index].begin = fresh_[index].end = nullptr;
    }
    run_blocks_ -= dropped;
    run_bytes_ -= dropped * size;
    code(few_[index]);
}

// --- inspection -------------------------------------------------------------------------------

void pool_resource::note_peak() noexcept {
    small_peak_bytes_ = std::max(small_peak_bytes_, carved_bytes());
}

// The bytes of the present chunks that were ever handed out: the most that can have been live at
// once.
std::size_t pool_resource::carved_bytes() const noexcept {
    std::size_t bytes = run_bytes_;
    for (std::size_t index = 0; index != ready_; ++index) {
        bytes -= fresh_bytes(index);
    }
    return bytes;
}

ownership pool_resource::do_owns(const void* block) const noexcept {
    return chunks_.holds(block) || large_.hold(block) ? ownership::yes : ownership::no;
}

std::size_t pool_resource::count_free(std::size_t index) const noexcept {
    std::size_t blocks = many_[index].size();
    if (!few_[index].is_diverted()) {
        const written_block found{*this};
        for (const link* each = few_[index].first; each != nullptr; each = next_free(each, found)) {
            ++blocks;
        }
    }
    return blocks;
}

usage pool_resource::do_usage() const noexcept {
    const detail::among_poison here{guard_.is_watching()};
    std::size_t bytes = carved_bytes() + large_.live_bytes();
    std::size_t blocks = run_blocks_ + large_.count();
    for (std::size_t index = 0; index != ready_; ++index) {
        const std::size_t size = detail::size_of_class(index);
        const std::size_t free = count_free(index);
        blocks -= fresh_bytes(index) / size + free;
        bytes -= free * size;
    }
    return {.live_bytes = std::nullopt,
            .live_blocks = blocks,
            .used_bytes = bytes,
            .peak_bytes = std::max(small_peak_bytes_, carved_bytes()) + large_.peak_bytes(),
            .reserved_bytes = chunks_.bytes() + large_.bytes()};
}

}  // namespace strata
