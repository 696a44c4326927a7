// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/stats_scope.hpp>

#include <bit>
#include <mutex>
#include <thread>

namespace strata {

stats_source::~stats_source() = default;

// --- the places ---------------------------------------------------------------------------------

/// Holds a place. The child of a fork has no thread that held one in the parent.
class stats_source::holder {
public:
    explicit holder(place& of) noexcept : of_{of} {
        const std::uint32_t here = detail::fork_gate::generation() + 1;
        while (of_.held.exchange(here, std::memory_order_acquire) == here) {
            std::this_thread::yield();
        }
    }
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    ~holder() { of_.held.store(0, std::memory_order_release); }

private:
    place& of_;
};

bool stats_source::try_enter(stats_scope& scope) noexcept {
    std::uint64_t seen = in_use_.load(std::memory_order_relaxed);
    for (;;) {
        const auto at = static_cast<std::size_t>(std::countr_one(seen));
        if (at >= place_count) {
            return false;
        }
        const std::uint64_t with = seen | std::uint64_t{1} << at;
        if (in_use_.compare_exchange_weak(seen, with, std::memory_order_acquire)) {
            scope.place_ = at;
            places_[at].scope.store(&scope, std::memory_order_relaxed);
            places_[at].maker.store(scope.maker_, std::memory_order_release);
            if (seen == 0) {
                do_watch(true);
            }
            return true;
        }
    }
}

void stats_source::leave(stats_scope& scope) noexcept {
    place& at = places_[scope.place_];
    if (scope.maker_ == detail::number_of_this_thread()) {
        at.maker.store(0, std::memory_order_relaxed);
    } else {
        const holder held{at};
        at.maker.store(0, std::memory_order_relaxed);
    }
    const std::uint64_t bit = std::uint64_t{1} << scope.place_;
    if (in_use_.fetch_and(~bit, std::memory_order_release) == bit) {
        do_watch(false);
    }
}

// --- the list -----------------------------------------------------------------------------------

void stats_source::enter_list(stats_scope& scope) noexcept {
    const std::lock_guard lock{mutex_};
    scope.next_ = list_;
    list_ = &scope;
    if (in_use_.fetch_or(listed, std::memory_order_release) == 0) {
        do_watch(true);
    }
}

void stats_source::leave_list(stats_scope& scope) noexcept {
    const std::lock_guard lock{mutex_};
    stats_scope** at = &list_;
    while (*at != &scope) {
        at = &(*at)->next_;
    }
    *at = scope.next_;
    if (list_ == nullptr && in_use_.fetch_and(~listed, std::memory_order_release) == listed) {
        do_watch(false);
    }
}

// --- what a stats_source tells its scopes -------------------------------------------------------

template <class Record>
void stats_source::for_each_scope(Record record) noexcept {
    const std::uint64_t in_use = in_use_.load(std::memory_order_acquire);
    const std::uint64_t here = detail::number_of_this_thread();
    for (std::uint64_t left = in_use & (listed - 1); left != 0; left &= left - 1) {
        place& at = places_[static_cast<std::size_t>(std::countr_zero(left))];
        if (at.maker.load(std::memory_order_relaxed) == here) {
            const holder held{at};
            if (at.maker.load(std::memory_order_relaxed) == here) {  // no other thread has ended it
                record(at.scope.load(std::memory_order_relaxed)->counted_);
            }
        }
    }
    if ((in_use & listed) != 0) {
        const std::lock_guard lock{mutex_};
        for (stats_scope* scope = list_; scope != nullptr; scope = scope->next_) {
            if (scope->whose_ == stats_scope::threads::all || scope->maker_ == here) {
                record(scope->counted_);
            }
        }
    }
}

void stats_source::scopes_allocated(std::size_t bytes, std::size_t alignment) noexcept {
    for_each_scope([&](auto& counted) { counted.allocated(bytes, alignment); });
}

void stats_source::scopes_deallocated(std::size_t bytes) noexcept {
    for_each_scope([&](auto& counted) { counted.deallocated(bytes); });
}

void stats_source::scopes_resized(std::int64_t by) noexcept {
    for_each_scope([&](auto& counted) { counted.resized(by); });
}

void stats_source::scopes_failed() noexcept {
    for_each_scope([](auto& counted) { counted.failed(); });
}

// --- the scope --------------------------------------------------------------------------------

stats_scope::stats_scope(stats_source& of, threads whose) noexcept : of_{of}, whose_{whose} {
    if (whose == threads::all || !of_.try_enter(*this)) {
        of_.enter_list(*this);
    }
}

stats_scope::~stats_scope() {
    if (place_ != stats_source::place_count) {
        of_.leave(*this);
    } else {
        of_.leave_list(*this);
    }
}

allocation_stats stats_scope::stats() const noexcept {
    if (place_ == stats_source::place_count) {
        const std::lock_guard lock{of_.mutex_};
        return counted_.snapshot();
    }
    if (maker_ == detail::number_of_this_thread()) {
        return counted_.snapshot();
    }
    const stats_source::holder held{of_.places_[place_]};
    return counted_.snapshot();
}

}  // namespace strata
