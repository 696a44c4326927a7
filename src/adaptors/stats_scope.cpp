// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/stats_scope.hpp>

#include <mutex>
#include <thread>

namespace strata {

namespace {

std::uint64_t number_of_maker() noexcept {
    const std::uint64_t number = detail::number_so_far();
    return number != 0 ? number : detail::number_of_this_thread();
}

}  // namespace

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
    for (std::size_t i = 0; i != place_count; ++i) {
        place& at = places_[i];
        std::uint64_t maker = at.maker.load(std::memory_order_relaxed);
        if (maker == 0 && at.maker.compare_exchange_strong(maker, scope.maker_)) {
            at.scope.store(&scope, std::memory_order_relaxed);
            scope.place_ = i;
            if (i < others) {
                in_use_[i].store(1, std::memory_order_relaxed);
            } else {
                in_use_[others].fetch_add(1, std::memory_order_relaxed);
            }
            return true;
        }
    }
    return false;
}

void stats_source::leave(stats_scope& scope) noexcept {
    place& at = places_[scope.place_];
    const auto free = [&] {
        if (scope.place_ < others) {
            in_use_[scope.place_].store(0, std::memory_order_relaxed);
        } else {
            in_use_[others].fetch_sub(1, std::memory_order_relaxed);
        }
        at.maker.store(0, std::memory_order_release);
    };
    if (scope.maker_ == detail::number_so_far()) [[likely]] {
        return free();
    }
    const holder held{at};
    free();
}

// --- the list -----------------------------------------------------------------------------------

void stats_source::enter_list(stats_scope& scope) noexcept {
    const std::lock_guard lock{mutex_};
    scope.next_ = list_;
    if (list_ == nullptr) {
        in_use_[others].fetch_add(1, std::memory_order_relaxed);
    }
    list_ = &scope;
}

void stats_source::leave_list(stats_scope& scope) noexcept {
    const std::lock_guard lock{mutex_};
    stats_scope** at = &list_;
    while (*at != &scope) {
        at = &(*at)->next_;
    }
    *at = scope.next_;
    if (list_ == nullptr) {
        in_use_[others].fetch_sub(1, std::memory_order_relaxed);
    }
}

void stats_source::watch(bool begins) noexcept {
    if (is_watched_ && (begins ? watching_++ : --watching_) == 0) {
        do_watch(begins);
    }
}

// --- what a stats_source tells its scopes -------------------------------------------------------

template <class Record>
void stats_source::for_each_scope(Record record) noexcept {
    const std::uint64_t here = detail::number_of_this_thread();
    for (place& at : places_) {
        if (at.maker.load(std::memory_order_relaxed) == here) {
            const holder held{at};
            if (at.maker.load(std::memory_order_relaxed) == here) {  // no other thread has ended it
                record(at.scope.load(std::memory_order_relaxed)->counted_);
            }
        }
    }
    if (in_use_[others].load(std::memory_order_relaxed) != 0) {
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

stats_scope::stats_scope(stats_source& of, threads whose) noexcept
    : of_{of},
      whose_{whose},
      maker_{number_of_maker()} {
    if (whose == threads::all || !of_.try_enter(*this)) {
        of_.enter_list(*this);
    }
    of_.watch(true);
}

stats_scope::~stats_scope() {
    if (place_ != stats_source::place_count) {
        of_.leave(*this);
    } else {
        of_.leave_list(*this);
    }
    of_.watch(false);
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
