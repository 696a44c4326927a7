// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_STATS_SCOPE_HPP
#define STRATA_ADAPTORS_STATS_SCOPE_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/detail/in_memory.hpp>
#include <strata/adaptors/detail/plain_tally.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/this_thread.hpp>

namespace strata {

class stats_scope;

/// The part of a `stats_resource` that scopes attach to, whatever its upstream and way of counting.
class stats_source {
public:
    stats_source(const stats_source&) = delete;
    stats_source& operator=(const stats_source&) = delete;

    /// The counts so far.
    [[nodiscard]] allocation_stats snapshot() const noexcept { return do_snapshot(); }

protected:
    /// With `is_watched`, one thread at a time uses the source, and `do_watch` is called.
    explicit stats_source(bool is_watched = false) noexcept : is_watched_{is_watched} {}
    virtual ~stats_source();

    [[nodiscard]] bool has_scopes() const noexcept {
        return in_use_.any();
    }

    // Without a scope, each costs a load and a branch.
    void tell_scopes_allocated(std::size_t bytes, std::size_t alignment) noexcept {
        if (has_scopes()) [[unlikely]] {
            scopes_allocated(bytes, alignment);
        }
    }
    void tell_scopes_deallocated(std::size_t bytes) noexcept {
        if (has_scopes()) [[unlikely]] {
            scopes_deallocated(bytes);
        }
    }
    void tell_scopes_resized(std::int64_t by) noexcept {
        if (has_scopes()) [[unlikely]] {
            scopes_resized(by);
        }
    }
    void tell_scopes_failed() noexcept {
        if (has_scopes()) [[unlikely]] {
            scopes_failed();
        }
    }

private:
    friend class stats_scope;

    [[nodiscard]] virtual allocation_stats do_snapshot() const noexcept = 0;
    /// Called when the first scope begins and when the last one has ended.
    virtual void do_watch(bool /*begins*/) noexcept {}

    // A place for a scope that counts one thread. That thread begins, records and ends it without a
    // lock. Other threads that ask or end it hold the place meanwhile, and so does that thread
    // while it records.
    struct place {
        std::atomic<std::uint64_t> maker = 0;  // 0: none
        std::atomic<stats_scope*> scope = nullptr;
        std::atomic<std::uint32_t> held = 0;  // by a thread of which process; 0: not held
    };
    class holder;
    static constexpr std::size_t place_count = 16;

    void scopes_allocated(std::size_t bytes, std::size_t alignment) noexcept;
    void scopes_deallocated(std::size_t bytes) noexcept;
    void scopes_resized(std::int64_t by) noexcept;
    void scopes_failed() noexcept;
    template <class Record>
    void for_each_scope(Record record) noexcept;
    [[nodiscard]] bool try_enter(stats_scope& scope) noexcept;
    void leave(stats_scope& scope) noexcept;
    void enter_list(stats_scope& scope) noexcept;
    void leave_list(stats_scope& scope) noexcept;

    void watch(bool begins) noexcept;

    const bool is_watched_;
    std::size_t watching_ = 0;  // scopes, if it is watched
    // A flag for each of the first places, which only the thread that has the place writes. The
    // last is the number of all other scopes.
    detail::flags in_use_;
    static constexpr std::size_t others = detail::flags::count - 1;
    std::array<place, place_count> places_;
    // Scopes that count all threads, and those for which there was no place.
    detail::section_mutex mutex_;  // guards the list and the counts of the scopes in it
    stats_scope* list_ = nullptr;
};

/// Counts the calls of a `stats_resource` from here to the end of a C++ scope, with its own peak.
///
///     strata::stats_scope scope{memory.get<strata::stats>()};
///     parse(text);
///     BOOST_TEST(scope.stats().peak_bytes <= 4096);
///
/// Routing: scopes nest and may overlap in any order. By default a scope counts only calls of the
/// thread that made it, so that tests that share a resource may run side by side.
/// Lifetime: the resource must outlive the scope.
/// Overhead: 1.1 KiB for the object; one atomic instruction to begin and end it. While any scope
/// exists, each call of the resource records itself in every scope. The first 16 scopes at once
/// that count one thread take no lock.
/// Complexity: O(1), and O(scopes) for each call of the resource while there are any.
/// Errors: none. Live counts fall below 0 when older blocks are freed inside the scope.
/// Threads: each scope may be made, asked and ended by any thread; with `counting::single`, made
/// and ended only while no other thread uses the resource.
class stats_scope {
public:
    enum class threads {
        this_one,  ///< the thread that makes the scope
        all
    };

    [[nodiscard]] explicit stats_scope(stats_source& of STRATA_LIFETIME_BOUND,
                                       threads whose = threads::this_one) noexcept;
    stats_scope(const stats_scope&) = delete;
    stats_scope& operator=(const stats_scope&) = delete;
    ~stats_scope();

    /// The counts since the scope began.
    [[nodiscard]] allocation_stats stats() const noexcept;

private:
    friend class stats_source;

    stats_source& of_;
    stats_scope* next_ = nullptr;
    const threads whose_;
    // Unlike the id of a thread, this number is never used again.
    const std::uint64_t maker_;
    std::size_t place_ = stats_source::place_count;  // of the resource; that many: in the list
    detail::plain_tally<detail::lazy_entries> counted_;
};

}  // namespace strata

#endif
