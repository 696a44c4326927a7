// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/large_blocks.hpp>

#include <algorithm>
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

// The header of a block, right behind the block: `deallocate` finds it by the block's size. It lies
// in poisoned memory, so that tools find an overflow of the block.
struct large_block {
    large_block* newer;
    large_block* older;
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;
};

std::size_t large_blocks::room_for(std::size_t bytes) noexcept {
    return round_up(std::max<std::size_t>(bytes, 1), alignof(large_block));
}

// The size of a block with the header behind it; 0 if no block can be so large.
static std::size_t whole_size(std::size_t bytes) noexcept {
    constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();
    return bytes > most - sizeof(large_block) - alignof(large_block)
               ? 0
               : large_blocks::room_for(bytes) + sizeof(large_block);
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
    const layout wanted{whole_size(bytes), std::max(alignment, alignof(large_block))};
    if (wanted.size == 0) {
        raise_no_memory();
    }
    void* block = nullptr;
    {
        const upstream_call now{*this};
        block = allocate_from(*upstream_, wanted.size, wanted.alignment);
    }
    poison(block, wanted.size);
    add(block, bytes, wanted);
    return block;
}

void large_blocks::deallocate(void* block, std::size_t bytes) noexcept {
    const layout whole = remove(block, bytes);
    const upstream_call now{*this};
    const shield here;  // the upstream may reach a cancellation point
    guard_.let_go(block, whole.size);
    upstream_->deallocate(block, whole.size, whole.alignment);
}

// The block leaves the list during the call, because the upstream may overwrite its header.
bool large_blocks::try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const layout had = remove(block, as.size);
    const layout wanted{whole_size(bytes), had.alignment};
    auto* const begin = static_cast<std::byte*>(block);
    unpoison(begin + as.size, had.size - as.size);
    bool is_done = false;
    if (wanted.size != 0) {
        const upstream_call now{*this};
        is_done = strata::try_expand(*upstream_, block, had, wanted.size);
    }
    if (is_done) {
        guard_.resized(block, as, bytes, wanted.size);
    }
    const std::size_t size = is_done ? bytes : as.size;
    const layout has = is_done ? wanted : had;
    poison(begin + size, has.size - size);
    add(block, size, has);
    return is_done;
}

STRATA_TOUCHES_POISON void large_blocks::release() noexcept {
    const among_poison here{guard_.is_watching()};
    large_block* removed = nullptr;
    {
        const auto lock = lock_list();
        bytes_ = 0;
        count_ = 0;
        removed = std::exchange(newest_, nullptr);
    }
    const upstream_call now{*this};
    while (removed != nullptr) {
        const layout whole{removed->size, removed->alignment};
        std::byte* begin = reinterpret_cast<std::byte*>(removed + 1) - whole.size;
        removed = removed->older;
        const shield shielded;
        guard_.let_go(begin, whole.size);
        upstream_->deallocate(begin, whole.size, whole.alignment);
    }
}

// --- the list ---------------------------------------------------------------------------------

STRATA_TOUCHES_POISON void large_blocks::add(void* block, std::size_t bytes, layout as) noexcept {
    const among_poison here{guard_.is_watching()};
    std::byte* const behind = static_cast<std::byte*>(block) + room_for(bytes);
    const auto lock = lock_list();
    auto* header = ::new (behind) large_block{nullptr, newest_, as.size, as.alignment};
    if (newest_ != nullptr) {
        newest_->newer = header;
    }
    newest_ = header;
    bytes_ += as.size;
    ++count_;
    peak_bytes_ = std::max(peak_bytes_, bytes_);
}

STRATA_TOUCHES_POISON layout large_blocks::remove(void* block, std::size_t bytes) noexcept {
    const among_poison here{guard_.is_watching()};
    const std::size_t offset = room_for(bytes);
    auto* freed = reinterpret_cast<large_block*>(static_cast<std::byte*>(block) + offset);
    const auto lock = lock_list();
    (freed->newer == nullptr ? newest_ : freed->newer->older) = freed->older;
    if (freed->older != nullptr) {
        freed->older->newer = freed->newer;
    }
    bytes_ -= freed->size;
    --count_;
    return {freed->size, freed->alignment};
}

STRATA_TOUCHES_POISON bool large_blocks::may_free(void* block, std::size_t bytes) const noexcept {
    const among_poison here{guard_.is_watching()};
    const std::byte* begin = static_cast<std::byte*>(block);
    const auto* header = reinterpret_cast<const large_block*>(begin + room_for(bytes));
    return header->size == whole_size(bytes);
}

STRATA_TOUCHES_POISON bool large_blocks::hold(const void* block) const noexcept {
    const among_poison here{guard_.is_watching()};
    const auto lock = lock_list();
    for (large_block* each = newest_; each != nullptr; each = each->older) {
        if (reinterpret_cast<std::byte*>(each + 1) - each->size == block) {
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
