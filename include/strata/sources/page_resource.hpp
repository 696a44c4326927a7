// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SOURCES_PAGE_RESOURCE_HPP
#define STRATA_SOURCES_PAGE_RESOURCE_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include <strata/core/detail/guard.hpp>
#include <strata/core/detail/layer.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/sources/detail/page_range.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata {

class page_resource;

/// Whether a `page_resource` uses huge pages, for blocks whose pages fill at least one.
enum class huge_pages {
    none,
    /// Blocks are aligned to a huge page, and the system is asked for such pages. It gives ordinary
    /// ones if its settings forbid huge pages or it has none.
    transparent,
    /// Blocks take huge pages that the administrator has set aside, and their sizes are rounded up
    /// to whole ones. As `transparent` if there are not enough, and with `reserve`, `guard` or an
    /// alignment above a huge page.
    explicit_or_transparent
};

template <>
inline constexpr std::array<std::string_view, 3> words_of<huge_pages>{"none", "transparent",
                                                                      "explicit_or_transparent"};

/// Describes a `page_resource`. All sizes are in bytes.
struct pages {
    /// The size of one range of addresses for all blocks. 0: each block is a mapping of its own.
    std::size_t reserve = 0;
    /// With `reserve` and without `guard`, the whole range has huge pages, which small blocks
    /// share.
    huge_pages huge = huge_pages::none;
    /// Whether an inaccessible page is before and behind each block. The block then ends at the
    /// page behind it, as nearly as its alignment allows.
    bool guard = false;
    /// Whether the system gives a block its memory at once, instead of page by page at the first
    /// use.
    bool populate = false;
    /// With `reserve`: how many bytes of freed blocks are kept for later blocks. More goes back to
    /// the system at once. Without `reserve` it has no effect.
    std::size_t keep = 0;
    label name = {};

    template <class Upstream>
    using resource_type = page_resource;
    static constexpr bool is_source = true;
    static constexpr std::string_view layer_name = "pages";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return thread_safety::full;
    }

    template <class Self = pages>
    static constexpr auto option_table() {
        return std::tuple{
            option{&Self::reserve,
                   {.name = "reserve",
                    .what = "all blocks in one range of so many addresses",
                    .most = std::uint64_t{1} << 61,
                    .zero = "each block is a mapping of its own"}},
            option{&Self::huge,
                   {.name = "huge", .what = "huge pages for what fills at least one"}},
            option{&Self::guard,
                   {.name = "guard", .what = "an inaccessible page before and behind each block"}},
            option{&Self::populate,
                   {.name = "populate",
                    .what = "takes memory at once, not page by page as it is first used"}},
            option{&Self::keep,
                   {.name = "keep",
                    .what = "with reserve: how much freed memory is kept for other blocks"}}};
    }
    /// Why the options do not go together; empty if they do.
    [[nodiscard]] std::string contradiction() const;

    friend constexpr bool operator==(const pages&, const pages&) = default;
};

