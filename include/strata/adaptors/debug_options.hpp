// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DEBUG_OPTIONS_HPP
#define STRATA_ADAPTORS_DEBUG_OPTIONS_HPP

#include <cstddef>
#include <functional>
#include <memory_resource>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <strata/core/detail/same_containers.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource>
class debug_resource;

/// What a `debug_resource` can find.
enum class finding {
    double_free,
    freed_after_release,  ///< a block that `release()` had given up
    null_pointer,
    foreign_pointer,  ///< no block's, or one of a block freed too long ago
    interior_pointer,
    other_resource,  ///< a block of another `debug_resource`
    wrong_size,
    wrong_alignment,
    bad_alignment,  ///< a request for an alignment that is no power of two
    underflow,
    overflow,
    write_after_free,
    use_after_free,  ///< a fault in a freed block, or at an address that was read from one
    leak,
    two_threads,
    wrong_thread,
    reentry,
    default_resource,  ///< it was still the default resource at its end
    ended              ///< a call after its end, which only a `debug_error` can tell
};
inline constexpr std::size_t finding_kinds = 19;

/// Its name, as in the enumeration.
[[nodiscard]] std::string_view to_string(finding kind) noexcept;

/// What a `debug_resource` does with a finding. In any case it counts it first.
enum class on_finding {
    report,  ///< tells the handler of the options or, where there is none, `strata::misuse`
    abort,   ///< prints it and calls `std::abort`
    throw_where_legal,  ///< throws a `debug_error`, but reports from `deallocate` and its end
    count               ///< nothing else
};

/// Whether the blocks of a `debug_resource` border on pages that cannot be accessed.
enum class guard_page {
    none,
    ends,   ///< each block ends at one, as nearly as its alignment lets it
    begins  ///< each block begins at one
};

/// Describes a `debug_resource`. All sizes are in bytes.
struct debug {
    /// Stands in each message, to tell several apart; the first 31 bytes of it.
    std::string_view name = "debug";
    /// What is written beyond both ends of each block; at most 64 KiB, and to a multiple of the
    /// alignment before it. 0: nothing, and no overwriting is seen.
    std::size_t fence = 16;
    /// So much freed memory, with all that belongs to it, is kept from reuse; a larger block until
    /// the next one is freed. 0: none.
    std::size_t quarantine = std::size_t{1} << 20;
    /// How many of the program's calls a message shows for each site, at most 32. 0: no site at
    /// all, which saves the time and the memory for them.
    std::size_t stack_depth = 1;

    on_finding action = on_finding::report;
    /// Called with each finding in place of `strata::misuse`. It must not throw.
    std::function<void(finding kind, const char* message)> handler = {};

    /// Whether blocks that are live at its end are a finding.
    bool leaks = true;
    /// Whether `std::exit` looks at it as its end would, for one that is not destroyed by then: one
    /// made with `new`, or one that `std::exit` is called past. It does so after what was made
    /// later has ended and before what was there earlier does.
    bool at_exit = false;
    /// Whether several threads may be inside at once. They take turns then.
    bool concurrent = false;
    /// Whether it is tied, from the start, to the thread that makes it.
    bool one_thread = false;
    guard_page guard = guard_page::none;

    /// Whether a fault (SIGSEGV, SIGBUS) at an address that was read from a freed block, or between
    /// guard pages, is explained: the message goes to standard error, then the earlier handler or
    /// the default action goes on. Handlers that are installed later come first.
    bool faults = true;

    std::byte fresh_fill{0xCD};
    /// None: words that are no addresses, 0xDDDD before the address of the block, so that a fault
    /// at one tells which block it was read from. A byte tells nothing then.
    std::optional<std::byte> freed_fill = {};
    std::byte fence_fill{0xFB};

    template <class Upstream>
    using resource_type = debug_resource<Upstream>;
    static constexpr bool is_source = false;
};

/// Thrown for a finding by a `debug_resource` that is to throw. `what()` is the whole message.
class debug_error : public std::logic_error {
public:
    debug_error(finding kind, const char* message) : logic_error{message}, kind_{kind} {}

    [[nodiscard]] finding kind() const noexcept { return kind_; }

private:
    finding kind_;
};

}  // namespace strata

#endif
