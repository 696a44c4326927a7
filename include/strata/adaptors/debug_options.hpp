// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DEBUG_OPTIONS_HPP
#define STRATA_ADAPTORS_DEBUG_OPTIONS_HPP

#include <array>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

#include <strata/detail/function.hpp>
#include <strata/core/on_finding.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/detail/same_containers.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource>
class debug_resource;

/// The kinds of findings of a `debug_resource`.
enum class finding {
    double_free,
    freed_after_release,  ///< a free of a block that `release()` had given up
    null_pointer,
    foreign_pointer,  ///< a pointer to no block, or to one that has left the quarantine
    interior_pointer,
    other_resource,  ///< a block of another `debug_resource`
    wrong_size,
    wrong_alignment,
    bad_alignment,  ///< a request for an alignment that is not a power of two
    underflow,
    overflow,
    write_after_free,
    use_after_free,  ///< a fault in a freed block, or at an address that was read from one
    leak,
    two_threads,
    wrong_thread,
    reentry,
    default_resource  ///< it was still the default resource at its end
};
inline constexpr std::size_t finding_kinds = 18;

/// The name of a kind, as in the enumeration.
[[nodiscard]] std::string_view to_string(finding kind) noexcept;

/// Whether the blocks of a `debug_resource` border on pages that cannot be accessed.
enum class guard_page {
    none,
    ends,   ///< each block ends at one, as nearly as its alignment lets it
    begins  ///< each block begins at one
};

template <>
inline constexpr std::array<std::string_view, 3> words_of<guard_page>{"none", "ends", "begins"};

/// Describes a `debug_resource`. All sizes are in bytes.
struct debug {
    label name = {};
    /// The size of the fence at both ends of each block, at most 64 KiB. The fence before a block
    /// is rounded up to a multiple of the alignment. 0: no fences, and no overflow is seen.
    std::size_t fence = 16;
    /// How much freed memory is kept from reuse, fences and records included. A larger block is
    /// kept until the next free. 0: none.
    std::size_t quarantine = std::size_t{1} << 20;
    /// How many of the program's calls a message shows for each call site, at most 32. 0: none, and
    /// no stacks are captured, which saves their time and memory.
    std::size_t stack_depth = 1;

    /// What happens with a finding once it is counted. `throw_` throws a `debug_error`.
    strata::on_finding on_finding = strata::on_finding::abort;
    /// Called with each finding that is neither ignored nor thrown, instead of a report or an
    /// abort. It must not throw.
    detail::function<void(finding kind, const char* message)> handler = {};

    /// Whether blocks that are live at the resource's end are a finding.
    bool leaks = true;
    /// Whether `std::exit` checks the resource as its destructor would, if it still exists then,
    /// because it was made with `new` or is in a scope that `std::exit` never leaves. The check
    /// runs after the destructors of static objects made later than it, and before the destructors
    /// of earlier ones.
    bool at_exit = false;
    /// Whether several threads may call it at once. They take turns.
    bool concurrent = false;
    /// Whether the resource is tied to the thread that makes it, as by `tie_to_this_thread()`.
    bool one_thread = false;
    /// Whether blocks have an inaccessible page, and on which side.
    guard_page guard = guard_page::none;

    /// Whether to explain a fault (SIGSEGV, SIGBUS) in a block with guard pages or in those pages,
    /// or at an address that was read from a freed block. The message goes to standard error; then
    /// the earlier handler or the default action follows. Handlers that the program installs later
    /// run first.
    bool faults = true;

    /// The byte that fills a block when it is served.
    std::byte fresh_fill{0xCD};
    /// None: freed memory is filled with words that have 0xDDDD above the address of the block.
    /// They are not valid addresses, and a fault at such an address names the block. With a byte
    /// instead, these faults are not explained.
    std::optional<std::byte> freed_fill = {};
    /// The byte that fills the fences.
    std::byte fence_fill{0xFB};

    template <class Upstream>
    using resource_type = debug_resource<Upstream>;
    static constexpr bool is_source = false;
    static constexpr std::string_view layer_name = "debug";
    [[nodiscard]] constexpr thread_safety threads() const noexcept {
        return concurrent ? thread_safety::as_below : thread_safety::one_at_a_time;
    }

    template <class Self = debug>
    static constexpr auto option_table() {
        return std::tuple{
            option{&Self::fence,
                   {.name = "fence",
                    .what = "the size of the fence at both ends of each block",
                    .most = 65536,
                    .zero = "no fence"}},
            option{&Self::quarantine,
                   {.name = "quarantine",
                    .what = "how much freed memory is kept from reuse",
                    .zero = "none"}},
            option{&Self::stack_depth,
                   {.name = "stack_depth",
                    .what = "how many calls a message shows for each call site",
                    .type = option_type::count,
                    .most = 32,
                    .zero = "no call sites"}},
            option{&Self::on_finding,
                   {.name = "on_finding", .what = "what happens with a finding"}},
            option{&Self::leaks,
                   {.name = "leaks", .what = "blocks that are live at the end are a finding"}},
            option{&Self::at_exit,
                   {.name = "at_exit", .what = "std::exit checks it if it has not ended by then"}},
            option{&Self::concurrent,
                   {.name = "concurrent", .what = "several threads may be inside at once"}},
            option{&Self::one_thread,
                   {.name = "one_thread", .what = "it is tied to the thread that makes it"}},
            option{&Self::guard,
                   {.name = "guard", .what = "blocks border on pages that cannot be accessed"}},
            option{
                &Self::faults,
                {.name = "faults", .what = "a fault in a block or in a guard page is explained"}},
            option{&Self::fresh_fill,
                   {.name = "fresh_fill", .what = "the byte that fills a new block"}},
            option{&Self::freed_fill,
                   {.name = "freed_fill",
                    .what = "the byte that fills a freed block; none: addresses that explain a "
                            "fault"}},
            option{&Self::fence_fill,
                   {.name = "fence_fill", .what = "the byte that fills a fence"}}};
    }
    /// Why the options do not go together; empty if they do.
    [[nodiscard]] std::string contradiction() const;
};

/// Thrown for a finding by a `debug_resource` with `on_finding::throw_`. `what()` is the whole
/// message.
class debug_error : public std::logic_error {
public:
    debug_error(finding kind, const char* message) : logic_error{message}, kind_{kind} {}

    /// The kind of misuse.
    [[nodiscard]] finding kind() const noexcept { return kind_; }

private:
    finding kind_;
};

}  // namespace strata

#endif
