// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/large_blocks.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <new>
#include <optional>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>

#include "detail/shield.hpp"

namespace strata::detail {

// The header of a block lies in poisoned memory, so that tools find an overflow of the block.
//
// Usually it is right before the block: there it shares a cache line with the bytes that are used
// first. A block with an alignment of its own has it behind itself; in front it would take as many
// bytes as the alignment.
struct large_block {
    large_block* newer;
    large_block* older;
    std::size_t size : 57;  // as asked from the upstream, this header included
    std::size_t alignment_exponent : 6;
    std::size_t is_kept : 1;
    union {
        std::size_t room;        // of a live block: its size, rounded up to a class
        large_block* next_kept;  // of a kept one
    };

    STRATA_TOUCHES_POISON layout whole() const noexcept {
        return {size, std::size_t{1} << alignment_exponent};
    }
};

static_assert(sizeof(large_block) % alignof(std::max_align_t) == 0);

namespace {

constexpr std::size_t always_kept = std::size_t{1} << 20;

// A request takes a kept block of its class or of one of the next four, which is at most half as
// large again. Otherwise classes would run dry while others have blocks to spare.
constexpr std::uint64_t classes_near = 0b11111;

constexpr std::size_t size_bits = (std::size_t{1} << 57) - 1;

// The room of the largest block.
constexpr std::size_t most_room = size_bits - 2 * sizeof(large_block);

constexpr bool is_in_front(std::size_t alignment) noexcept {
    return alignment <= alignof(std::max_align_t);
}

large_block* header_of(void* block, std::size_t alignment, std::size_t room) noexcept {
    return is_in_front(alignment)
               ? static_cast<large_block*>(block) - 1
               : reinterpret_cast<large_block*>(static_cast<std::byte*>(block) + room);
}

// The memory that the upstream served.
std::byte* begin_of(large_block* header, layout whole) noexcept {
    return is_in_front(whole.alignment) ? reinterpret_cast<std::byte*>(header)
                                        : reinterpret_cast<std::byte*>(header + 1) - whole.size;
}

layout whole_for(std::size_t room, std::size_t alignment) noexcept {
    return {room + sizeof(large_block), std::max(alignment, alignof(std::max_align_t))};
}

}  // namespace

std::size_t large_blocks::room_for(layout as) const noexcept {
    if (keeps(as)) {
        return size_of_class(size_class_of(as.size - 1));
    }
    return as.size > most_room
               ? as.size
               : round_up(std::max<std::size_t>(as.size, 1), alignof(large_block));
}

// --- locks --------------------------------------------------------------------------------------

std::unique_lock<section_mutex> large_blocks::lock_list() const noexcept {
    return locks_ == nullptr ? std::unique_lock<section_mutex>{} : std::unique_lock{locks_->list};
}

// Exists during each call of the upstream. The list is not locked then, so that a callback of the
// upstream may use the pool.
class large_blocks::upstream_call {
public:
    explicit upstream_call(const large_blocks& of) noexcept {
        if (of.locks_ != nullptr) {
            if (of.locks_->turn != nullptr) {
                turn_ = std::unique_lock{*of.locks_->turn};
            }
            foreign_.emplace();
        }
    }

private:
    std::unique_lock<call_mutex> turn_;
    std::optional<foreign_call> foreign_;
};

// --- both calls -------------------------------------------------------------------------------

void* large_blocks::allocate(std::size_t bytes, std::size_t alignment) {
    if (keeps({bytes, alignment})) [[likely]] {
        const std::size_t wanted = size_class_of(bytes - 1);
        if (void* const block = take_kept(wanted)) [[likely]] {
            return block;
        }
        return take_fresh({bytes, alignment}, size_of_class(wanted));
    }
    return take_fresh({bytes, alignment}, room_for({bytes, alignment}));
}

[[gnu::noinline]] void* large_blocks::take_fresh(layout as, std::size_t room) {
    if (room > most_room) {
        raise_no_memory();
    }
    const layout wanted = whole_for(room, as.alignment);
    void* memory = nullptr;
    make_room_for([&] {
        const upstream_call now{*this};
        memory = allocate_from(*upstream_, wanted.size, wanted.alignment);
    });
    poison(memory, wanted.size);
    return add(memory, wanted, room);
}

void large_blocks::deallocate(void* block, layout as) noexcept {
    const std::size_t room = room_for(as);
    large_block* const header = header_of(block, as.alignment, room);
    if (large_block* const removed = keeps(as) ? keep(header, room) : remove(header, room)) {
        (void)give_back(removed);
    }
}

// A header behind the block leaves the list during the call, because the upstream may overwrite it.
bool large_blocks::try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const std::size_t had_room = room_for(as);
    const std::size_t room = room_for({bytes, as.alignment});
    if (room > most_room) {
        return false;
    }
    large_block* const header = remove(header_of(block, as.alignment, had_room), had_room);
    layout whole = header->whole();
    std::byte* const memory = begin_of(header, whole);
    const layout wanted = whole_for(room, as.alignment);
    auto* const begin = static_cast<std::byte*>(block);
    const std::size_t held = whole.size - static_cast<std::size_t>(begin - memory);
    unpoison(begin + as.size, held - as.size);
    bool is_done = as.size < bytes && wanted.size <= whole.size;
    if (!is_done) {
        const upstream_call now{*this};
        is_done = strata::try_expand(*upstream_, memory, whole, wanted.size);
        if (is_done) {
            whole.size = wanted.size;
        }
    }
    const std::size_t holds = whole.size - static_cast<std::size_t>(begin - memory);
    if (is_done) {
        guard_.resized(block, as, bytes, holds);
    }
    const std::size_t size = is_done ? bytes : as.size;
    poison(begin + size, holds - size);
    (void)add(memory, whole, is_done ? room : had_room);
    return is_done;
}

