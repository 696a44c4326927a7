// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SOURCES_DETAIL_VIRTUAL_MEMORY_HPP
#define STRATA_SOURCES_DETAIL_VIRTUAL_MEMORY_HPP

#include <cstddef>

#include <strata/detail/round_up.hpp>

// The library's interface to the virtual memory of the operating system. Sizes are in bytes;
// addresses and sizes are multiples of a page, alignments powers of two that are not smaller. No
// function here throws, allocates, takes a lock, is a cancellation point or changes `errno`.
namespace strata::detail {

/// The size of a page, as the system tells it.
[[nodiscard]] std::size_t page_bytes() noexcept;
/// The size of a huge page, as the system tells it; 2 MiB if it does not.
[[nodiscard]] std::size_t huge_page_bytes() noexcept;

enum class page_access { none, read_write };

/// Maps fresh pages. Null if the system lacks the addresses, or the memory to back them, which
/// pages without access do not need. Pages are backed on first use, and are zero.
[[nodiscard]] std::byte* map_pages(std::size_t bytes, std::size_t alignment,
                                   page_access access) noexcept;
/// The same with explicit huge pages, of which `bytes` is a multiple; null if there are not enough
/// of them.
[[nodiscard]] std::byte* map_explicit_huge_pages(std::size_t bytes, std::size_t alignment) noexcept;
/// Adds pages behind a mapping, with the same access, or unmaps pages at its end; false if other
/// memory is behind it or the system refuses.
[[nodiscard]] bool resize_mapping(std::byte* begin, std::size_t before, std::size_t after) noexcept;
/// Unmaps all pages of a `map_pages` or `map_explicit_huge_pages`; false if the system keeps the
/// memory.
bool unmap_pages(std::byte* begin, std::size_t bytes) noexcept;

/// Makes mapped pages accessible; false if the system has no memory for them.
[[nodiscard]] bool commit_pages(std::byte* begin, std::size_t bytes) noexcept;
/// Makes pages inaccessible. Their content stays.
void protect_pages(std::byte* begin, std::size_t bytes) noexcept;
/// Returns the memory of pages to the system. Their content is lost; they stay as accessible as
/// before. False if the system refuses.
[[nodiscard]] bool purge_pages(std::byte* begin, std::size_t bytes) noexcept;

/// Asks for transparent huge pages, which the system may or may not give.
void prefer_huge_pages(std::byte* begin, std::size_t bytes) noexcept;
/// Backs accessible pages with memory now, not on first use; false if there is no memory.
[[nodiscard]] bool populate_pages(std::byte* begin, std::size_t bytes) noexcept;

}  // namespace strata::detail

#endif
