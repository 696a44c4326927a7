// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/bounded_time_resource.hpp>

#include <algorithm>
#include <cstddef>
#include <new>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/title.hpp>
#include <strata/core/option_list.hpp>
#include <strata/core/out_of_room.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>

#include "detail/shield.hpp"
#include "granules.hpp"

namespace strata {

using namespace detail::granules;

namespace {

constexpr std::size_t default_capacity = std::size_t{1} << 20;

// Stands for the memory before it is taken. The address is above null, like the address of any
// memory.
std::byte* nowhere() noexcept {
    return reinterpret_cast<std::byte*>(granule);
}

}  // namespace

// --- memory -------------------------------------------------------------------------------------

bounded_time_resource::bounded_time_resource(const bounded_time& description,
                                             std::pmr::memory_resource* upstream)
    : layer{description.name},
      begin_{nowhere()},
      upstream_{upstream},
      options_{description} {
    if (options_.capacity) {
        options_.capacity = std::clamp<std::size_t>(*options_.capacity, 1, largest_capacity);
    }
    if (has_buffer()) {
        use(options_.buffer);
    } else if (!options_.capacity) {
        upstream_buffer_ = detail::part_of<fixed_buffer_resource<>>(*upstream_);
    }
}

bounded_time_resource::~bounded_time_resource() {
    release();
    guard_.let_go(options_.buffer.data(), options_.buffer.size());
}

std::size_t bounded_time_resource::upstream_bytes() const noexcept {
    if (upstream_buffer_ != nullptr) {
        return std::min(upstream_buffer_->room_bytes(granule), largest_capacity);
    }
    return options_.capacity.value_or(default_capacity);
}

index bounded_time_resource::granules_to_come() const noexcept {
    return granules_in(upstream_bytes());
}

void bounded_time_resource::take_memory() {
    const std::size_t bytes = upstream_bytes();
    use({static_cast<std::byte*>(detail::allocate_from(*upstream_, bytes, granule)), bytes});
}

void bounded_time_resource::use(std::span<std::byte> memory) noexcept {
    const detail::among_poison here{guard_.is_watching()};
    guard_.give_up(memory.data(), memory.size());
    memory_ = memory;
    granules_ = granules_in(memory);
    begin_ = memory.data() + (granules_ == 0 ? 0 : detail::padding_at(memory.data(), granule));
    edges_ = begin_ + granules_ * granule;
    free_granules_ = granules_;
    if (granules_ != 0) {
        clear_edges();
        edge{edges_, 0}.set_live(before);
        edge{edges_, 0}.set_free(behind);
        edge{edges_, granules_}.set_free(before);
        edge{edges_, granules_}.set_live(behind);
        add_free(0, granules_);
    }
}

// Only the checks for misuse read the bits of edges at which no block begins or ends.
void bounded_time_resource::clear_edges() noexcept {
    if (guard_.is_on()) {
        for (std::size_t at = 0; at != edge_bytes(granules_); at += sizeof(word)) {
            write_word(edges_ + at, 0);
        }
    }
}

void bounded_time_resource::release() noexcept {
    const detail::guarded_call here{guard_, *this};
    lists_.clear();
    peak_bytes_ = std::max(peak_bytes_, live_bytes_);
    live_bytes_ = live_blocks_ = 0;
    if (has_buffer()) {
        use(options_.buffer);
    } else if (has_memory()) {
        const detail::shield shielded;  // the upstream may reach a cancellation point
        guard_.let_go(memory_.data(), memory_.size());
        upstream_->deallocate(memory_.data(), memory_.size(), granule);
        begin_ = nowhere();
        granules_ = free_granules_ = 0;
        memory_ = {};
    }
}

// --- free blocks --------------------------------------------------------------------------------

inline void bounded_time_resource::add_free(index block, index size) noexcept {
    std::byte* at = begin_ + block * granule;
    write_word(at + offsetof(free_block, size), size);
    write_word(at + offsetof(free_block, previous), none);
    write_word(at + size * granule - sizeof(word), size);
    const index next = lists_.push(lists_.list_of(size), block);
    write_word(at + offsetof(free_block, next), next);
    if (next != none) {
        write_word(begin_ + next * granule + offsetof(free_block, previous), block);
    }
}

inline void bounded_time_resource::remove_free(index block, list in) noexcept {
    const free_block removed = read_free(begin_ + block * granule);
    if (removed.next != none) {
        write_word(begin_ + removed.next * granule + offsetof(free_block, previous),
                   removed.previous);
    }
    if (removed.previous != none) {
        write_word(begin_ + removed.previous * granule + offsetof(free_block, next), removed.next);
    } else {
        lists_.set_head(in, removed.next);
    }
}

inline index bounded_time_resource::size_of_free(index block) const noexcept {
    return read_word(begin_ + block * granule);
}

inline void bounded_time_resource::remove_first(place of) noexcept {
    const index next = read_word(begin_ + of.block * granule + offsetof(free_block, next));
    if (next != none) {
        write_word(begin_ + next * granule + offsetof(free_block, previous), none);
    }
    lists_.set_head(of.in, next);
}

// --- the search ---------------------------------------------------------------------------------

// How many granules to skip in a block until the alignment is met.
inline std::size_t bounded_time_resource::gap_before(index block,
                                                     std::size_t alignment) const noexcept {
    return detail::padding_at(reinterpret_cast<std::uintptr_t>(begin_) / granule + block,
                              alignment);
}

// Looks at one block of the list of this size, which may fit. Every block of a later list fits.
inline bounded_time_resource::place bounded_time_resource::find(index wanted) const noexcept {
    list in = lists_.list_of(wanted);
    index block = lists_.head(in);
    if (block == none || size_of_free(block) < wanted) {
        in = lists_.next_after(in);
        block = lists_.head(in);
    }
    return {block, in, 0};
}

// An aligned block fits into every free block that is larger by the widest gap. If there is none,
// it may still fit into the largest free block.
[[gnu::always_inline]] inline bounded_time_resource::place bounded_time_resource::find_aligned(
    index wanted, std::size_t alignment) const noexcept {
    if (alignment <= granules_ - wanted) {
        const index surely = wanted + static_cast<index>(alignment) - 1;
        const list in = lists_.next_after(lists_.list_of(surely - 1));
        if (in.row != lists_.rows) [[likely]] {
            const index block = lists_.head(in);
            return {block, in, static_cast<index>(gap_before(block, alignment))};
        }
    }
    const list in = lists_.last();
    const index block = lists_.head(in);
    if (block != none) {
        const index size = size_of_free(block);
        const std::size_t gap = gap_before(block, alignment);
        if (gap + wanted <= size) {
            return {block, in, static_cast<index>(gap)};
        }
    }
    return {none, in, 0};
}

// --- both calls ---------------------------------------------------------------------------------

// Makes a part of a free block live. The rest, before and behind that part, stays free.
[[gnu::always_inline]] inline void* bounded_time_resource::make_live(place from, index size,
                                                                     std::size_t bytes) noexcept {
    const index had = size_of_free(from.block);
    remove_first(from);
    const index begin = from.block + from.gap;
    const edge at_begin{edges_, begin};
    at_begin.set_live(behind);
    if (from.gap != 0) {
        at_begin.set_free(before);
        add_free(from.block, from.gap);
    }
    const index rest = had - from.gap - size;
    const edge at_end{edges_, begin + size};
    at_end.set_live(before);
    if (rest != 0) {
        at_end.set_free(behind);
        add_free(begin + size, rest);
    }
    free_granules_ -= size;
    ++live_blocks_;
    live_bytes_ += bytes;
    return begin_ + begin * granule;
}

template <bool Throws>
inline void* bounded_time_resource::take_block(std::size_t bytes,
                                               std::size_t alignment) noexcept(!Throws) {
    return alignment <= granule ? serve<Throws, false>(bytes, alignment)
                                : serve<Throws, true>(bytes, alignment);
}

template <bool Throws, bool Aligned>
[[gnu::noinline]] void* bounded_time_resource::serve(std::size_t bytes,
                                                     std::size_t alignment) noexcept(!Throws) {
    const std::size_t last = last_granule_of(bytes);
    if (last < granules_) {
        const auto size = static_cast<index>(last) + 1;
        const place found = Aligned ? find_aligned(size, alignment / granule) : find(size);
        if (found.block != none) {
            return make_live(found, size, bytes);
        }
    }
    if constexpr (Throws) {
        return refuse_unless_first(bytes, alignment);
    } else {
        return has_memory() ? nullptr : try_refuse_unless_first(bytes, alignment);
    }
}

[[gnu::cold, gnu::noinline]] void* bounded_time_resource::refuse_unless_first(
    std::size_t bytes, std::size_t alignment) {
    if (has_memory() || last_granule_of(bytes) >= granules_to_come()) {
        const std::size_t room = largest_free_block();
        const char* const format =
            "the largest free block has %zu B, of %zu B free in all of %zu B";
        const layout asked{bytes, alignment};
        detail::raise_error(out_of_room{detail::title{*this}.text(), asked, room, format, room,
                                        free_bytes(), capacity_bytes()});
    }
    take_memory();
    return take_block<true>(bytes, alignment);
}

[[gnu::cold, gnu::noinline]] void* bounded_time_resource::try_refuse_unless_first(
    std::size_t bytes, std::size_t alignment) noexcept {
    if (last_granule_of(bytes) >= granules_to_come()) {
        return nullptr;
    }
    const detail::shield here;
    try {
        const detail::attempt now;
        take_memory();
    } catch (...) {
        return nullptr;
    }
    return take_block<false>(bytes, alignment);
}

void* bounded_time_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    return guard_.is_on() ? allocate_guarded<true>(bytes, alignment)
                          : take_block<true>(bytes, alignment);
}

