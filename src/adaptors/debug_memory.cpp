// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <new>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "detail/shield.hpp"
#include "sources/virtual_memory.hpp"

namespace strata::detail {
namespace {

// The unit in which AddressSanitizer knows of memory: a fence that shared one with something else
// could not be poisoned.
constexpr std::size_t granule = 8;

}  // namespace

std::size_t debug_memory::shape::hidden_before() const noexcept {
    return is_paged ? before : outer + before;
}

layout debug_memory::shape::whole(layout as) const noexcept {
    return {outer + before + as.size + behind, std::max(as.alignment, granule)};
}

bool debug_memory::can_be(layout as) noexcept {
    constexpr std::size_t most = PTRDIFF_MAX;
    return as.size <= most / 4 && as.alignment <= most / 4;
}

debug_memory::shape debug_memory::shape_of(layout as) const {
    if (!can_be(as)) {
        raise_no_memory();
    }
    if (options_.guard == guard_page::none) {
        const std::size_t before = round_up(options_.fence, granule);
        const std::size_t padding = round_up(before, std::max(as.alignment, granule)) - before;
        const std::size_t inside = before + as.size + options_.fence;
        const std::size_t whole = std::max(round_up(inside, granule), granule);
        return {padding, before, whole - before - as.size, false};
    }
    const std::size_t page = page_bytes();
    const std::size_t slack = round_up(as.size, page) - as.size;
    // Up to a page, an alignment decides how near the end of the pages the block ends.
    const std::size_t before =
        options_.guard == guard_page::ends && as.alignment < page ? slack & (0 - as.alignment) : 0;
    return {std::max(page, as.alignment), before, slack - before, true};
}

std::byte* debug_memory::take(layout wanted) const {
    const shape around = shape_of(wanted);
    if (options_.guard != guard_page::none) {
        return take_pages(wanted, around);
    }
    const layout whole = around.whole(wanted);
    const foreign_call to_upstream;
    void* held = allocate_from(upstream_, whole.size, whole.alignment);
    return static_cast<std::byte*>(held) + around.outer + around.before;
}

void debug_memory::prepare(std::byte* begin, layout wanted) const noexcept {
    const shape around = shape_of(wanted);
    std::fill_n(begin - around.before, around.before, options_.fence_fill);
    std::fill_n(begin, wanted.size, options_.fresh_fill);
    std::fill_n(begin + wanted.size, around.behind, options_.fence_fill);
    hide_fences(begin, wanted);
}

bool debug_memory::try_expand(std::byte* begin, layout as, std::size_t bytes) const noexcept {
    const layout wanted{bytes, as.alignment};
    if (options_.guard != guard_page::none || !can_be(wanted)) {
        return false;
    }
    const shape had = shape_of(as);
    const shape around = shape_of(wanted);
    expose(begin, as);
    bool is_done = false;
    {
        const foreign_call to_upstream;
        is_done = strata::try_expand(upstream_, begin - had.before - had.outer, had.whole(as),
                                     around.whole(wanted).size);
    }
    if (is_done) {
        const std::size_t more = bytes > as.size ? bytes - as.size : 0;
        std::fill_n(begin + (bytes - more), more, options_.fresh_fill);
        std::fill_n(begin + bytes, around.behind, options_.fence_fill);
    }
    hide_fences(begin, is_done ? wanted : as);
    return is_done;
}

std::byte* debug_memory::take_pages(layout wanted, const shape& around) const {
    const std::size_t inside = around.whole(wanted).size - around.outer;
    const std::size_t bytes = around.outer + inside + page_bytes();
    std::byte* mapped =
        map_pages(bytes, std::max(wanted.alignment, page_bytes()), page_access::none);
    if (mapped == nullptr) {
        raise_no_memory();
    }
    if (inside != 0 && !commit_pages(mapped + around.outer, inside)) {
        unmap_pages(mapped, bytes);
        raise_no_memory();
    }
    return mapped + around.outer + around.before;
}

void debug_memory::give_back(std::byte* begin, layout as) const noexcept {
    const shield here;  // the upstream may do what cancels a thread
    const shape around = shape_of(as);
    if (options_.guard == guard_page::none) {
        const layout whole = around.whole(as);
        const foreign_call to_upstream;
        upstream_.deallocate(begin - around.before - around.outer, whole.size, whole.alignment);
    } else {
        unmap_pages(begin - around.before - around.outer, around.whole(as).size + page_bytes());
    }
}

std::span<std::byte> debug_memory::from_upstream(std::byte* begin, layout as) const noexcept {
    const shape around = shape_of(as);
    return options_.guard == guard_page::none
               ? std::span{begin - around.before - around.outer, around.whole(as).size}
               : std::span<std::byte>{};
}

std::size_t debug_memory::held_bytes(layout as) const noexcept {
    return shape_of(as).whole(as).size;
}

std::span<std::byte> debug_memory::before(std::byte* begin, layout as) const noexcept {
    const std::size_t bytes = shape_of(as).before;
    return {begin - bytes, bytes};
}

std::span<std::byte> debug_memory::behind(std::byte* begin, layout as) const noexcept {
    return {begin + as.size, shape_of(as).behind};
}

std::span<const std::byte> debug_memory::mapped(const std::byte* begin, layout as) const noexcept {
    const shape around = shape_of(as);
    return around.is_paged ? std::span{begin - around.before - around.outer,
                                       around.whole(as).size + page_bytes()}
                           : std::span<const std::byte>{};
}

void debug_memory::expose(std::byte* begin, layout as) const noexcept {
    const shape around = shape_of(as);
    unpoison(begin - around.hidden_before(), around.hidden_before() + as.size + around.behind);
}

void debug_memory::hide_fences(std::byte* begin, layout as) const noexcept {
    const shape around = shape_of(as);
    poison(begin - around.hidden_before(), around.hidden_before());
    poison(begin + as.size, around.behind);
}

void debug_memory::hide(std::byte* begin, layout as) const noexcept {
    const shape around = shape_of(as);
    poison(begin - around.hidden_before(), around.hidden_before() + as.size + around.behind);
}

void debug_memory::lock(std::byte* begin, layout as) const noexcept {
    const shape around = shape_of(as);
    const std::size_t inside = around.whole(as).size - around.outer;
    if (options_.guard != guard_page::none && inside != 0) {
        (void)purge_pages(begin - around.before, inside);  // they count as held, taken or not
        protect_pages(begin - around.before, inside);
    }
}

}  // namespace strata::detail
