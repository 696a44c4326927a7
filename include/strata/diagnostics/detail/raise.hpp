// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DIAGNOSTICS_DETAIL_RAISE_HPP
#define STRATA_DIAGNOSTICS_DETAIL_RAISE_HPP

#include <concepts>
#include <exception>
#include <utility>

#include <strata/detail/requirements.hpp>

// The library throws its errors in its own sources alone, so that its headers can be compiled
// without exceptions, and only through `raise_error`. See `errors_are_misuse` in
// diagnostics/misuse.hpp. `tests/docs/raise.py` finds every other throw.
namespace strata::detail {

/// Throws `std::bad_alloc`.
[[noreturn, gnu::cold]] void raise_no_memory();

/// Throws `std::bad_array_new_length`.
[[noreturn, gnu::cold]] void raise_array_too_long();

/// Throws `std::overflow_error`, for a literal of a size.
[[noreturn, gnu::cold]] void raise_size_too_large();

/// Where errors are misuse, gives this one to the misuse handler and aborts. Inside an
/// `attempt` it only notes that the library has raised an error.
void end_if_misuse(const std::exception& error) noexcept;
/// The same for an error that an `attempt` has caught and that goes on, if the library has raised
/// it, and not an upstream or the standard library.
void end_if_raised(const std::exception& error) noexcept;

/// While one lives, the library catches the errors of this thread, so they are thrown even where
/// errors are misuse. Before it throws a caught error again, it calls `end_if_raised`.
class attempt {
public:
    attempt() noexcept;
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;
    ~attempt();

private:
    bool is_counted_;  // only where errors are misuse
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
