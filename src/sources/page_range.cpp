// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/sources/detail/page_range.hpp>

#include <algorithm>
#include <bit>
#include <utility>

#include <strata/diagnostics/poison.hpp>

#include "virtual_memory.hpp"

namespace strata::detail {

struct page_range::word {
    std::uint64_t taken;  // by a run, its guards included
    std::uint64_t kept;   // free, or a guard, but not yet given back to the system
};

namespace {

constexpr std::size_t pages_a_word = 64;

std::size_t words_for(std::size_t pages) noexcept {
    return (pages + pages_a_word - 1) / pages_a_word;
}

// Calls act(word, mask) for each word that has bits of these pages.
template <class Word, class Act>
void for_each_word(Word* words, std::size_t first, std::size_t count, Act act) noexcept {
    while (count != 0) {
        const std::size_t shift = first % pages_a_word;
        const std::size_t here = std::min(count, pages_a_word - shift);
        act(words[first / pages_a_word], ~std::uint64_t{0} >> (pages_a_word - here) << shift);
        first += here;
        count -= here;
    }
}

}  // namespace

bool page_range::open(std::size_t bytes, bool huge, bool guarded) noexcept {
    if (bytes > PTRDIFF_MAX / 2) {
        return false;
    }
    const std::size_t size = round_up(bytes, page_bytes());
    const std::size_t pages = size / page_bytes();
    const std::size_t bits = round_up(words_for(pages) * sizeof(word), page_bytes());
    std::byte* begin =
        map_pages(size + bits, huge ? huge_page_bytes() : page_bytes(), page_access::none);
    if (begin == nullptr) {
        return false;
    }
    // Only the words in use are touched, so the system backs no others.
    if (!commit_pages(begin + size, bits)) {
        unmap_pages(begin, size + bits);
        return false;
    }
    if (huge) {
        prefer_huge_pages(begin, size);
    }
    begin_ = begin;
    words_ = reinterpret_cast<word*>(begin + size);
    pages_ = pages;
    guards_ = guarded ? 1 : 0;
    step_ = huge && !guarded ? huge_page_bytes() / page_bytes() : 1;
    return true;
}

void page_range::close() noexcept {
    if (is_open()) {
        unpoison(begin_, accessible(used_) * page_bytes());
        const std::size_t bits = round_up(words_for(pages_) * sizeof(word), page_bytes());
        unmap_pages(begin_, pages_ * page_bytes() + bits);
        begin_ = nullptr;
        used_ = first_free_ = taken_pages_ = kept_pages_ = 0;
    }
}

std::byte* page_range::take(std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t count = bytes / page_bytes();
    const std::size_t at = find(count + 2 * guards_, alignment / page_bytes());
    return at != pages_ && occupy(at, count) ? page(at + guards_) : nullptr;
}

// Takes free pages, with their guards, for a run of `count` pages between the guards.
bool page_range::occupy(std::size_t at, std::size_t count) noexcept {
    const std::size_t whole = count + 2 * guards_;
    if (!make_accessible(at + guards_, count)) {
        return false;
    }
    used_ = std::max(used_, at + whole);
    if (at == first_free_) {
        first_free_ = at + whole;
    }
    for_each_word(words_, at, whole, [](word& bits, std::uint64_t mask) { bits.taken |= mask; });
    for_each_word(words_, at + guards_, count, [this](word& bits, std::uint64_t mask) {
        kept_pages_ -= static_cast<std::size_t>(std::popcount(bits.kept & mask));
        bits.kept &= ~mask;
    });
    taken_pages_ += count;
    unpoison(page(at + guards_), count * page_bytes());
    return true;
}

bool page_range::grow(const std::byte* run, std::size_t before, std::size_t after) noexcept {
    const std::size_t at = (static_cast<std::size_t>(run - begin_) + before) / page_bytes();
    const std::size_t count = (after - before) / page_bytes();
    if (guards_ != 0 || count > pages_ - at) {
        return false;
    }
    const std::size_t end = std::min(at + count, used_);
    return next(at, &word::taken, true, end) == end && occupy(at, count);
}

void page_range::give_back(std::byte* run, std::size_t bytes, std::size_t keep) noexcept {
    poison(run, bytes);
    const std::size_t count = bytes / page_bytes();
    const std::size_t at = static_cast<std::size_t>(run - begin_) / page_bytes();
    const std::size_t room = keep / page_bytes();
    const bool may_keep = kept_pages_ <= room && count <= room - kept_pages_;
    if (may_keep || !purge_pages(run, bytes)) {  // memory that the system refuses is kept too
        kept_pages_ += count;
        for_each_word(words_, at, count, [](word& bits, std::uint64_t mask) { bits.kept |= mask; });
    }
    if (guards_ != 0) {
        protect_pages(run, bytes);
    }
    for_each_word(words_, at - guards_, count + 2 * guards_,
                  [](word& bits, std::uint64_t mask) { bits.taken &= ~mask; });
    first_free_ = std::min(first_free_, at - guards_);
    taken_pages_ -= count;
}

std::size_t page_range::purge() noexcept {
    const std::size_t before = kept_pages_;
    std::size_t at = next(0, &word::kept, true, used_);
    while (at != used_) {
        const std::size_t end = next(at, &word::kept, false, used_);
        if (purge_pages(page(at), (end - at) * page_bytes())) {
            kept_pages_ -= end - at;
            for_each_word(words_, at, end - at,
                          [](word& bits, std::uint64_t mask) { bits.kept &= ~mask; });
        }
        at = next(end, &word::kept, true, used_);
    }
    return (before - kept_pages_) * page_bytes();
}

bool page_range::contains(const void* address) const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    const auto begin = reinterpret_cast<std::uintptr_t>(begin_);
    return at >= begin && at - begin < pages_ * page_bytes();
}

