// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/stats_scope.hpp>

#include <mutex>

namespace strata {

stats_source::~stats_source() = default;

// --- what a stats_source tells its scopes -------------------------------------------------------

template <class Record>
void stats_source::for_each_scope(Record record) noexcept {
    const std::lock_guard lock{mutex_};
    const std::uint64_t here = detail::number_of_this_thread();
    for (stats_scope* scope = scopes_.load(std::memory_order_relaxed); scope != nullptr;
         scope = scope->next_) {
        if (scope->whose_ == stats_scope::threads::all || scope->maker_ == here) {
            record(scope->counted_);
        }
    }
}

void stats_source::scopes_allocated(std::size_t bytes, std::size_t alignment) noexcept {
    for_each_scope([&](detail::plain_tally& counted) { counted.allocated(bytes, alignment); });
}

void stats_source::scopes_deallocated(std::size_t bytes) noexcept {
    for_each_scope([&](detail::plain_tally& counted) { counted.deallocated(bytes); });
}

void stats_source::scopes_resized(std::int64_t by) noexcept {
    for_each_scope([&](detail::plain_tally& counted) { counted.resized(by); });
}

void stats_source::scopes_failed() noexcept {
    for_each_scope([](detail::plain_tally& counted) { counted.failed(); });
}

// --- the scope --------------------------------------------------------------------------------

stats_scope::stats_scope(stats_source& of, threads whose) noexcept : of_{of}, whose_{whose} {
    const std::lock_guard lock{of_.mutex_};
    next_ = of_.scopes_.load(std::memory_order_relaxed);
    of_.scopes_.store(this, std::memory_order_release);
}

stats_scope::~stats_scope() {
    const std::lock_guard lock{of_.mutex_};
    stats_scope* first = of_.scopes_.load(std::memory_order_relaxed);
    if (first == this) {
        of_.scopes_.store(next_, std::memory_order_release);
        return;
    }
    while (first->next_ != this) {
        first = first->next_;
    }
    first->next_ = next_;
}

allocation_stats stats_scope::stats() const noexcept {
    const std::lock_guard lock{of_.mutex_};
    return counted_.snapshot();
}

}  // namespace strata
