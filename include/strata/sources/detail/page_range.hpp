// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SOURCES_DETAIL_PAGE_RANGE_HPP
#define STRATA_SOURCES_DETAIL_PAGE_RANGE_HPP

#include <cstddef>
#include <cstdint>

namespace strata::detail {

/// One range of addresses that serves runs of pages, each at the lowest place where it fits. Behind
/// the range are two bits for each page: whether it is taken, and whether its memory is kept.
///
/// A range with guards has an inaccessible page on both sides of each run, and its free pages are
/// inaccessible. Sizes are in bytes. Threads: one at a time.
class page_range {
public:
    page_range() = default;
    page_range(const page_range&) = delete;
    page_range& operator=(const page_range&) = delete;
    ~page_range() { close(); }

    /// Reserves the addresses; false if the system has none. With `huge`, the range starts at a
    /// huge page and becomes accessible one huge page after the other.
    [[nodiscard]] bool open(std::size_t bytes, bool huge, bool guarded) noexcept;
    /// Gives everything back; the range can be opened again.
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return begin_ != nullptr; }

    /// A run of so many bytes, a multiple of the page; null if none fits or the system has no
    /// memory.
    [[nodiscard]] std::byte* take(std::size_t bytes, std::size_t alignment) noexcept;
    /// Adds the pages behind a run to it; false if they are in use, outside the range or guards.
    [[nodiscard]] bool grow(const std::byte* run, std::size_t before, std::size_t after) noexcept;
    /// Takes back a run or, in a range without guards, the pages at its end. Keeps the memory if at
    /// most `keep` bytes are kept then.
    void give_back(std::byte* run, std::size_t bytes, std::size_t keep) noexcept;
    /// Gives kept memory back to the system; returns how many bytes.
    std::size_t purge() noexcept;

    [[nodiscard]] bool contains(const void* address) const noexcept;
    /// The bytes of taken and of kept pages, and of the bits in use.
    [[nodiscard]] std::size_t held_bytes() const noexcept;

private:
    struct word;  // the bits of 64 pages

    // In these functions, places are numbers of pages, and sizes are counts of pages.
    [[nodiscard]] std::byte* page(std::size_t number) const noexcept;
    [[nodiscard]] std::size_t find(std::size_t count, std::size_t alignment) const noexcept;
    [[nodiscard]] std::size_t next(std::size_t from, std::uint64_t word::*bits, bool wanted,
                                   std::size_t end) const noexcept;
    [[nodiscard]] bool occupy(std::size_t at, std::size_t count) noexcept;
    [[nodiscard]] bool make_accessible(std::size_t run, std::size_t count) noexcept;
    [[nodiscard]] std::size_t accessible(std::size_t used) const noexcept;

    std::byte* begin_ = nullptr;
    word* words_ = nullptr;  // right behind the last page
    std::size_t pages_ = 0;
    std::size_t guards_ = 0;  // on each side of a run
    std::size_t step_ = 1;
    std::size_t used_ = 0;        // pages from here on were never taken
    std::size_t first_free_ = 0;  // no page before it is free
    std::size_t taken_pages_ = 0;
    std::size_t kept_pages_ = 0;
};

}  // namespace strata::detail

#endif