void* bounded_time_resource::try_allocate(layout wanted) noexcept {
    return guard_.is_on() ? allocate_guarded<false>(wanted.size, wanted.alignment)
                          : take_block<false>(wanted.size, wanted.alignment);
}

[[gnu::always_inline]] inline void bounded_time_resource::put_block(void* block,
                                                                    std::size_t bytes) noexcept {
    std::size_t offset = 0;
    // Null is below the memory, so the overflow of the subtraction tells it from a block.
    if (__builtin_sub_overflow(reinterpret_cast<std::uintptr_t>(block),
                               reinterpret_cast<std::uintptr_t>(begin_), &offset)) [[unlikely]] {
        return detail::null_freed(*this, bytes);
    }
    auto begin = static_cast<index>(offset / granule);
    auto size = static_cast<index>(last_granule_of(bytes)) + 1;
    const edge at_begin{edges_, begin};
    const edge at_end{edges_, begin + size};
    peak_bytes_ = std::max(peak_bytes_, live_bytes_);
    live_bytes_ -= bytes;
    --live_blocks_;
    free_granules_ += size;

    at_end.set_free(before);
    if (!at_end.has_live(behind)) {
        const index joined = size_of_free(begin + size);
        remove_free(begin + size, lists_.list_of(joined));
        size += joined;
    }
    at_begin.set_free(behind);
    if (!at_begin.has_live(before)) {
        const index joined = read_word(begin_ + begin * granule - sizeof(word));
        begin -= joined;
        remove_free(begin, lists_.list_of(joined));
        size += joined;
    }
    add_free(begin, size);
}

