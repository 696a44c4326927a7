// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DIAGNOSTICS_DETAIL_RAISE_HPP
#define STRATA_DIAGNOSTICS_DETAIL_RAISE_HPP

#include <concepts>
#include <exception>
#include <utility>

#include <strata/detail/requirements.hpp>

// Only the library's own sources throw errors, so that its headers can be compiled without
// exceptions. They throw only through `raise_error`: see `errors_are_misuse` in
// diagnostics/misuse.hpp. `tests/docs/raise.py` finds every other throw.
namespace strata::detail {

/// Throws `std::bad_alloc`.
[[noreturn, gnu::cold]] void raise_no_memory();

/// Throws `std::bad_array_new_length`.
[[noreturn, gnu::cold]] void raise_array_too_long();

/// Throws `std::overflow_error`, for a literal of a size.
[[noreturn, gnu::cold]] void raise_size_too_large();

/// If errors are misuse, gives this one to the misuse handler and aborts. Inside an `attempt` it
/// only notes that the library has raised an error.
void end_if_misuse(const std::exception& error) noexcept;
/// The same for an error that an `attempt` has caught and is about to throw again, if the library
/// raised it (not an upstream or the standard library).
void end_if_raised(const std::exception& error) noexcept;

/// While one lives, the library catches the errors of this thread, so they are thrown even if
/// errors are misuse. Before the library throws a caught error again, it calls `end_if_raised`.
class attempt {
public:
    attempt() noexcept;
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;
    ~attempt();

private:
    bool is_counted_;  // only if errors are misuse
};

#ifdef __cpp_exceptions
/// Throws an error of the library; for its sources.
template <class Error>
[[noreturn, gnu::cold, gnu::noinline]] void raise_error(Error error) {
    if constexpr (std::derived_from<Error, std::exception>) {
        end_if_misuse(error);
    }
    throw Error{std::move(error)};
}
#endif

}  // namespace strata::detail

#endif
