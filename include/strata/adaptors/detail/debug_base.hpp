// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_DEBUG_BASE_HPP
#define STRATA_ADAPTORS_DETAIL_DEBUG_BASE_HPP

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include <strata/adaptors/debug_options.hpp>
#include <strata/adaptors/detail/block_checker.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/usage.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata::detail {

struct debug_block;

/// A node of the tree that a `debug_resource` keeps its blocks in.
struct debug_links {
    std::uint64_t seal = 0;  // of the address
    debug_links* parent = nullptr;
    debug_links* left = nullptr;
    debug_links* right = nullptr;
    std::uint32_t sum = 0;  // of the links
    bool is_black = false;
};

/// Says what it can, and ends the program: nothing that is read from there on can be relied on.
[[noreturn]] void end_for_overwritten(debug_links& first_seen) noexcept;

/// All of a `debug_resource` but the type of its upstream.
class debug_base : public block_checker {
public:
    /// What the record of a block takes of the upstream, without its two stacks.
    static constexpr std::size_t record_bytes = 96;

    ~debug_base() override;

    /// Looks at all that is live or in quarantine now; returns how much was found.
    std::size_t check();
    /// Reports what is live now as it would at its end; returns how many blocks that are.
    std::size_t report_leaks();
    /// Gives up all live blocks at once. They go into the quarantine, as those freed one by one.
    void release();
    /// Gives back, once looked at, all that is in quarantine.
    void flush();

    /// From now on only this thread may call it, or again any.
    void tie_to_this_thread() noexcept { tied_to_ = current_thread(); }
    void untie() noexcept { tied_to_ = 0; }

    /// How much was found so far, of one kind or in all.
    [[nodiscard]] std::size_t findings(finding kind) const noexcept;
    [[nodiscard]] std::size_t findings() const noexcept;

    [[nodiscard]] const debug& options() const noexcept { return options_; }
    /// The name in messages: `debug "orders"`.
    [[nodiscard]] std::string_view title() const noexcept { return title_.data(); }

    // For the library.
    std::size_t check_at_exit() noexcept override { return check_at_exit(true); }
    void default_resource_ends() noexcept override;

protected:
    [[nodiscard]] std::string_view do_name() const noexcept override { return debug::layer_name; }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override {
        return index == 0 ? upstream_ : nullptr;
    }
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;
    [[nodiscard]] const void* do_part(type_key wanted) const noexcept override;

    debug_base(const debug& options, std::pmr::memory_resource* upstream);

    [[nodiscard]] void* allocate_block(std::size_t bytes, std::size_t alignment);
    [[nodiscard]] void* try_allocate_block(layout wanted) noexcept;
    void deallocate_block(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    [[nodiscard]] bool try_expand_block(void* block, layout as, std::size_t bytes) noexcept;

private:
    friend class debug_registry;
    friend class debug_faults;
    friend void end_for_overwritten(debug_links& first_seen) noexcept;
    class calls_here;
    class looking;
    class visit;
    class reading;
    enum class call : std::uint8_t {
        none,
        allocate,
        deallocate,
        expand,
        check,
        release,
        flush,
        end,
        exit
    };
    enum class may_throw : bool { no, yes };

    // So many calls more than are shown are kept of each stack, for those inside the standard
    // library and this one, which are not shown.
    static constexpr std::size_t unshown_calls = 23;
    static constexpr std::size_t most_shown_calls = 32;
    static constexpr std::size_t most_kept_calls = unshown_calls + most_shown_calls;

    [[nodiscard]] const char* title_text() const noexcept { return title_.data(); }
    static const char* text_of(call what) noexcept;
    static std::uint64_t current_thread() noexcept;

    // The text is empty where there was no memory for it.
    void report(finding kind, may_throw throwing, const std::string& text);
    template <class Compose>
        requires std::invocable<const Compose&>
    void report(finding kind, may_throw throwing, const Compose& compose);
    template <class Compose>
    [[nodiscard]] std::string tried(const Compose& compose) const noexcept;
    template <class Compose>
    [[nodiscard]] std::string composed(const Compose& compose) const noexcept;
    [[nodiscard]] bool throws(may_throw throwing) const noexcept;
    void act(finding kind, may_throw throwing, const char* message);

    void report_two_threads(std::uint64_t other, call what, const calls_here& here,
                            may_throw throwing);
    void report_wrong_free(void* block, layout as, const calls_here& here);
    void report_live();
    std::size_t check_at_exit(bool leaks) noexcept;

    [[noreturn]] void end_program(const std::string& text) const noexcept;
    void look_around(debug_links& overwritten, const looking& now) noexcept;

    [[nodiscard]] void* make_block(layout wanted, const calls_here& here);
    void make_sure_unused(std::span<std::byte> served, const calls_here& here);
    void destroy(debug_block& block) noexcept;
    void quarantine(debug_block& block, const calls_here& here);
    [[nodiscard]] std::size_t bytes_in_quarantine(const debug_block& block) const noexcept;
    [[nodiscard]] bool is_too_large_to_stay(const debug_block& block) const noexcept;
    [[nodiscard]] void* serve(layout wanted, const calls_here& here, may_throw throwing);
    void evict_while_over(std::size_t most, const calls_here& here, may_throw throwing);
    void check_fences(debug_block& block, const calls_here& here, may_throw throwing);
    void check_freed(debug_block& block, const calls_here& here, may_throw throwing);
    void check_live(const calls_here& here, may_throw throwing);
    void check_quarantined(const calls_here& here, may_throw throwing);
    [[nodiscard]] debug_block* around(const void* address) const noexcept;
    [[nodiscard]] debug_block* overlapping(const void* first, const void* last) const noexcept;
    [[nodiscard]] std::size_t whole_record_bytes() const noexcept;

    std::pmr::memory_resource* upstream_;
    debug options_;
    std::array<char, 48> title_{};
    std::size_t most_calls_;

    mutable call_mutex mutex_;
    std::atomic<std::uint64_t> inside_{0};  // the thread in a call that is watched
    std::atomic<call> inside_call_{call::none};
    std::array<std::atomic<void*>, most_kept_calls> inside_calls_{};  // where that was called from
    std::atomic<std::uint64_t> tied_to_{0};

    debug_links blocks_{};
    debug_block* oldest_ = nullptr;  // of the quarantine
    debug_block* newest_ = nullptr;
    std::size_t quarantined_bytes_ = 0;
    std::size_t live_bytes_ = 0;
    std::size_t live_blocks_ = 0;
    std::size_t peak_bytes_ = 0;
    std::size_t held_bytes_ = 0;
    std::uint64_t allocations_ = 0;
    std::uint64_t forgotten_ = 0;  // blocks that left the quarantine
    std::array<std::atomic<std::size_t>, finding_kinds> found_{};

    std::uint64_t exit_number_ = 0;  // 0: none
    bool was_layer_of_default_ = false;  // of one that has ended
};

}  // namespace strata::detail

#endif