void bounded_time_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    if (guard_.is_on()) {
        deallocate_guarded(block, bytes, alignment);
    } else {
        put_block(block, bytes);
    }
}

// --- resizing -----------------------------------------------------------------------------------

bool bounded_time_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const detail::guarded_call here{guard_, *this};
    if (!guard_.may_resize(*this, block, as, [&] { return objection_to(block, as); })) {
        return false;
    }
    const std::size_t last = last_granule_of(bytes);
    const auto begin = static_cast<index>(
        static_cast<std::size_t>(static_cast<std::byte*>(block) - begin_) / granule);
    if (last >= granules_ - begin ||
        !resize(begin, static_cast<index>(last_granule_of(as.size)) + 1,
                static_cast<index>(last) + 1)) {
        return false;
    }
    peak_bytes_ = std::max(peak_bytes_, live_bytes_);
    live_bytes_ += bytes - as.size;
    guard_.resized(block, as, bytes);
    return true;
}

// Resizes a live block. The free block behind it grows or shrinks at its front.
bool bounded_time_resource::resize(index block, index size, index wanted) noexcept {
    const edge had_end{edges_, block + size};
    const index behind_it = had_end.has_live(behind) ? 0 : size_of_free(block + size);
    if (wanted > size + behind_it) {
        return false;
    }
    if (wanted == size) {
        return true;
    }
    if (behind_it != 0) {
        remove_free(block + size, lists_.list_of(behind_it));
    }
    had_end.set_free(before);
    const edge end{edges_, block + wanted};
    end.set_live(before);
    const index rest = size + behind_it - wanted;
    if (rest != 0) {
        const edge end_of_rest{edges_, block + wanted + rest};
        end_of_rest.set_free(before);
        end.set_free(behind);
        add_free(block + wanted, rest);
    }
    free_granules_ += size;
    free_granules_ -= wanted;
    return true;
}

