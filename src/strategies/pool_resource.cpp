// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/pool_resource.hpp>

#include <algorithm>
#include <utility>

#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>

#include "block_room.hpp"
#include "class_for.hpp"
#include "pool_options.hpp"

namespace strata {

using detail::link;
using detail::piece;

namespace {

constexpr std::size_t longest_run = 16384;
constexpr std::size_t blocks_per_run = 8;

// Classes are made ready so many at a time: at first those of blocks up to 256 bytes.
constexpr std::size_t classes_at_once = 24;

// From so many blocks on, the free ones of a class may have left the cache; after so many frees it
// shows whether they have.
constexpr std::size_t many_blocks = 2048;
constexpr std::uint16_t trial_frees = 1024;

}  // namespace

pool_resource::pool_resource(std::pmr::memory_resource* upstream, const pool& description)
    : resource{description.name},
      limit_{detail::limit_of(description)},
      links_{guard_.is_on() || description.hardened ? detail::link_code::of(this)
                                                    : detail::link_code{}},
      chunks_{upstream, detail::growth_of(description, detail::size_of_class(0)), guard_},
      large_{upstream, guard_},
      hardened_{description.hardened} {}

pool_resource::~pool_resource() = default;

detail::pool_options_in_force<pool> pool_resource::options() const noexcept {
    return detail::options_in_force<pool>(chunks_.growth(), limit_, hardened_, label());
}

void pool_resource::do_list_options(option_list& to) const {
    detail::list_pool_options<pool>(to, options(), detail::size_of_class(0));
}

// --- allocate ---------------------------------------------------------------------------------

// Null where there is none, and where its link is none, which take_free then reports.
inline void* pool_resource::pop_coded(detail::free_list& from) const noexcept {
    link* block = from.first;
    if (block == nullptr) [[unlikely]] {
        return nullptr;
    }
    link* next = links_.read_coded(block);
    if (next != nullptr && !chunks_.may_hold(next)) [[unlikely]] {
        return nullptr;
    }
    from.first = next;
    return block;
}

// Where links are coded this starts with a quick path of its own: in the header it would cost that
// of other pools instructions.
[[gnu::noinline]] void* pool_resource::allocate_slow(std::size_t bytes, std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach < quick_limit_) [[likely]] {
        const std::size_t index = detail::size_class_table[reach / 8];
        if (!many_[index].empty()) {
            ++fresh_[index].takes;
            return many_[index].pop();
        }
    } else if (reach < coded_limit_) {
        if (void* block = pop_coded(few_[detail::size_class_table[reach / 8]])) {
            return block;
        }
    }
    return allocate_otherwise(bytes, alignment);
}

// Not inlined, for the sake of the quick path before it.
[[gnu::noinline]] void* pool_resource::allocate_otherwise(std::size_t bytes,
                                                          std::size_t alignment) {
    if (guard_.is_on()) {
        return allocate_guarded(bytes, alignment);
    }
    return bytes == 0 ? do_allocate(1, alignment) : take_block(bytes, alignment);
}

void* pool_resource::allocate_guarded(std::size_t bytes, std::size_t alignment) {
    const detail::visit here{guard_, *this};
    if (!detail::is_alignment(alignment, *this)) {
        detail::raise_no_memory();
    }
    void* block = take_block(std::max<std::size_t>(bytes, 1), alignment);
    guard_.serve(block, bytes, alignment);
    return block;
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
    if (fresh_bytes(index) == 0) {
        refill(index);
    }
    std::byte*& fresh = fresh_[index].begin;
    return std::exchange(fresh, fresh + detail::size_of_class(index));
}

void* pool_resource::take_free(detail::free_list& from) noexcept {
    link* block = from.first;
    from.first = next_free(block);
    return block;
}

link* pool_resource::next_free(const link* block) const noexcept {
    link* next = links_.read(block);
    if (links_.is_on() && next != nullptr && !chunks_.may_hold(next)) [[unlikely]] {
        detail::misuse_of(*this, "the free block at %p was written to after it was freed",
                          static_cast<const void*>(block));
        return nullptr;  // those behind it stay unused until the release
    }
    return next;
}

// Classes are initialised as they are needed, because for a pool that serves little that would be
// most of its work.
void pool_resource::make_ready(std::size_t index) noexcept {
    while (ready_ <= index) {
        const std::size_t more = std::min(classes_at_once, few_.size() - ready_);
        std::fill_n(few_.begin() + ready_, more, detail::free_list{});
        std::fill_n(many_.begin() + ready_, more, detail::unrolled_free_list{});
        ready_ += more;
    }
    const std::size_t classes = detail::size_class_of(limit_ - 1) + 1;
    const std::size_t limit =
        std::min({detail::size_of_class(ready_ - 1), limit_, detail::table_reach});
    quick_limit_ = links_.is_on() ? 0 : limit;
    coded_limit_ = links_.is_on() && !guard_.is_on() ? limit : 0;
    ready_ = std::min(ready_, classes);
}

