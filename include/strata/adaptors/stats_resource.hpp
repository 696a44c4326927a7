// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_STATS_RESOURCE_HPP
#define STRATA_ADAPTORS_STATS_RESOURCE_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/counting.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/core/resource.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource, class Counting = counting::relaxed>
class stats_resource;

/// What a `stats_resource` does at its end when blocks are still live.
enum class leak_policy {
    ignore,
    report,  ///< prints one line to standard error
    abort    ///< is a misuse: by default a message and `std::abort`
};

/// Describes a `stats_resource` that counts in a given way. `strata::stats` is the usual one.
template <class Counting>
struct basic_stats {
    leak_policy on_destroy = leak_policy::ignore;

    template <class Upstream>
    using resource_type = stats_resource<Upstream, Counting>;
    static constexpr bool is_source = false;

    friend constexpr bool operator==(const basic_stats&, const basic_stats&) = default;
};

/// Describes a `stats_resource` that several threads may use.
using stats = basic_stats<counting::relaxed>;

namespace detail {

/// Reports the live blocks, if any, at the end of the object named.
void report_live(const char* whose, leak_policy policy, const allocation_stats& at_end) noexcept;

}  // namespace detail

/// Counts what passes through it: live, peak and total, bytes and blocks, sizes and alignments.
///
///     strata::stats_resource counted{&upstream};
///     std::pmr::string text{"a text that is too long to be stored inside", &counted};
///     std::cout << counted.snapshot();
///
/// Routing: every call goes on to the upstream unchanged. An allocation is counted after it
/// succeeded, a deallocation before it is handed on, so that what is live is never counted too high.
/// Lifetime: holds no blocks. The upstream must outlive it.
/// Overhead: none a block; 1.2 KiB for the object.
/// Complexity: O(1) beside the upstream's; `snapshot` is O(1) too.
/// Errors: what the upstream throws passes through and is counted as a failure alone.
/// Threads: as the upstream, with `counting::relaxed` (the default) and `counting::sequential`;
/// one at a time with `counting::single`.
template <class Upstream, class Counting>
class stats_resource : public resource, public stats_source {
public:
    stats_resource()
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : stats_resource{std::pmr::get_default_resource()} {}
    explicit stats_resource(Upstream* upstream) : upstream_{upstream} {}
    stats_resource(const basic_stats<Counting>& description, Upstream* upstream)
        : upstream_{upstream}, on_destroy_{description.on_destroy} {}
    ~stats_resource() override {
        if (on_destroy_ != leak_policy::ignore) {
            detail::report_live("stats", on_destroy_, snapshot());
        }
    }

    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    [[nodiscard]] allocation_stats snapshot() const noexcept final {
        allocation_stats now;
        now.live_bytes = live_bytes_.load();
        now.live_blocks = live_blocks_.load();
        now.peak_bytes = peak_bytes_.load();
        now.peak_blocks = peak_blocks_.load();
        now.deallocated_bytes = deallocated_bytes_.load();
        now.failures = failures_.load();
        const auto value = [](const counter& of) { return of.load(); };
        std::ranges::transform(sizes_, now.sizes.begin(), value);
        std::ranges::transform(alignments_, now.alignments.begin(), value);
        for (const std::int64_t count : now.sizes) {
            now.allocations += count;
        }
        // Derived rather than stored: three fewer counters to touch at every call.
        now.deallocations = now.allocations - now.live_blocks;
        now.allocated_bytes = now.deallocated_bytes + now.live_bytes;
        return now;
    }

    [[nodiscard]] Upstream* upstream_resource() const noexcept { return upstream_; }

    [[nodiscard]] std::string_view name() const noexcept override { return "stats"; }
    [[nodiscard]] std::pmr::memory_resource* upstream(std::size_t index) const noexcept override {
        return index == 0 ? upstream_ : nullptr;
    }
    [[nodiscard]] ownership owns(const void* block) const noexcept override {
        return strata::owns(*upstream_, block);
    }
    [[nodiscard]] strata::usage usage() const noexcept override {
        const auto live = static_cast<std::size_t>(std::max<std::int64_t>(live_bytes_.load(), 0));
        const auto blocks = std::max<std::int64_t>(live_blocks_.load(), 0);
        return {.live_bytes = live,
                .live_blocks = static_cast<std::size_t>(blocks),
                .peak_bytes = static_cast<std::size_t>(peak_bytes_.load()),
                .reserved_bytes = live};
    }

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        void* block = nullptr;
        try {
            block = upstream_->allocate(bytes, alignment);
        } catch (...) {
            failures_.add(1);
            tell_scopes_failed();
            throw;
        }
        sizes_[allocation_stats::size_entry(bytes)].add(1);
        alignments_[allocation_stats::alignment_entry(alignment)].add(1);
        peak_bytes_.raise_to(live_bytes_.add(static_cast<std::int64_t>(bytes)));
        peak_blocks_.raise_to(live_blocks_.add(1));
        tell_scopes_allocated(bytes, alignment);
        return block;
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        live_bytes_.add(-static_cast<std::int64_t>(bytes));
        live_blocks_.add(-1);
        deallocated_bytes_.add(static_cast<std::int64_t>(bytes));
        tell_scopes_deallocated(bytes);
        upstream_->deallocate(block, bytes, alignment);
    }

private:
    using counter = typename Counting::counter;

    Upstream* upstream_;
    leak_policy on_destroy_ = leak_policy::ignore;
    counter live_bytes_;
    counter live_blocks_;
    counter peak_bytes_;
    counter peak_blocks_;
    counter deallocated_bytes_;
    counter failures_;
    std::array<counter, 64> sizes_;
    std::array<counter, 64> alignments_;
};

extern template class stats_resource<std::pmr::memory_resource, counting::single>;
extern template class stats_resource<std::pmr::memory_resource, counting::relaxed>;
extern template class stats_resource<std::pmr::memory_resource, counting::sequential>;

template <class Upstream>
stats_resource(Upstream*) -> stats_resource<Upstream>;
template <class Counting, class Upstream>
stats_resource(basic_stats<Counting>, Upstream*) -> stats_resource<Upstream, Counting>;

}  // namespace strata

#endif