/// Memory straight from the operating system, in whole pages.
///
///     strata::page_resource pages{strata::pages{.reserve = 1_GiB,
///                                               .huge = strata::huge_pages::transparent}};
///     strata::arena_resource arena{strata::arena{.first_chunk = 4_MiB}, &pages};
///
/// Use it below arenas and pools with large chunks: a huge page takes one page fault instead of
/// hundreds, chunks in one range can grow in place, and a guard page stops an overflow. Do not use
/// it for blocks of less than some hundred KiB: each takes at least a page, a system call, and a
/// page fault for each page.
///
/// Routing: without `reserve`, each block is mapped when it is allocated and unmapped when it is
/// freed. With it, the range is reserved at the first allocation, and each block is at the lowest
/// address where it fits. The memory of freed blocks returns to the system, except for up to `keep`
/// bytes. Blocks start at a page, or with `guard` end at one. A size of 0 takes a page too.
/// `try_expand` resizes a block within its pages and, without `guard`, adds the pages behind them
/// if those are free, or returns the pages at its end.
/// Lifetime: without `reserve`, a block lives until it is freed, even after the resource has ended.
/// With it, until it is freed, `release` or destruction.
/// Overhead: the rest of a block's last page. With `guard`, two pages of addresses for each block;
/// without `reserve`, the first is as large as the block's alignment if that is more. 2 bits for
/// each page of the range up to the highest one used; 240 bytes for the object.
/// Complexity: one to a few system calls; with `reserve` also the search for a place, O(pages of
/// the range that were ever used) at worst, and few or no system calls if memory is kept.
/// Errors: `std::bad_alloc` if the system refuses or the range has no room; blocks that fit are
/// still served. `try_allocate` returns null instead. Some systems grant more memory than they
/// have, and end the program when it uses it; with `populate`, that happens at the allocation.
/// Threads: safe to use from any number of threads, except `release` and destruction. With
/// `reserve`, a call takes a lock. After `fork`, parent and child may both go on.
class page_resource : public detail::layer<page_resource, pages> {
public:
    page_resource() : page_resource{pages{}} {}
    explicit page_resource(const pages& description) noexcept;
    ~page_resource() override;

    [[nodiscard]] void* try_allocate(layout wanted) noexcept;

    /// Gives kept memory back to the system; returns how many bytes. Memory that the system refuses
    /// (before Linux 5.18: locked pages) stays kept.
    std::size_t purge() noexcept;
    /// With `reserve`: frees all blocks and gives the range back. Without `reserve`: does nothing.
    void release() noexcept;

    /// The options in force: `keep` is at most `reserve`.
    [[nodiscard]] const pages& options() const noexcept { return options_; }

    /// The sizes of a page and of a huge page in bytes. The latter is 2 MiB if the system does not
    /// tell it.
    [[nodiscard]] static std::size_t page_bytes() noexcept;
    [[nodiscard]] static std::size_t huge_page_bytes() noexcept;

protected:
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return try_allocate(wanted);
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;
    /// Unknown without `reserve`.
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// Live and peak bytes are as asked for. Reserved bytes are the accessible pages of blocks, the
    /// pages that are kept, and the bits for pages; not guards, and not addresses without memory.
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;

private:
    friend direct_calls;

    struct run {  // the accessible pages of a block
        std::size_t bytes = 0;
        std::size_t alignment = 0;
    };

    [[nodiscard]] run run_for(layout wanted) const noexcept;
    [[nodiscard]] bool is_huge(std::size_t bytes) const noexcept;
    [[nodiscard]] bool may_be_explicit() const noexcept;
    [[nodiscard]] std::byte* take(run wanted) noexcept;
    void give_back(std::byte* begin, run given) noexcept;
    [[nodiscard]] std::byte* take_from_range(run wanted) noexcept;
    [[nodiscard]] std::byte* map(run wanted) noexcept;
    [[nodiscard]] static std::byte* map_with_guards(run wanted) noexcept;
    void unmap(std::byte* begin, run given) noexcept;
    [[nodiscard]] bool resize(std::byte* begin, run had, run wanted) noexcept;
    [[nodiscard]] bool resize_mapping(std::byte* begin, std::size_t before,
                                      std::size_t after) noexcept;
    [[nodiscard]] bool resize_in_range(std::byte* begin, std::size_t before,
                                       std::size_t after) noexcept;
    void count_live(std::size_t bytes) noexcept;

    pages options_;
    detail::guard guard_;
    std::atomic<std::size_t> live_bytes_ = 0;
    std::atomic<std::size_t> live_blocks_ = 0;
    std::atomic<std::size_t> peak_bytes_ = 0;
    std::atomic<std::size_t> reserved_bytes_ = 0;
    mutable detail::section_mutex mutex_{detail::lock_order::blocks};  // protects range_
    detail::page_range range_;
};

}  // namespace strata

#endif
