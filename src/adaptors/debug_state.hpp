// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_STATE_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_STATE_HPP

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>

#include <strata/adaptors/debug_options.hpp>
#include <strata/diagnostics/detail/caught.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/inside_resource.hpp>

#include "debug_memory.hpp"
#include "debug_records.hpp"
#include "debug_report.hpp"

namespace strata::detail {

class debug_call;
enum class debug_call_kind : std::uint8_t {
    none,
    allocate,
    deallocate,
    try_expand,
    check,
    release,
    flush,
    destructor,
    exit
};

/// All data of a `debug_resource`. Its functions are called inside a `debug_call`.
struct debug_state {
    // More calls of each stack are kept than are shown, because calls inside the standard library
    // and this library are not shown.
    static constexpr std::size_t unshown_calls = 23;
    static constexpr std::size_t most_shown_calls = 32;
    static constexpr std::size_t most_kept_calls = unshown_calls + most_shown_calls;

    debug_state(const debug& from, std::pmr::memory_resource& below);
    debug_state(const debug_state&) = delete;
    debug_state& operator=(const debug_state&) = delete;
    ~debug_state() = default;

    [[nodiscard]] std::size_t most_calls() const noexcept {
        return options.stack_depth == 0 ? 0 : options.stack_depth + unshown_calls;
    }

    // --- blocks
    [[nodiscard]] void* serve(layout wanted, debug_call& by);
    [[nodiscard]] void* make_block(layout wanted, const debug_call& by);
    void free(void* block, layout as, const debug_call& by);
    [[nodiscard]] bool try_expand(debug_record& block, std::size_t bytes, const debug_call& by);
    void destroy(debug_record& block) noexcept;
    [[nodiscard]] fenced_block around(const debug_record& block) const noexcept {
        return memory.around(block.begin, block.as());
    }
    /// Ends the program if the upstream served memory of a block that it has not got back.
    void end_if_in_use(const fenced_block& served, const debug_call& by);
    /// A block that overlaps the memory from the first to the last address, fences included.
    [[nodiscard]] debug_record* find_overlap(const void* first, const void* last) const noexcept;

    // --- the quarantine
    void quarantine(debug_record& block, const debug_call& by);
    void evict_while_over(std::size_t most_bytes, const debug_call& by);
    [[nodiscard]] std::size_t bytes_in_quarantine(const debug_record& block) const noexcept {
        return records.record_bytes() + around(block).whole_bytes();
    }
    /// Whether the block is kept only until the next free, in addition to the other blocks in
    /// quarantine.
    [[nodiscard]] bool is_too_large_to_stay(const debug_record& block) const noexcept {
        return options.quarantine != 0 && bytes_in_quarantine(block) > options.quarantine;
    }

    // --- checks
    /// Reports overwritten fences and repairs them, so that each is reported once.
    void check_fences(const debug_record& block, const debug_call& by);
    void check_freed(const debug_record& block, const debug_call& by);
    void check_live(const debug_call& by);
    void check_quarantined(const debug_call& by);
    /// For `std::exit`: returns how many blocks are live.
    std::size_t check_at_exit(bool leaks) noexcept;

    // --- findings
    template <std::invocable Compose>
    void report(finding kind, const debug_call& by, const Compose& compose) {
        count(kind);
        tell(kind, by, message(compose));
    }
    void count(finding kind) noexcept { ++found[static_cast<std::size_t>(kind)]; }
    /// The message is empty if there was no memory for it.
    void tell(finding kind, const debug_call& by, const std::string& message);
    void report_wrong_free(void* block, layout as, const debug_call& by);
    void report_live(const debug_call& by);
    [[nodiscard]] bool throws(const debug_call& by) const noexcept;
    [[nodiscard]] debug_report about(std::string_view what) const {
        return {title.data(), what, options.stack_depth};
    }
    /// The result of `compose`; empty if there is no memory for it.
    template <class Compose>
    [[nodiscard]] std::string try_to_compose(const Compose& compose) {
        std::string text;
        const foreign_call outside;          // names, memory and the upstream are not ours
        const inside_resource for_the_text;  // else this resource might serve the text
        const activity before = std::exchange(doing, activity::composing);
        (void)null_if_it_throws([&] {
            text = compose();
            return this;
        });
        doing = before;
        return text;
    }
    /// The same for a message; empty if findings are only counted.
    template <class Compose>
    [[nodiscard]] std::string message(const Compose& compose) {
        return options.on_finding == on_finding::ignore ? std::string{} : try_to_compose(compose);
    }

    debug options;
    std::array<char, 48> title{};  // in messages: `debug "orders"`

    enum class activity : std::uint8_t { none, composing, telling };
    mutable call_mutex mutex;           // protects all data between it and the atomic members
    activity doing = activity::none;    // the handling of a finding
    bool was_layer_of_default = false;  // of a resource that ended as the default one
    bool has_evicted = false;
    debug_memory memory;
    debug_records records;
    debug_record* oldest = nullptr;  // of the quarantine
    debug_record* newest = nullptr;
    std::size_t quarantined_bytes = 0;
    std::size_t live_bytes = 0;
    std::size_t live_blocks = 0;
    std::size_t peak_bytes = 0;
    std::size_t held_bytes = 0;
    std::uint64_t allocations = 0;
    std::uint64_t exit_number = 0;  // see debug_registry; 0: none

    std::array<std::atomic<std::uint32_t>, finding_kinds> found{};

    // The call that is inside, for the report of a second thread: its thread, kind and stack.
    std::atomic<std::uint64_t> inside_thread{0};
    std::atomic<debug_call_kind> inside_call{debug_call_kind::none};
    std::array<std::atomic<void*>, most_kept_calls> inside_stack{};
    std::atomic<std::uint64_t> tied_to{0};
};

}  // namespace strata::detail

#endif