// Gives the class a run of fresh blocks: short while the pool is small, so that many classes share
// its first chunk, and long enough later that the slow path is rare.
void pool_resource::refill(std::size_t index) {
    const std::size_t size = detail::size_of_class(index);
    piece rest{};
    piece gap{};
    if (!chunks_.has_room_for(size)) {
        rest = chunks_.take(size);
        if (fresh_bytes(index) != 0) {  // a callback of the upstream has used the pool meanwhile
            return donate(rest);
        }
    }
    if (grown_[index] && fresh_[index].grown >= many_blocks && size >= 2 * sizeof(link) &&
        !links_.is_on()) {
        divert(index);
    }
    const std::size_t most =
        size <= longest_run / blocks_per_run ? blocks_per_run : longest_run / size;
    give(index, chunks_.cut(size, std::max<std::size_t>(most, 1), gap));
    donate(rest);
    donate(gap);
}

void pool_resource::give(std::size_t index, const detail::run& run) noexcept {
    if (!grown_[index]) {
        grown_.set(index);
        fresh_[index] = {};
    }
    const std::size_t bytes = run.blocks * detail::size_of_class(index);
    constexpr std::size_t enough = many_blocks;
    const std::size_t grown = std::min(fresh_[index].grown + run.blocks, enough);
    fresh_[index].begin = run.begin;
    fresh_[index].end = run.begin + bytes;
    fresh_[index].grown = static_cast<std::uint16_t>(grown);
    chunks_.use(run.in, bytes);
    run_bytes_ += bytes;
    run_blocks_ += run.blocks;
}

// Gives a piece that is too small for what is wanted to the largest class that can use it.
void pool_resource::donate(const piece& rest) noexcept {
    const std::size_t index = detail::class_for(rest, ready_, [&](std::size_t each) {
        return fresh_bytes(each) == 0 &&
               chunks_.may_serve(*rest.in, detail::size_of_class(each));
    });
    if (index != 0) {
        give(index, {rest.begin, rest.bytes() / detail::size_of_class(index), rest.in});
    }
}

// --- deallocate -------------------------------------------------------------------------------

inline void pool_resource::push_coded(detail::free_list& to, void* block) const noexcept {
    auto* freed = static_cast<link*>(block);
    if (freed == to.first) [[unlikely]] {
        return detail::misuse_of(*this, "deallocate of %p, which was freed just before", block);
    }
    links_.write_coded(freed, std::exchange(to.first, freed));
}

[[gnu::noinline]] void pool_resource::deallocate_slow(void* block, std::size_t bytes,
                                                      std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach < coded_limit_ && block != nullptr) {
        return push_coded(few_[detail::size_class_table[reach / 8]], block);
    }
    deallocate_otherwise(block, bytes, alignment);
}

[[gnu::noinline]] void pool_resource::deallocate_otherwise(void* block, std::size_t bytes,
                                                           std::size_t alignment) {
    if (guard_.is_on()) {
        deallocate_guarded(block, bytes, alignment);
    } else if (block == nullptr) {
        detail::null_freed(*this, bytes);
    } else if (bytes == 0) {
        do_deallocate(block, 1, alignment);
    } else {
        put_block(block, bytes, alignment);
    }
}

void pool_resource::deallocate_guarded(void* block, std::size_t bytes,
                                       std::size_t alignment) noexcept {
    const detail::visit here{guard_, *this};
    if (!guard_.take_back(*this, block, bytes, alignment)) {
        return;
    }
    const std::size_t size = std::max<std::size_t>(bytes, 1);
    const std::size_t reach = detail::reach_of(size, alignment);
    if (reach >= limit_) {
        if (large_.may_free(block, size)) {
            large_.deallocate(block, size);
        } else {
            detail::misuse_of(*this,
                              "deallocate of %p with %zu bytes, which was served with another "
                              "size or by another resource",
                              block, bytes);
        }
        return;
    }
    const std::size_t index = detail::size_class_of(reach);
    if (index >= ready_ || !chunks_.may_hold(block)) {
        detail::misuse_of(*this, "deallocate of %p, %zu bytes, which it did not serve", block,
                          bytes);
    } else {
        put_block(block, size, alignment);
    }
}