std::size_t page_range::held_bytes() const noexcept {
    return (taken_pages_ + kept_pages_) * page_bytes() +
           round_up(words_for(used_) * sizeof(word), page_bytes());
}

std::byte* page_range::page(std::size_t number) const noexcept {
    return begin_ + number * page_bytes();
}

// The start of `count` free pages of which the first behind the guard is aligned; pages_ if there
// are none.
std::size_t page_range::find(std::size_t count, std::size_t alignment) const noexcept {
    const std::size_t first = reinterpret_cast<std::uintptr_t>(begin_) / page_bytes() + guards_;
    std::size_t at = first_free_;
    for (;;) {
        at += padding_at(first + at, alignment);
        if (at >= pages_ || count > pages_ - at) {
            return pages_;
        }
        const std::size_t end = std::min(at + count, used_);
        const std::size_t taken = next(at, &word::taken, true, end);
        if (taken == end) {
            return at;
        }
        at = next(taken, &word::taken, false, used_);
    }
}

// The first page from `from` on whose bit is `wanted`, or `end`.
std::size_t page_range::next(std::size_t from, std::uint64_t word::*bits, bool wanted,
                             std::size_t end) const noexcept {
    while (from < end) {
        const std::uint64_t all = words_[from / pages_a_word].*bits;
        const std::uint64_t left = (wanted ? all : ~all) >> from % pages_a_word;
        if (left != 0) {
            return std::min(from + static_cast<std::size_t>(std::countr_zero(left)), end);
        }
        from += pages_a_word - from % pages_a_word;
    }
    return end;
}

bool page_range::make_accessible(std::size_t run, std::size_t count) noexcept {
    if (guards_ != 0) {
        if (!commit_pages(page(run), count * page_bytes())) {
            protect_pages(page(run), count * page_bytes());  // some may be accessible
            return false;
        }
        return true;
    }
    const std::size_t from = accessible(used_);
    const std::size_t to = accessible(std::max(used_, run + count));
    if (from != to) {
        if (!commit_pages(page(from), (to - from) * page_bytes())) {
            return false;
        }
        poison(page(from), (to - from) * page_bytes());
    }
    return true;
}

// How many pages, from the first on, are accessible once `used` pages have been used.
std::size_t page_range::accessible(std::size_t used) const noexcept {
    return std::min(round_up(used, step_), pages_);
}

}  // namespace strata::detail
