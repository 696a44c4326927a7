// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SOURCES_DETAIL_VIRTUAL_MEMORY_HPP
#define STRATA_SOURCES_DETAIL_VIRTUAL_MEMORY_HPP

#include <cstddef>

#include <strata/detail/round_up.hpp>

// All that the library asks of the operating system's virtual memory. Sizes are in bytes; addresses
// and sizes are multiples of a page, alignments powers of two that are not smaller. None of these
// throws, allocates or takes a lock, is a point of cancellation or changes `errno`.
namespace strata::detail {

/// The size of a page, as the system tells it.
[[nodiscard]] std::size_t page_bytes() noexcept;
/// The size of a huge page, as the system tells it; 2 MiB where it does not.
[[nodiscard]] std::size_t huge_page_bytes() noexcept;

enum class page_access { none, read_write };

/// Maps fresh pages. Null where the system has no such address space, or not the memory to back it:
/// pages without access need none. Pages come to be on first use, and are zero then.
[[nodiscard]] std::byte* map_pages(std::size_t bytes, std::size_t alignment,
                                   page_access access) noexcept;
/// The same with explicit huge pages, of which `bytes` is a multiple; null where there are not
/// enough of them.
[[nodiscard]] std::byte* map_explicit_huge_pages(std::size_t bytes, std::size_t alignment) noexcept;
/// Adds pages behind a mapping, with the same access, or unmaps pages at its end; false where other
/// memory is behind it or the system refuses.
[[nodiscard]] bool resize_mapping(std::byte* begin, std::size_t before, std::size_t after) noexcept;
/// Undoes a `map_pages` or `map_explicit_huge_pages`, all of it; false where the system keeps the
/// memory.
bool unmap_pages(std::byte* begin, std::size_t bytes) noexcept;

/// Makes mapped pages accessible; false where the system has no memory for them.
[[nodiscard]] bool commit_pages(std::byte* begin, std::size_t bytes) noexcept;
/// Makes them inaccessible. What they hold stays.
void protect_pages(std::byte* begin, std::size_t bytes) noexcept;
/// Gives their memory back to the system, and what they hold up; false where the system does not
/// take it. They stay as accessible as before.
[[nodiscard]] bool purge_pages(std::byte* begin, std::size_t bytes) noexcept;

/// Asks for transparent huge pages, which the system may or may not give.
void prefer_huge_pages(std::byte* begin, std::size_t bytes) noexcept;
/// Backs accessible pages with memory now, not on first use; false where there is none.
[[nodiscard]] bool populate_pages(std::byte* begin, std::size_t bytes) noexcept;

}  // namespace strata::detail

#endif