void pool_resource::put_block(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return large_.deallocate(block, bytes);
    }
    const std::size_t index = detail::size_class_of(reach);
    if (links_.is_on()) {
        return push_coded(few_[index], block);
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

// A linked list is the quickest while its blocks are in the cache, and by far the slowest once
// thousands were freed in no order: each take then waits for a block that tells where the next is.
// A class that has grown to so many blocks keeps its free ones unrolled instead, on trial.

void pool_resource::divert(std::size_t index) noexcept {
    if (!few_[index].is_diverted()) {
        few_[index] = detail::free_list::diverted();
        fresh_[index].trial = trial_frees;
        fresh_[index].takes = 0;
    }
    fresh_[index].grown = 0;
}

// Where blocks come and go one by one, as many were taken meanwhile as were freed, and the list
// serves better: from now on. What is unrolled stays so until it is taken.
void pool_resource::settle(std::size_t index) noexcept {
    const std::uint32_t takes = std::exchange(fresh_[index].takes, 0);
    fresh_[index].trial = trial_frees;
    if (takes > trial_frees - trial_frees / 4 && takes < trial_frees + trial_frees / 4) {
        few_[index] = {};
    }
}

// All that is free of the class in one list.
void pool_resource::undivert(std::size_t index) noexcept {
    if (few_[index].is_diverted()) {
        few_[index] = {};
    }
    while (!many_[index].empty()) {
        few_[index].push(many_[index].pop());
    }
}

// --- what a block has room for ----------------------------------------------------------------

std::size_t pool_resource::do_usable_size(const void* /*block*/, layout as) const noexcept {
    return guard_.is_watching() ? as.size : detail::block_place{as, limit_}.room();
}

bool pool_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const detail::visit here{guard_, *this};
    if (!guard_.may_resize(*this, block, as)) {
        return false;
    }
    const detail::block_place before{as, limit_};
    const detail::block_place after{{bytes, as.alignment}, limit_};
    if (before == after) {
        guard_.resized(block, as, bytes);
        return true;
    }
    if (guard_.is_on() && before.is_large() && !large_.may_free(block, as.size)) {
        detail::misuse_of(*this, "try_expand of %p, %zu bytes, which it did not serve", block,
                          as.size);
        return false;
    }
    return before.is_large() && after.is_large() && large_.try_expand(block, as, bytes);
}

// --- release and trim -------------------------------------------------------------------------

void pool_resource::release() noexcept {
    const detail::visit here{guard_, *this};
    note_peak();
    run_bytes_ = run_blocks_ = 0;
    ready_ = quick_limit_ = coded_limit_ = 0;
    grown_.reset();
    (void)chunks_.give_back(chunks_.remove_all());
    large_.give_back(large_.remove_all());
}

std::size_t pool_resource::trim() noexcept {
    const detail::visit here{guard_, *this};
    note_peak();
    decode_free();
    chunks_.start_trim();
    count_free();
    forget_free();
    code_free();
    return chunks_.give_back(chunks_.remove_free());
}

// In between, the links of all free blocks are as they are.
void pool_resource::decode_free() noexcept {
    for (std::size_t index = 0; index != ready_ && links_.is_on(); ++index) {
        for (link* block = few_[index].first; block != nullptr;) {
            link* next = next_free(block);
            detail::set_next(block, next);
            block = next;
        }
    }
}

void pool_resource::code_free() noexcept {
    for (std::size_t index = 0; index != ready_ && links_.is_on(); ++index) {
        for (link* block = few_[index].first; block != nullptr;) {
            link* next = detail::next_of(block);
            links_.write(block, next);
            block = next;
        }
    }
}

void pool_resource::count_free() noexcept {
    for (std::size_t index = 0; index != ready_; ++index) {
        undivert(index);
        // The sorted list serves on: neighbours are handed out together.
        link*& first = few_[index].first = detail::sort_by_address(few_[index].first);
        detail::chunk* in = nullptr;
        for (const link* block = first; block != nullptr; block = detail::next_of(block)) {
            chunks_.count_free(block, detail::size_of_class(index), in);
        }
        if (const std::size_t bytes = fresh_bytes(index); bytes != 0) {
            detail::chunk* any = nullptr;
            chunks_.count_free(fresh_[index].begin, bytes, any);
        }
    }
}

void pool_resource::forget_free() noexcept {
    for (std::size_t index = 0; index != ready_; ++index) {
        const std::size_t size = detail::size_of_class(index);
        link kept{};
        link* last = &kept;
        detail::chunk* in = nullptr;
        for (link* block = few_[index].first; block != nullptr; block = detail::next_of(block)) {
            if (chunks_.is_free(block, in)) {
                run_bytes_ -= size;
                --run_blocks_;
            } else {
                detail::set_next(last, block);
                last = block;
            }
        }
        detail::set_next(last, nullptr);
        few_[index].first = kept.next;
        detail::chunk* any = nullptr;
        const std::size_t fresh = fresh_bytes(index);
        if (fresh != 0 && chunks_.is_free(fresh_[index].begin, any)) {
            run_bytes_ -= fresh;
            run_blocks_ -= fresh / size;
            fresh_[index].begin = fresh_[index].end = nullptr;
        }
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

std::pmr::memory_resource* pool_resource::do_upstream(std::size_t index) const noexcept {
    return index == 0 ? chunks_.upstream() : nullptr;
}

ownership pool_resource::do_owns(const void* block) const noexcept {
    return chunks_.holds(block) || large_.hold(block) ? ownership::yes : ownership::no;
}

std::size_t pool_resource::count_free(std::size_t index) const noexcept {
    std::size_t blocks = many_[index].size();
    if (!few_[index].is_diverted()) {
        const link* each = few_[index].first;
        for (; each != nullptr; each = next_free(each)) {
            ++blocks;
        }
    }
    return blocks;
}

usage pool_resource::do_usage() const noexcept {
    const detail::among_poison here{guard_.is_watching()};
    std::size_t bytes = carved_bytes() + large_.bytes();
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
