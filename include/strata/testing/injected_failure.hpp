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
/// Overhead: it holds all that it tells, so that it is copied and thrown without allocating.
class injected_failure : public std::bad_alloc {
public:
    /// `what()` tells the seed, if there is one.
    injected_failure(const std::pmr::memory_resource* originator, std::size_t number, layout asked,
                     const stack_trace& trace, std::optional<std::uint64_t> seed = {}) noexcept;

    /// "injected failure of allocation 3: 24 bytes aligned to 8".
    [[nodiscard]] const char* what() const noexcept override { return text_.data(); }

    /// The resource that threw it; to be compared, since it may be gone.
    [[nodiscard]] const std::pmr::memory_resource* originator() const noexcept {
        return originator_;
    }
    /// Which of the allocations asked of that resource was refused, counted from 1.
    [[nodiscard]] std::size_t number() const noexcept { return number_; }
    [[nodiscard]] layout asked() const noexcept { return asked_; }
    /// Who asked.
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
