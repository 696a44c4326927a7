// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_memory.hpp"

#include <algorithm>
#include <cstdint>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/resource.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "detail/shield.hpp"
#include "sources/virtual_memory.hpp"

namespace strata::detail {
namespace {

// AddressSanitizer tracks memory in units of this many bytes. A fence that shares a unit with
// something else could not be poisoned.
constexpr std::size_t granule = 8;

constexpr bool is_too_large(layout as) noexcept {
    constexpr std::size_t most = PTRDIFF_MAX / 4;
    return as.size > most || as.alignment > most;
}

// The layout to request from the upstream for a block.
layout of_upstream(const fenced_block& block, std::size_t alignment) noexcept {
    return {block.whole_bytes(), std::max(alignment, granule)};
}

}  // namespace

fenced_block debug_memory::around(std::byte* begin, layout as) const noexcept {
    if (!has_guard_pages()) {
        const std::size_t front = round_up(options_.fence, granule);
        const std::size_t padding = round_up(front, std::max(as.alignment, granule)) - front;
        const std::size_t end = round_up(front + as.size + options_.fence, granule);
        const std::size_t back = std::max(end, granule) - front - as.size;
        return {begin, as.size, padding, front, back, 0};
    }
    const std::size_t page = page_bytes();
    const std::size_t slack = round_up(as.size, page) - as.size;
    // An alignment below a page decides how near the end of the pages the block ends.
    const std::size_t front =
        options_.guard == guard_page::ends && as.alignment < page ? slack & (0 - as.alignment) : 0;
    return {begin, as.size, std::max(page, as.alignment), front, slack - front, page};
}

std::byte* debug_memory::take(layout wanted) const {
    if (is_too_large(wanted)) {
        raise_no_memory();
    }
    const fenced_block shape = around(nullptr, wanted);
    if (has_guard_pages()) {
        return take_pages(shape, wanted.alignment);
    }
    const auto [bytes, alignment] = of_upstream(shape, wanted.alignment);
    const foreign_call to_upstream;
    void* const memory = allocate_from(upstream_, bytes, alignment);
    return static_cast<std::byte*>(memory) + shape.padding + shape.front_bytes;
}

std::byte* debug_memory::take_pages(const fenced_block& shape, std::size_t alignment) const {
    const std::size_t bytes = shape.whole_bytes();
    const std::size_t inside = shape.fenced_bytes();
    std::byte* const pages = map_pages(bytes, std::max(alignment, page_bytes()), page_access::none);
    if (pages == nullptr) {
        raise_no_memory();
    }
    if (inside != 0 && !commit_pages(pages + shape.padding, inside)) {
        unmap_pages(pages, bytes);
        raise_no_memory();
    }
    return pages + shape.padding + shape.front_bytes;
}

void debug_memory::prepare(const fenced_block& block) const noexcept {
    std::ranges::fill(block.front(), options_.fence_fill);
    std::ranges::fill(block.inside(), options_.fresh_fill);
    std::ranges::fill(block.back(), options_.fence_fill);
    hide_fences(block);
}

bool debug_memory::try_expand(std::byte* begin, layout as, std::size_t bytes) const noexcept {
    if (has_guard_pages() || is_too_large({bytes, as.alignment})) {
        return false;
    }
    const fenced_block before = around(begin, as);
    const fenced_block after = around(begin, {bytes, as.alignment});
    expose(before);
    bool is_done = false;
    {
        const foreign_call to_upstream;
        is_done = strata::try_expand(upstream_, before.whole().data(),
                                     of_upstream(before, as.alignment), after.whole_bytes());
    }
    if (is_done && bytes > as.size) {
        std::fill_n(begin + as.size, bytes - as.size, options_.fresh_fill);
    }
    if (is_done) {
        std::ranges::fill(after.back(), options_.fence_fill);
    }
    hide_fences(is_done ? after : before);
    return is_done;
}

void debug_memory::give_back(std::byte* begin, layout as) const noexcept {
    const shield here;  // the upstream may reach a cancellation point
    const fenced_block block = around(begin, as);
    const std::span<std::byte> whole = block.whole();
    expose(block);
    if (has_guard_pages()) {
        unmap_pages(whole.data(), whole.size());
        return;
    }
    const foreign_call to_upstream;
    upstream_.deallocate(whole.data(), whole.size(), of_upstream(block, as.alignment).alignment);
}

void debug_memory::expose(const fenced_block& block) const noexcept {
    const auto all = has_guard_pages() ? block.with_fences() : block.whole();
    unpoison(all.data(), all.size());
}

void debug_memory::hide_fences(const fenced_block& block) const noexcept {
    const std::size_t front = block.front_bytes + (has_guard_pages() ? 0 : block.padding);
    poison(block.begin - front, front);
    poison(block.back().data(), block.back().size());
}

void debug_memory::hide(const fenced_block& block) const noexcept {
    const auto all = has_guard_pages() ? block.with_fences() : block.whole();
    poison(all.data(), all.size());
}

void debug_memory::retire(const fenced_block& block) const noexcept {
    if (!has_guard_pages()) {
        expose(block);
        freed_fill(block.begin).write(block.inside());
        hide(block);
    } else if (const auto pages = block.with_fences(); !pages.empty()) {
        (void)purge_pages(pages.data(), pages.size());  // the pages count as held in any case
        protect_pages(pages.data(), pages.size());
    }
}

}  // namespace strata::detail
