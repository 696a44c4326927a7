// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_DEBUG_BASE_HPP
#define STRATA_ADAPTORS_DETAIL_DEBUG_BASE_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <strata/adaptors/debug_options.hpp>
#include <strata/adaptors/detail/debug_life.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/usage.hpp>

namespace strata::detail {

struct debug_block;

/// A node of the tree that a `debug_resource` keeps its blocks in.
struct debug_links {
    std::uint64_t seal;
    debug_links* parent;
    debug_links* left;
    debug_links* right;
    bool is_black;
};

/// All of a `debug_resource` but the type of its upstream.
class debug_base : private debug_life, public resource {
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
    [[nodiscard]] std::string_view title() const noexcept { return debug_life::title(); }

    [[nodiscard]] std::string_view name() const noexcept override { return "debug"; }
    [[nodiscard]] std::pmr::memory_resource* upstream(std::size_t index) const noexcept override {
        return index == 0 ? upstream_ : nullptr;
    }
    [[nodiscard]] ownership owns(const void* block) const noexcept override;
    [[nodiscard]] strata::usage usage() const noexcept override;

protected:
    debug_base(const debug& options, std::pmr::memory_resource* upstream);

    [[nodiscard]] void* allocate_block(std::size_t bytes, std::size_t alignment);
    void deallocate_block(void* block, std::size_t bytes, std::size_t alignment) noexcept;

private:
    friend class debug_registry;
    class calls_here;
    class visit;
    class reading;
    enum class call : std::uint8_t { none, allocate, deallocate, check, release, flush, end };
    enum class may_throw : bool { no, yes };

    [[nodiscard]] const char* title_text() const noexcept { return debug_life::title(); }
    static const char* text_of(call what) noexcept;
    static std::uint64_t current_thread() noexcept;

    template <class Compose>
    void report(finding kind, may_throw throwing, const Compose& compose);
    template <class Compose>
    [[nodiscard]] std::string composed(const Compose& compose) noexcept;
    void act(finding kind, may_throw throwing, const char* message);

    void report_two_threads(std::uint64_t other, call what, const calls_here& here,
                            may_throw throwing);
    void report_wrong_free(void* block, layout as, const calls_here& here);
    void report_live();

    [[nodiscard]] void* make_block(layout wanted, const calls_here& here);
    void destroy(debug_block& block) noexcept;
    void quarantine(debug_block& block, const calls_here& here);
    void evict_while_over(std::size_t most, const calls_here& here, may_throw throwing);
    void check_fences(debug_block& block, const calls_here& here, may_throw throwing);
    void check_freed(debug_block& block, const calls_here& here, may_throw throwing);
    void check_live(const calls_here& here, may_throw throwing);
    [[nodiscard]] debug_block* around(const void* address) const noexcept;
    [[nodiscard]] std::size_t whole_record_bytes() const noexcept;

    std::pmr::memory_resource* upstream_;
    debug options_;
    std::size_t most_calls_;

    mutable std::mutex mutex_;
    mutable std::atomic<std::uint64_t> holder_{0};  // the thread that holds the mutex
    std::atomic<std::uint64_t> inside_{0};          // the thread in a call that is watched
    std::atomic<call> inside_call_{call::none};
    std::array<std::atomic<void*>, 55> inside_calls_{};  // where that was called from
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
    std::array<std::atomic<std::size_t>, finding_kinds> found_{};

    debug_base* next_ = nullptr;  // of all there are
    debug_base* previous_ = nullptr;
};

}  // namespace strata::detail

#endif
