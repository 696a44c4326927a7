// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_FORBID_DEFAULT_RESOURCE_HPP
#define STRATA_TESTING_FORBID_DEFAULT_RESOURCE_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <vector>

#include <strata/core/layout.hpp>
#include <strata/core/on_finding.hpp>
#include <strata/detail/same_containers.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/testing/source_line.hpp>

namespace strata {

/// Describes what a `forbid_default_resource` forbids.
struct forbidding {
    /// What happens at each use. `throw_` refuses it with a `default_resource_forbidden`. The other
    /// values serve it, so that one run finds all uses.
    on_finding on_use = on_finding::throw_;
    /// Uses by these functions, or by what they call, are allowed: any part of a name is enough.
    std::vector<std::string> allowed_functions = {};
    /// Uses for which this returns true are allowed.
    std::function<bool(layout, const stack_trace&)> allowed_if = {};
    /// What happens at the end of the scope if there were uses that are not allowed. Nothing can be
    /// thrown there: `throw_` does the same as `abort`.
    on_finding at_end = on_finding::abort;
    /// Called with the message instead for `report` and `abort`, if it is not null. With `throw_`
    /// as `on_use`, a use is still refused by an exception.
    misuse_handler handler = nullptr;
};

/// Thrown if the default resource is used although it is forbidden. `what()` has the call stack.
class default_resource_forbidden : public std::bad_alloc {
public:
    default_resource_forbidden(layout asked, const stack_trace& trace);

    [[nodiscard]] const char* what() const noexcept override { return text_->c_str(); }
    /// The request that was refused.
    [[nodiscard]] layout asked() const noexcept { return asked_; }

private:
    layout asked_;
    std::shared_ptr<const std::string> text_;
};

namespace detail {
class default_stand_in;
}

/// Makes every use of the default resource of `std::pmr` fail until the end of a C++ scope: finds
/// containers that were not given their resource.
///
///     strata::arena_resource arena{strata::system_heap()};
///     strata::forbid_default_resource forbidden;
///     my::document document{&arena};
///     document.load(text);                          // throws if anything escapes the arena
///
/// Routing: an allowed use goes on to the previous default resource.
/// Lifetime: the resource installed in place of a default resource is never destroyed, so blocks
/// and containers that are made inside the scope may outlive it.
/// Overhead: 4.7 KiB for the object.
/// Complexity: each use takes the time of a stack trace, and with `allowed_functions` also the time
/// of naming its functions.
/// Errors: `default_resource_forbidden` for each use, unless the options say otherwise. The message
/// at the end counts all uses, also those whose exception was swallowed. It lists the first 16
/// places with their call stacks. While an exception leaves the scope, there is no message. Scopes
/// that end out of order are misuses. A function that was inlined cannot be recognised by its name.
/// Threads: the default resource belongs to the whole program, and the uses of all threads count.
/// Begin and end scopes while no other thread changes it.
class forbid_default_resource {
public:
    [[nodiscard]] explicit forbid_default_resource(forbidding options = {},
                                                   source_line here = source_line::current());
    forbid_default_resource(const forbid_default_resource&) = delete;
    forbid_default_resource& operator=(const forbid_default_resource&) = delete;
    ~forbid_default_resource();

    /// Whether all uses so far were allowed.
    [[nodiscard]] bool ok() const;
    /// The uses that were not allowed, with call stacks of the first 16 places; empty if there were
    /// none.
    [[nodiscard]] std::string message() const;
    /// How many uses were not allowed.
    [[nodiscard]] std::size_t uses() const;

    /// The default resource that the end of the scope brings back.
    [[nodiscard]] std::pmr::memory_resource* previous() const noexcept { return previous_; }

private:
    friend class detail::default_stand_in;

    struct place {
        stack_trace trace;
        layout first_asked;
        std::size_t uses = 0;
    };

    // Returns if the use is to be served: it is allowed, or `on_use` is not `throw_`. Otherwise
    // throws.
    void use(layout asked);
    [[nodiscard]] bool allows(layout asked, const stack_trace& trace) const;
    void record(layout asked, const stack_trace& trace) noexcept;

    const forbidding options_;
    const source_line here_;
    std::pmr::memory_resource* const previous_;
    detail::default_stand_in* const stand_in_;
    forbid_default_resource* const outer_;
    const int exceptions_;
    // Guarded by the mutex of the stand-in. No memory is allocated to record a use.
    std::array<place, 16> places_;
    std::size_t places_used_ = 0;
    std::size_t uses_ = 0;
};

/// Inside a `forbid_default_resource`, allows the default resource to the thread that makes this
/// object, until the end of a C++ scope. Elsewhere it does nothing.
///
///     strata::allow_default_resource for_the_log;
///     log("loaded");
class allow_default_resource {
public:
    [[nodiscard]] allow_default_resource() noexcept;
    allow_default_resource(const allow_default_resource&) = delete;
    allow_default_resource& operator=(const allow_default_resource&) = delete;
    ~allow_default_resource();

private:
    std::atomic<std::uintptr_t>& scopes_;
};

}  // namespace strata

#endif
