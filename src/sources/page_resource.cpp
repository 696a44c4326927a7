// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/sources/page_resource.hpp>

#include <algorithm>
#include <cstdint>
#include <new>

#include <strata/core/option_list.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>

#include "virtual_memory.hpp"

namespace strata {
namespace {

std::size_t size_of(layout wanted) noexcept {
    return std::max<std::size_t>(wanted.size, 1);
}

// The distance from the start of a block's pages to the block: less than a page.
std::size_t offset_of(const void* block) noexcept {
    return reinterpret_cast<std::uintptr_t>(block) & (detail::page_bytes() - 1);
}

}  // namespace

std::string pages::contradiction() const {
    if (keep != 0 && reserve == 0) {
        return "expected a range to keep pages in, as in pages(reserve=1GiB, keep=64MiB)";
    }
    return keep <= reserve ? "" : "expected to keep no more than is reserved";
}

page_resource::page_resource(const pages& description) noexcept
    : layer{description.name},
      options_{description} {
    options_.keep = std::min(options_.keep, options_.reserve);
}

page_resource::~page_resource() = default;

void* page_resource::try_allocate(layout wanted) noexcept {
    if (guard_.is_on() && !detail::is_alignment(wanted.alignment, *this)) {
        return nullptr;
    }
    const run needed = run_for(wanted);
    std::byte* begin = needed.bytes == 0 ? nullptr : take(needed);
    if (begin == nullptr) {
        return nullptr;
    }
    const std::size_t slack = needed.bytes - size_of(wanted);
    std::byte* block = begin + (options_.guard ? slack & (0 - wanted.alignment) : 0);
    detail::poison(begin, needed.bytes);
    guard_.serve(block, wanted.size, wanted.alignment);
    detail::define(block, wanted.size);
    live_blocks_.fetch_add(1, std::memory_order_relaxed);
    count_live(wanted.size);
    return block;
}

void* page_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    void* block = try_allocate({bytes, alignment});
    if (block == nullptr) {
        detail::raise_no_memory();
    }
    return block;
}

void page_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    if (block == nullptr) {
        return detail::null_freed(*this, bytes);
    }
    if (!guard_.take_back(*this, block, bytes, alignment)) {
        return;
    }
    live_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    live_blocks_.fetch_sub(1, std::memory_order_relaxed);
    const std::size_t offset = offset_of(block);
    give_back(static_cast<std::byte*>(block) - offset, run_for({bytes, alignment}));
}

bool page_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    if (!guard_.may_resize(*this, block, as)) {
        return false;
    }
    const run had = run_for(as);
    const run wanted = run_for({bytes, as.alignment});
    if (options_.guard ? bytes > had.bytes - offset_of(block) || wanted.bytes != had.bytes
                       : !resize(static_cast<std::byte*>(block), had, wanted)) {
        return false;
    }
    auto* const end = static_cast<std::byte*>(block) + bytes;
    guard_.resized(block, as, bytes, wanted.bytes - offset_of(block));
    if (bytes < as.size) {
        live_bytes_.fetch_sub(as.size - bytes, std::memory_order_relaxed);
        return true;
    }
    detail::define(end - (bytes - as.size), bytes - as.size);
    detail::poison(end, wanted.bytes - offset_of(block) - bytes);
    count_live(bytes - as.size);
    return true;
}

// Only for blocks without guards.
bool page_resource::resize(std::byte* begin, run had, run wanted) noexcept {
    if (wanted.bytes == 0 || wanted.alignment != had.alignment) {  // only one has huge pages
        return false;
    }
    if (wanted.bytes == had.bytes) {
        return true;
    }
    const bool is_done = options_.reserve == 0
                             ? resize_mapping(begin, had.bytes, wanted.bytes)
                             : resize_in_range(begin, had.bytes, wanted.bytes);
    if (!is_done || wanted.bytes < had.bytes || !options_.populate ||
        detail::populate_pages(begin + had.bytes, wanted.bytes - had.bytes)) {
        return is_done;
    }
    (void)resize(begin, wanted, had);
    return false;
}

bool page_resource::resize_mapping(std::byte* begin, std::size_t before,
                                   std::size_t after) noexcept {
    if (after < before) {  // the system may reuse the addresses
        detail::unpoison(begin + after, before - after);
    }
    if (!detail::resize_mapping(begin, before, after)) {
        return false;
    }
    reserved_bytes_.fetch_add(after - before, std::memory_order_relaxed);  // which may wrap
    return true;
}

bool page_resource::resize_in_range(std::byte* begin, std::size_t before,
                                    std::size_t after) noexcept {
    const std::lock_guard lock{mutex_};
    if (after < before) {
        range_.give_back(begin + after, before - after, options_.keep);
    } else if (!range_.grow(begin, before, after)) {
        return false;
    }
    reserved_bytes_.store(range_.held_bytes(), std::memory_order_relaxed);
    return true;
}

// `deallocate` calls it too, so the result must depend on the options and the argument alone. No
// bytes: no memory can have that size or alignment.
page_resource::run page_resource::run_for(layout wanted) const noexcept {
    const bool huge = is_huge(wanted.size);
    const std::size_t page = huge ? huge_page_bytes() : page_bytes();
    const std::size_t unit = huge && !may_be_explicit() ? page_bytes() : page;
    constexpr std::size_t most = PTRDIFF_MAX;
    if (wanted.alignment > most / 2 || wanted.size > most - unit) {
        return {};
    }
    return {.bytes = detail::round_up(size_of(wanted), unit),
            .alignment = std::max(wanted.alignment, page)};
}

