// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_STATS_RESOURCE_HPP
#define STRATA_ADAPTORS_STATS_RESOURCE_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <tuple>

#include <strata/adaptors/adaptor.hpp>
#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/counting.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/core/detail/title.hpp>
#include <strata/core/detail/quick_paths.hpp>
#include <strata/core/on_finding.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/detail/unwinding.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource, class Counting = counting::relaxed>
class stats_resource;

namespace detail {

/// The message that a finding at an end cannot be thrown.
[[nodiscard]] std::string nothing_thrown_at_end();

}  // namespace detail

/// Describes a `stats_resource` that counts in a given way. `strata::stats` is the usual one.
template <class Counting>
struct basic_stats {
    /// What happens if blocks are live at the resource's end. Nothing can be thrown there.
    on_finding on_destroy = on_finding::ignore;
    label name = {};

    template <class Upstream>
    using resource_type = stats_resource<Upstream, Counting>;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "stats";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return Counting::threads;
    }

    static constexpr auto option_table() {
        return std::tuple{option{
            &basic_stats::on_destroy,
            {.name = "on_destroy", .what = "what happens at the end where blocks are live"}}};
    }
    /// Why the options do not go together; empty if they do.
    [[nodiscard]] std::string contradiction() const {
        return on_destroy == on_finding::throw_ ? detail::nothing_thrown_at_end() : "";
    }

    friend constexpr bool operator==(const basic_stats&, const basic_stats&) = default;
};

/// Describes a `stats_resource` that several threads may use.
using stats = basic_stats<counting::relaxed>;

namespace detail {

/// Reports the live blocks, if any, at the end of the object `whose`.
void report_live(const char* whose, on_finding what, const allocation_stats& at_end) noexcept;

}  // namespace detail

/// Counts allocations: live, peak and total, bytes and blocks, sizes and alignments.
///
///     strata::stats_resource counted{&upstream};
///     std::pmr::string text{"a text that is too long to be stored inside", &counted};
///     std::cout << counted.snapshot();
///
/// Routing: every call goes on to the upstream unchanged. An allocation is counted after it
/// succeeded, a deallocation before it is passed on, so that no block is counted as live when it is
/// not. A block that grows or shrinks in place is counted after the upstream has resized it: only
/// its bytes, and no allocation.
/// Lifetime: holds no blocks. The upstream must outlive it.
/// Overhead: none a block; 1.2 KiB for the object, 18 KiB with `counting::sharded`, and 20 KiB
/// for each 16 more threads at once.
/// Complexity: O(1) beside the upstream's; `snapshot` is O(1), with `counting::sharded` O(the most
/// threads at once).
/// Errors: exceptions of the upstream pass through and are counted only as failures.
/// Threads: as the upstream, with `counting::relaxed` (the default), `counting::sequential` and
/// `counting::sharded` (the quickest of these, with a peak that may be off by 64 KiB a thread); one
/// at a time with `counting::single`.
template <class Upstream, class Counting>
class stats_resource
    : public adaptor<stats_resource<Upstream, Counting>, basic_stats<Counting>, Upstream>,
      public stats_source {
public:
    stats_resource() requires std::same_as<Upstream, std::pmr::memory_resource>
        : stats_resource{std::pmr::get_default_resource()} {}
    explicit stats_resource(Upstream* upstream STRATA_LIFETIME_BOUND)
        : stats_resource{basic_stats<Counting>{}, upstream} {}
    explicit stats_resource(const basic_stats<Counting>& description)
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : stats_resource{description, std::pmr::get_default_resource()} {}
    stats_resource(const basic_stats<Counting>& description,
                   Upstream* upstream STRATA_LIFETIME_BOUND)
        : stats_resource::adaptor{description.name, upstream},
          on_destroy_{description.on_destroy} {}
    ~stats_resource() override {
        if (on_destroy_ != on_finding::ignore) {
            detail::report_live(detail::title{*this}.c_str(), on_destroy_, snapshot());
        }
    }

    [[nodiscard]] allocation_stats snapshot() const noexcept { return tally_.snapshot(); }

    [[nodiscard]] basic_stats<Counting> options() const noexcept {
        return {.on_destroy = on_destroy_, .name = this->label()};
    }

protected:
    [[nodiscard]] strata::usage do_usage() const noexcept override {
        const allocation_stats now = tally_.snapshot();
        const auto known = [](std::int64_t count) {
            return count < 0 ? std::size_t{0} : static_cast<std::size_t>(count);
        };
        return {.live_bytes = known(now.live_bytes),
                .live_blocks = known(now.live_blocks),
                .used_bytes = known(now.live_bytes),
                .peak_bytes = known(now.peak_bytes),
                .reserved_bytes = known(now.live_bytes)};
    }
    void do_list_options(option_list& to) const override {
        to.add(options());
        // Constants: the member itself, once referred to, would keep a plugin from being unloaded.
        constexpr std::string_view way = Counting::word;
        constexpr bool is_usual = way == counting::relaxed::word;
        if constexpr (!is_usual) {
            to.add("counting", way);
        }
    }
    [[nodiscard]] const void* do_part(detail::type_key wanted) const noexcept override {
        const stats_source* const source = this;
        const void* const whole = stats_resource::adaptor::do_part(wanted);
        return whole != nullptr ? whole : this->as_part(source, wanted);
    }
    [[nodiscard]] allocation_stats do_snapshot() const noexcept final { return snapshot(); }

    // The rare work of a call is in separate functions that are called last, so that the quick path
    // saves no registers.
    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        if constexpr (detail::has_quick_paths<Upstream>) {
            if (void* const block =
                    this->upstream_resource()->try_allocate_quickly(bytes, alignment)) [[likely]] {
                return counted(block, {bytes, alignment});
            }
        }
        return allocate_slowly(bytes, alignment);
    }
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        void* const block = this->try_allocate_below(wanted);
        if (block == nullptr) {
            count_failed();
            return nullptr;
        }
        return counted(block, wanted);
    }

    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        if (!this->try_expand_below(block, as, bytes)) {
            return false;
        }
        const auto by = static_cast<std::int64_t>(bytes - as.size);
        tally_.resized(by);
        tell_scopes_resized(by);
        return true;
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (block == nullptr || has_scopes() || !try_count_deallocation(bytes)) [[unlikely]] {
            return deallocate_slowly(block, bytes, alignment);
        }
        this->upstream_resource()->deallocate(block, bytes, alignment);
    }

