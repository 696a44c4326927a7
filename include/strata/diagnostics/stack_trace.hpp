// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DIAGNOSTICS_STACK_TRACE_HPP
#define STRATA_DIAGNOSTICS_STACK_TRACE_HPP

#include <array>
#include <cstddef>
#include <iosfwd>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <strata/detail/same_containers.hpp>

namespace strata {

/// Where a program was: the return addresses of the innermost calls, as a plain value.
///
///     const auto here = strata::stack_trace::capture();
///     std::cout << here;                   // only now are the addresses given names
///
/// Lifetime: addresses are valid as long as the modules that they point into stay loaded.
/// Overhead: 264 bytes; no memory is allocated to capture one.
/// Complexity: capture is O(frames), some microseconds; naming reads the symbol tables and the
/// debug information of the modules once, from their files.
/// Errors: none. If the platform gives no addresses, the trace is empty; a function without a
/// symbol appears as its module and offset, ready for `addr2line`.
/// Threads: safe to use from any number of threads.
class stack_trace {
public:
    stack_trace() = default;

    /// The calls that lead here, innermost first, without the `skip` innermost ones and this one.
    [[nodiscard]] static stack_trace capture(std::size_t skip = 0) noexcept;

    [[nodiscard]] std::span<void* const> addresses() const noexcept {
        return {addresses_.data(), count_};
    }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

    /// Whether the full name of any of the functions contains this text.
    [[nodiscard]] bool passes_through(std::string_view function) const;

    friend bool operator==(const stack_trace&, const stack_trace&) = default;

private:
    // Enough to see past the standard library's own frames in a build without inlining.
    std::array<void*, 32> addresses_{};
    std::size_t count_ = 0;
};

/// One line for each call, innermost first, down to `main`. Calls inside the standard library, this
/// library and the test framework are left out if other calls remain.
///
///     at orders::parse (orders.cpp:88)
///     at main (main.cpp:12)
std::ostream& operator<<(std::ostream& out, const stack_trace& trace);

/// A call in a stack, by function, file and line.
struct call_place {
    std::string function;  ///< the full name, or the module and the offset in it
    std::string file;      ///< as the compiler was given it; empty without debug information
    int line = 0;
};

/// The calls at one address of a trace, innermost first: inlined functions, if there is debug
/// information, and last the function that contains the address.
[[nodiscard]] std::vector<call_place> calls_at(const void* address);

/// The full name of the function that an address is in, or its module and offset.
[[nodiscard]] std::string function_at(const void* address);

namespace detail {

/// Code whose calls are left out of texts as the library's own are: a module that has nothing but
/// the library. Set it before other threads run.
extern constinit std::span<const std::byte> library_module;

/// Fills `to` with the addresses of the calls that lead here, without the `skip` innermost ones and
/// this one; returns their number. Allocates nothing.
[[nodiscard]] std::size_t capture_calls(std::span<void*> to, std::size_t skip = 0) noexcept;

/// The printed trace of these addresses, at most `most` lines of it.
[[nodiscard]] std::string text_of_calls(
    std::span<void* const> addresses, std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace detail

}  // namespace strata

#endif