// --- under guard --------------------------------------------------------------------------------

template <bool Throws>
[[gnu::noinline]] void* bounded_time_resource::allocate_guarded(
    std::size_t bytes, std::size_t alignment) noexcept(!Throws) {
    void* const block = guard_.allocate_guarded(
        *this, {bytes, alignment}, [&] { return take_block<Throws>(bytes, alignment); });
    if constexpr (Throws) {
        if (block == nullptr) {
            detail::raise_no_memory();
        }
    }
    return block;
}

void bounded_time_resource::deallocate_guarded(void* block, std::size_t bytes,
                                               std::size_t alignment) noexcept {
    const layout as{bytes, alignment};
    guard_.deallocate_guarded(
        *this, block, as, [&] { return objection_to(block, as); },
        [&] { put_block(block, bytes); });
}

// --- inspection ---------------------------------------------------------------------------------

std::size_t bounded_time_resource::capacity_bytes() const noexcept {
    return (has_memory() ? granules_ : granules_to_come()) * granule;
}

std::size_t bounded_time_resource::free_bytes() const noexcept {
    return (has_memory() ? free_granules_ : granules_to_come()) * granule;
}

std::size_t bounded_time_resource::largest_free_block() const noexcept {
    const detail::among_poison here{guard_.is_watching()};
    if (!has_memory()) {
        return free_bytes();
    }
    const index block = lists_.head(lists_.last());
    return block == none ? 0 : size_of_free(block) * granule;
}

std::pmr::memory_resource* bounded_time_resource::do_upstream(std::size_t number) const noexcept {
    return number == 0 && !has_buffer() ? upstream_ : nullptr;
}

ownership bounded_time_resource::do_owns(const void* block) const noexcept {
    const std::size_t offset =
        reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(begin_);
    return has_memory() && offset / granule < granules_ ? ownership::yes : ownership::no;
}

void bounded_time_resource::do_list_options(option_list& to) const {
    to.add(options_);
}

usage bounded_time_resource::do_usage() const noexcept {
    return {.live_bytes = live_bytes_,
            .live_blocks = live_blocks_,
            .used_bytes = live_bytes_,
            .peak_bytes = std::max(peak_bytes_, live_bytes_),
            .reserved_bytes = has_buffer() ? options_.buffer.size() : memory_.size()};
}

}  // namespace strata