void large_blocks::release() noexcept {
    large_block* removed = nullptr;
    {
        const auto lock = lock_list();
        removed = std::exchange(newest_, nullptr);
        bytes_ = live_bytes_ = count_ = 0;
        has_kept_.store(0);
    }
    if (removed != nullptr) {
        (void)give_back(removed);
    }
}

STRATA_TOUCHES_POISON std::size_t large_blocks::give_back(large_block* removed) noexcept {
    std::size_t bytes = 0;
    const among_poison here{guard_.is_watching()};
    const upstream_call now{*this};
    while (removed != nullptr) {
        const layout whole = removed->whole();
        std::byte* const begin = begin_of(removed, whole);
        removed = removed->older;
        bytes += whole.size;
        const shield shielded;  // the upstream may reach a cancellation point
        guard_.let_go(begin, whole.size);
        upstream_->deallocate(begin, whole.size, whole.alignment);
    }
    return bytes;
}

// --- kept blocks ------------------------------------------------------------------------------

// A kept block stays in the list of all blocks. So to keep one, or to take it again, touches no
// other header.
//
// Its header is not poisoned: leak checkers follow no pointers in poisoned memory, and would report
// the kept blocks of a pool that is never destroyed.

// Poisoned memory is uninitialised for MemorySanitizer until it is written.
STRATA_TOUCHES_POISON static void poison_header(large_block& of) noexcept {
    if (is_watched()) {
        const large_block content = of;
        poison(&of, sizeof of);
        of = content;
    }
}

STRATA_TOUCHES_POISON void* large_blocks::take_kept(std::size_t wanted) noexcept {
    const auto find_near = [&] {
        return has_kept_.load() >> (wanted - first_kept_class) & classes_near;
    };
    if (find_near() == 0) {
        return nullptr;  // or another thread keeps one right now, for the next call
    }
    const among_poison here{guard_.is_watching()};
    const auto lock = lock_list();
    const std::uint64_t near = find_near();
    if (near == 0) {
        return nullptr;
    }
    large_block* const taken =
        pop_kept(wanted - first_kept_class + static_cast<unsigned>(std::countr_zero(near)));
    taken->is_kept = 0;
    taken->room = size_of_class(wanted);
    count_live(taken->room);
    poison_header(*taken);
    return taken + 1;
}

STRATA_TOUCHES_POISON large_block* large_blocks::keep(large_block* freed,
                                                      std::size_t room) noexcept {
    const among_poison here{guard_.is_watching()};
    const std::size_t at = size_class_of(freed->size - sizeof(large_block) - 1) - first_kept_class;
    const auto lock = lock_list();
    has_kept_.store(has_kept_.load() | std::uint64_t{1} << at);
    freed->is_kept = 1;
    freed->next_kept = std::exchange(kept_[at], freed);
    unpoison(freed, sizeof *freed);
    ++kept_counts_[at];
    count_freed(room);
    return bytes_ - live_bytes_ <= peak_bytes_ / 8 + always_kept ? nullptr : remove_surplus();
}

STRATA_TOUCHES_POISON inline large_block* large_blocks::pop_kept(std::size_t at) noexcept {
    large_block* const popped = kept_[at];
    kept_[at] = popped->next_kept;
    --kept_counts_[at];
    // Without a branch, which would often be mispredicted.
    has_kept_.store(has_kept_.load() & ~(std::uint64_t{kept_counts_[at] == 0} << at));
    return popped;
}

