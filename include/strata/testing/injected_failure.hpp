// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_INJECTED_FAILURE_HPP
#define STRATA_TESTING_INJECTED_FAILURE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <optional>

#include <strata/core/layout.hpp>
#include <strata/diagnostics/stack_trace.hpp>

namespace strata {

/// What a `failing_resource`, or a `checking_resource` that is told to fail, throws: a
/// `std::bad_alloc` that says which allocation was refused.
///
///     catch (const strata::injected_failure& e) {
///         std::cerr << e.what() << '\n' << e.trace();
///     }
///
/// Overhead: it holds all its data, so that copy and throw do not allocate.
class injected_failure : public std::bad_alloc {
public:
    /// `what()` has the seed, if there is one.
    injected_failure(const std::pmr::memory_resource* originator, std::size_t number, layout asked,
                     const stack_trace& trace, std::optional<std::uint64_t> seed = {}) noexcept;

    /// "injected failure of allocation 3: 24 bytes aligned to 8".
    [[nodiscard]] const char* what() const noexcept override { return text_.data(); }

    /// The resource that threw it; only to compare, because it may be destroyed.
    [[nodiscard]] const std::pmr::memory_resource* originator() const noexcept {
        return originator_;
    }
    /// The number of the refused allocation among all requests to that resource, counted from 1.
    [[nodiscard]] std::size_t number() const noexcept { return number_; }
    [[nodiscard]] layout asked() const noexcept { return asked_; }
    /// The calls that made the request.
    [[nodiscard]] const stack_trace& trace() const noexcept { return trace_; }

private:
    const std::pmr::memory_resource* originator_;
    std::size_t number_;
    layout asked_;
    stack_trace trace_;
    std::array<char, 160> text_{};
};

}  // namespace strata

#endif
