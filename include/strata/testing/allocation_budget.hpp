// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_ALLOCATION_BUDGET_HPP
#define STRATA_TESTING_ALLOCATION_BUDGET_HPP

#include <cstddef>
#include <limits>
#include <string>

#include <strata/adaptors/stats_scope.hpp>
#include <strata/core/allocation_source.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/on_finding.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/testing/source_line.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/this_thread.hpp>

namespace strata {

/// What an `allocation_budget` allows.
struct budget {
    /// For `blocks` and `bytes`: no limit.
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    std::size_t blocks = unlimited;  ///< in total, without regard to frees
    std::size_t bytes = unlimited;   ///< in total, without regard to frees
    stats_scope::threads whose = stats_scope::threads::this_one;
    /// What happens at the end of the scope if the budget was exceeded. Nothing can be thrown
    /// there: `throw_` does the same as `abort`.
    on_finding at_end = on_finding::abort;
    /// Called with the message instead for `report` and `abort`, if it is not null.
    misuse_handler handler = nullptr;
};

/// Says that a budget is over operator new, and so over the whole program.
struct operator_new_t {};
inline constexpr operator_new_t through_operator_new{};

/// Limits the allocations from here to the end of a C++ scope.
///
///     strata::watched_resource memory;
///     {
///         strata::allocation_budget few{memory, {.blocks = 2, .bytes = 1024}};
///         parse(text, memory);
///     }
///
/// Routing: allocations go on unchanged, also beyond the budget. Every request is counted, also one
/// that is then refused. Budgets nest, each with a count of its own.
/// Lifetime: the source must outlive it.
/// Overhead: 440 bytes; the first allocation too many takes the time of a stack trace.
/// Complexity: O(1).
/// Errors: at the end, if the budget was exceeded, the message says by how much, and has the size
/// and the call stack of the first allocation too many. As a self-test, a budget makes one
/// allocation of 1 byte through its source when it begins. If it is not told of that allocation,
/// the budget fails: for example, because nothing routes operator new.
/// Threads: by default, it counts only allocations of the thread that made it, so that tests may
/// run side by side. Any thread may query and destroy it.
class allocation_budget : private allocation_watcher {
public:
    [[nodiscard]] explicit allocation_budget(allocation_source& of STRATA_LIFETIME_BOUND,
                                             const budget& allowed,
                                             source_line here = source_line::current());
    /// Needs STRATA_GLOBAL_RESOURCE: see `detail::global_allocation_source`.
    [[nodiscard]] explicit allocation_budget(operator_new_t of, const budget& allowed,
                                             source_line here = source_line::current());
    allocation_budget(const allocation_budget&) = delete;
    allocation_budget& operator=(const allocation_budget&) = delete;
    ~allocation_budget() override;

    /// Whether nothing went wrong so far.
    [[nodiscard]] bool ok() const;
    /// What went wrong so far; empty if nothing did.
    [[nodiscard]] std::string message() const;

    /// What was requested so far.
    [[nodiscard]] std::size_t blocks() const;
    [[nodiscard]] std::size_t bytes() const;

protected:
    allocation_budget(allocation_source* of, const budget& allowed, source_line here,
                      const char* name);

private:
    void asked(layout wanted) noexcept override;
    void try_out();

    allocation_source* of_;  // null: no source
    const budget allowed_;
    const source_line here_;
    const char* const name_;
    const std::uint64_t maker_ = detail::number_of_this_thread();
    const char* blind_ = nullptr;  // why it cannot count, or null

    mutable detail::call_mutex mutex_;  // guards all below
    std::size_t blocks_ = 0;
    std::size_t bytes_ = 0;
    bool exceeded_ = false;
    layout first_too_many_;
    stack_trace trace_;
};

/// Forbids every allocation from here to the end of a C++ scope: a budget of no blocks.
///
///     strata::no_allocations none{memory};
///     parser.parse(text);
class no_allocations : public allocation_budget {
public:
    /// The limits in `options` are ignored.
    [[nodiscard]] explicit no_allocations(allocation_source& of STRATA_LIFETIME_BOUND,
                                          const budget& options = {},
                                          source_line here = source_line::current());
    [[nodiscard]] explicit no_allocations(operator_new_t of, const budget& options = {},
                                          source_line here = source_line::current());
};

}  // namespace strata

#endif
