// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_CHECKING_RESOURCE_HPP
#define STRATA_TESTING_CHECKING_RESOURCE_HPP

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <strata/core/detail/layer.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/testing/injected_failure.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata {

class checking_resource;

/// Describes a `checking_resource`.
struct checking {
    label name = {};

    template <class Upstream>
    using resource_type = checking_resource;
    static constexpr bool is_source = true;
    static constexpr std::string_view layer_name = "checking";

    friend constexpr bool operator==(const checking&, const checking&) = default;
};

/// An upstream for tests: serves exactly the size and alignment asked for, records every misuse,
/// and fails on request.
///
///     strata::checking_resource upstream;
///     { my_resource tested{&upstream}; use(tested); }
///     BOOST_TEST(upstream.errors().empty() && upstream.live_blocks() == 0);
///
/// Routing: blocks and bookkeeping come from malloc, so tests that count `operator new` do not see
/// them. A block of alignment A is never one of alignment 2A. A block has a guard at both ends;
/// fresh and freed memory are filled with two patterns.
/// Lifetime: blocks live until freed or destruction. Live blocks or recorded errors at its end are
/// a misuse, if the test never called `live_blocks` or `errors`.
/// Overhead: about 250 bytes a block and twice its alignment; 16 bytes for each request ever.
/// Complexity: O(size + log blocks) for both calls.
/// Errors: `std::bad_alloc` above `largest`, in size or alignment, and what `fail_at` and
/// `fail_from` ask for. A misuse is recorded and does not throw, except a request with an alignment
/// that is not a power of two. A block that is freed with a wrong size or alignment is freed
/// nevertheless.
/// Threads: safe to call from any, but two calls at the same time are an error, unless
/// `allow_threads` was called. Read the figures while no call is running.
class checking_resource : public detail::layer<checking_resource, checking> {
public:
    /// The largest size and alignment that is served.
    static constexpr std::size_t largest = std::size_t{1} << 30;

    /// What it does when told to fail.
    enum class failure {
        bad_alloc,
        injected,  ///< throws a `strata::injected_failure`
        foreign,   ///< throws `foreign_failure`
        null       ///< returns null, against the rules
    };
    /// Does not derive from `std::exception`. It has the request that was refused.
    struct foreign_failure {
        layout refused;
    };

    checking_resource() : checking_resource{checking{}} {}
    explicit checking_resource(const checking& description);
    ~checking_resource() override;

    /// The `nth` request from now fails, 1 being the next; those after it do not.
    void fail_at(std::size_t nth, failure with = failure::bad_alloc) noexcept;
    /// The `nth` request from now fails, and so does every one after it.
    void fail_from(std::size_t nth, failure with = failure::bad_alloc) noexcept;
    void never_fail() noexcept { until_failure_ = 0; }

    /// From now on a request of 0 bytes is no error: for resources that pass all requests on.
    void allow_zero_sizes() noexcept { zero_sizes_allowed_ = true; }
    /// From now on several threads may call it at the same time.
    void allow_threads() noexcept { threads_allowed_ = true; }

    /// From now on each block can grow in place by this many bytes. At first none can.
    void leave_room(std::size_t bytes) noexcept { room_ = bytes; }

    [[nodiscard]] checking options() const noexcept { return {.name = label()}; }

    /// Every misuse so far, one sentence each.
    [[nodiscard]] const std::pmr::vector<std::pmr::string>& errors() const noexcept;
    /// Every request so far, also the refused ones.
    [[nodiscard]] const std::pmr::vector<layout>& requests() const noexcept { return requests_; }

    /// The requests that were served, and the calls that freed a block.
    [[nodiscard]] std::size_t allocations() const noexcept { return allocations_; }
    [[nodiscard]] std::size_t deallocations() const noexcept { return deallocations_; }
    /// The requests that were made to fail.
    [[nodiscard]] std::size_t injected_failures() const noexcept { return injected_failures_; }
    [[nodiscard]] std::size_t live_blocks() const noexcept;
    [[nodiscard]] std::size_t live_bytes() const noexcept;
    [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_bytes_; }

    /// Whether `bytes` bytes at `begin` lie within one live block.
    [[nodiscard]] bool holds(const void* begin, std::size_t bytes) const noexcept;

protected:
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    [[nodiscard]] strata::usage do_usage() const noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;

private:
    friend direct_calls;

    class one_call;
    struct record {
        layout asked;
        void* memory;  // the block of malloc, with the guards
        std::size_t most;  // the largest size that the block can grow to
    };
    using record_map = std::pmr::map<std::byte*, record, std::less<>>;

    [[nodiscard]] bool is_told_to_fail() noexcept;
    void* fail(layout request) const;
    void check_guards(const std::byte* block, layout asked);
    void forget(record_map::iterator at);
    [[gnu::format(printf, 2, 3)]] void error(const char* format, ...);

    record_map live_;
    std::pmr::unordered_set<void*> freed_;  // to recognise a double free
    std::pmr::vector<layout> requests_;
    std::pmr::vector<std::pmr::string> errors_;
    std::size_t allocations_ = 0;
    std::size_t deallocations_ = 0;
    std::size_t injected_failures_ = 0;
    std::size_t live_bytes_ = 0;
    std::size_t peak_bytes_ = 0;
    std::size_t until_failure_ = 0;  // 0: none to come
    bool failure_stays_ = false;
    failure failure_ = failure::bad_alloc;
    std::size_t room_ = 0;
    bool zero_sizes_allowed_ = false;
    bool threads_allowed_ = false;
    mutable bool asked_ = false;  // for errors or for live blocks
    std::atomic<int> inside_ = 0;
    detail::call_mutex mutex_;
};

}  // namespace strata

#endif