// Whether the pages of so many bytes fill at least one huge page.
bool page_resource::is_huge(std::size_t bytes) const noexcept {
    return options_.huge != huge_pages::none && bytes > huge_page_bytes() - page_bytes();
}

bool page_resource::may_be_explicit() const noexcept {
    return options_.huge == huge_pages::explicit_or_transparent && options_.reserve == 0 &&
           !options_.guard;
}

std::byte* page_resource::take(run wanted) noexcept {
    std::byte* begin = options_.reserve != 0 ? take_from_range(wanted) : map(wanted);
    if (begin != nullptr && options_.populate && !detail::populate_pages(begin, wanted.bytes)) {
        give_back(begin, wanted);
        return nullptr;
    }
    return begin;
}

void page_resource::give_back(std::byte* begin, run given) noexcept {
    if (options_.reserve == 0) {
        unmap(begin, given);
        return;
    }
    const std::lock_guard lock{mutex_};
    range_.give_back(begin, given.bytes, options_.keep);
    reserved_bytes_.store(range_.held_bytes(), std::memory_order_relaxed);
}

std::byte* page_resource::take_from_range(run wanted) noexcept {
    const std::lock_guard lock{mutex_};
    if (!range_.is_open() &&
        !range_.open(options_.reserve, options_.huge != huge_pages::none, options_.guard)) {
        return nullptr;
    }
    std::byte* begin = range_.take(wanted.bytes, wanted.alignment);
    reserved_bytes_.store(range_.held_bytes(), std::memory_order_relaxed);
    return begin;
}

std::byte* page_resource::map(run wanted) noexcept {
    const bool huge = is_huge(wanted.bytes);
    std::byte* begin = huge && may_be_explicit()
                           ? detail::map_explicit_huge_pages(wanted.bytes, wanted.alignment)
                           : nullptr;
    if (begin == nullptr) {
        begin = options_.guard ? map_with_guards(wanted)
                               : detail::map_pages(wanted.bytes, wanted.alignment,
                                                   detail::page_access::read_write);
        if (begin != nullptr && huge) {
            detail::prefer_huge_pages(begin, wanted.bytes);
        }
    }
    if (begin != nullptr) {
        reserved_bytes_.fetch_add(wanted.bytes, std::memory_order_relaxed);
    }
    return begin;
}

// The guard in front is as large as the alignment, so that the run is aligned like the mapping.
std::byte* page_resource::map_with_guards(run wanted) noexcept {
    const std::size_t guards = wanted.alignment + page_bytes();
    if (wanted.bytes > PTRDIFF_MAX - guards) {
        return nullptr;
    }
    std::byte* whole =
        detail::map_pages(wanted.bytes + guards, wanted.alignment, detail::page_access::none);
    if (whole != nullptr && !detail::commit_pages(whole + wanted.alignment, wanted.bytes)) {
        detail::unmap_pages(whole, wanted.bytes + guards);
        whole = nullptr;
    }
    return whole == nullptr ? nullptr : whole + wanted.alignment;
}

void page_resource::unmap(std::byte* begin, run given) noexcept {
    detail::unpoison(begin, given.bytes);  // the system may reuse the addresses
    const std::size_t before = options_.guard ? given.alignment : 0;
    const std::size_t behind = options_.guard ? page_bytes() : 0;
    if (detail::unmap_pages(begin - before, before + given.bytes + behind)) {
        reserved_bytes_.fetch_sub(given.bytes, std::memory_order_relaxed);
    }
}

void page_resource::count_live(std::size_t bytes) noexcept {
    const std::size_t live = live_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    std::size_t peak = peak_bytes_.load(std::memory_order_relaxed);
    while (peak < live &&
           !peak_bytes_.compare_exchange_weak(peak, live, std::memory_order_relaxed)) {
    }
}

std::size_t page_resource::purge() noexcept {
    const std::lock_guard lock{mutex_};
    const std::size_t purged = range_.purge();
    reserved_bytes_.fetch_sub(purged, std::memory_order_relaxed);
    return purged;
}

void page_resource::release() noexcept {
    if (options_.reserve == 0) {
        return;
    }
    const std::lock_guard lock{mutex_};
    range_.close();
    guard_.give_up_all();
    live_bytes_.store(0, std::memory_order_relaxed);
    live_blocks_.store(0, std::memory_order_relaxed);
    reserved_bytes_.store(0, std::memory_order_relaxed);
}

std::size_t page_resource::page_bytes() noexcept {
    return detail::page_bytes();
}

std::size_t page_resource::huge_page_bytes() noexcept {
    return detail::huge_page_bytes();
}

ownership page_resource::do_owns(const void* block) const noexcept {
    if (options_.reserve == 0) {
        return ownership::unknown;
    }
    const std::lock_guard lock{mutex_};
    return range_.contains(block) ? ownership::yes : ownership::no;
}

void page_resource::do_list_options(option_list& to) const {
    to.add(options_);
}

usage page_resource::do_usage() const noexcept {
    const std::size_t live = live_bytes_.load(std::memory_order_relaxed);
    return {.live_bytes = live,
            .live_blocks = live_blocks_.load(std::memory_order_relaxed),
            .used_bytes = live,
            .peak_bytes = peak_bytes_.load(std::memory_order_relaxed),
            .reserved_bytes = reserved_bytes_.load(std::memory_order_relaxed)};
}

}  // namespace strata