private:
    friend typename stats_resource::direct_calls;

    [[gnu::noinline]] void* allocate_slowly(std::size_t bytes, std::size_t alignment) {
        void* const block =
            detail::or_undo([&] { return this->allocate_below(bytes, alignment); },
                            [&] { count_failed(); });
        return counted(block, {bytes, alignment});
    }
    [[gnu::noinline]] void deallocate_slowly(void* block, std::size_t bytes,
                                             std::size_t alignment) {
        if (block == nullptr) {
            return this->null_freed(bytes, alignment);
        }
        tally_.deallocated(bytes);
        tell_scopes_deallocated(bytes);
        this->upstream_resource()->deallocate(block, bytes, alignment);
    }

    // Count a call, or return false for `counted_slowly` and `deallocate_slowly` to do it: a tally
    // may have a fast path that cannot always count.
    [[nodiscard]] bool try_count_allocation(layout as) noexcept {
        if constexpr (requires { tally_.allocated_quickly(as.size, as.alignment); }) {
            return tally_.allocated_quickly(as.size, as.alignment);
        } else {
            tally_.allocated(as.size, as.alignment);
            return true;
        }
    }
    [[nodiscard]] bool try_count_deallocation(std::size_t bytes) noexcept {
        if constexpr (requires { tally_.deallocated_quickly(bytes); }) {
            return tally_.deallocated_quickly(bytes);
        } else {
            tally_.deallocated(bytes);
            return true;
        }
    }

    [[nodiscard]] void* counted(void* block, layout as) noexcept {
        if (has_scopes() || !try_count_allocation(as)) [[unlikely]] {
            return counted_slowly(block, as);
        }
        return block;
    }
    [[nodiscard, gnu::noinline]] void* counted_slowly(void* block, layout as) noexcept {
        tally_.allocated(as.size, as.alignment);
        tell_scopes_allocated(as.size, as.alignment);
        return block;
    }
    void count_failed() {
        tally_.failed();
        tell_scopes_failed();
    }

    on_finding on_destroy_ = on_finding::ignore;
    typename Counting::tally tally_;
};

extern template class stats_resource<std::pmr::memory_resource, counting::single>;
extern template class stats_resource<std::pmr::memory_resource, counting::relaxed>;
extern template class stats_resource<std::pmr::memory_resource, counting::sequential>;
extern template class stats_resource<std::pmr::memory_resource, counting::sharded>;

template <class Upstream>
stats_resource(Upstream*) -> stats_resource<Upstream>;
template <class Counting, class Upstream>
stats_resource(basic_stats<Counting>, Upstream*) -> stats_resource<Upstream, Counting>;

}  // namespace strata

#endif