STRATA_TOUCHES_POISON large_block* large_blocks::remove_surplus() noexcept {
    large_block* removed = nullptr;
    while (has_kept_.load() != 0 && bytes_ - live_bytes_ > peak_bytes_ / 8 + always_kept) {
        auto most = static_cast<unsigned>(std::countr_zero(has_kept_.load()));
        std::size_t highest = 0;
        for (std::uint64_t each = has_kept_.load(); each != 0; each &= each - 1) {
            const auto at = static_cast<unsigned>(std::countr_zero(each));
            const std::size_t blocks = kept_counts_[at];
            const std::size_t rank = blocks * blocks * size_of_class(first_kept_class + at);
            if (rank > highest) {
                highest = rank;
                most = at;
            }
        }
        large_block* const popped = pop_kept(most);
        unlink(popped);
        popped->older = std::exchange(removed, popped);
    }
    return removed;
}

STRATA_TOUCHES_POISON std::size_t large_blocks::give_back_kept() noexcept {
    large_block* removed = nullptr;
    {
        const among_poison here{guard_.is_watching()};
        const auto lock = lock_list();
        while (has_kept_.load() != 0) {
            large_block* const popped =
                pop_kept(static_cast<unsigned>(std::countr_zero(has_kept_.load())));
            unlink(popped);
            popped->older = std::exchange(removed, popped);
        }
    }
    return removed == nullptr ? 0 : give_back(removed);
}

// --- the list of all blocks -------------------------------------------------------------------

STRATA_TOUCHES_POISON void* large_blocks::add(void* memory, layout whole,
                                              std::size_t room) noexcept {
    const among_poison here{guard_.is_watching()};
    auto* const begin = static_cast<std::byte*>(memory);
    const bool in_front = is_in_front(whole.alignment);
    const auto lock = lock_list();
    if (bytes_ == 0) {
        kept_.fill(nullptr);
        kept_counts_.fill(0);
    }
    auto* const header = ::new (in_front ? begin : begin + room) large_block{
        .newer = nullptr,
        .older = newest_,
        .size = whole.size & size_bits,
        .alignment_exponent = static_cast<unsigned>(std::countr_zero(whole.alignment)) & 63,
        .is_kept = 0,
        .room = room};
    if (newest_ != nullptr) {
        newest_->newer = header;
    }
    newest_ = header;
    bytes_ += whole.size;
    count_live(room);
    return in_front ? header + 1 : memory;
}

STRATA_TOUCHES_POISON large_block* large_blocks::remove(large_block* header,
                                                        std::size_t room) noexcept {
    const among_poison here{guard_.is_watching()};
    const auto lock = lock_list();
    unlink(header);
    header->older = nullptr;
    count_freed(room);
    return header;
}

STRATA_TOUCHES_POISON void large_blocks::unlink(const large_block* header) noexcept {
    (header->newer == nullptr ? newest_ : header->newer->older) = header->older;
    if (header->older != nullptr) {
        header->older->newer = header->newer;
    }
    bytes_ -= header->size;
}

void large_blocks::count_live(std::size_t room) noexcept {
    live_bytes_ += room + sizeof(large_block);
    peak_bytes_ = std::max(peak_bytes_, live_bytes_);
    ++count_;
}

void large_blocks::count_freed(std::size_t room) noexcept {
    live_bytes_ -= room + sizeof(large_block);
    --count_;
}

STRATA_TOUCHES_POISON bool large_blocks::may_free(void* block, layout as) const noexcept {
    const among_poison here{guard_.is_watching()};
    const std::size_t room = room_for(as);
    const large_block* const header = header_of(block, as.alignment, room);
    return header->is_kept == 0 && header->room == room &&
           header->whole().alignment == whole_for(room, as.alignment).alignment;
}

STRATA_TOUCHES_POISON bool large_blocks::hold(const void* block) const noexcept {
    const among_poison here{guard_.is_watching()};
    const auto lock = lock_list();
    for (large_block* each = newest_; each != nullptr; each = each->older) {
        const layout whole = each->whole();
        const void* const at =
            is_in_front(whole.alignment) ? each + 1 : static_cast<void*>(begin_of(each, whole));
        if (at == block && each->is_kept == 0) {
            return true;
        }
    }
    return false;
}

std::size_t large_blocks::bytes() const noexcept {
    const auto lock = lock_list();
    return bytes_;
}

}  // namespace strata::detail
