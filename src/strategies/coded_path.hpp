// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_CODED_PATH_HPP
#define STRATA_STRATEGIES_CODED_PATH_HPP

#include <cstddef>
#include <type_traits>

#include <strata/core/detail/guard.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/checks.hpp>
#include <strata/strategies/detail/chunks.hpp>

// The quick paths of the pools for coded links serve a checked build, and a release build if the
// pool is `hardened`. What only a checked build asks there takes no instruction in a release. If a
// tool watches, these paths serve nothing.
namespace strata::detail {

struct unguarded_call {
    unguarded_call(const guard& /*of_resource*/, const resource& /*of*/) noexcept {}
    [[nodiscard]] explicit operator bool() const noexcept { return true; }
};
using checked_call = std::conditional_t<checked, quick_call, unguarded_call>;

/// If not, the slow path reports it. With an alignment of 0 no request reaches these paths.
[[nodiscard]] constexpr bool is_alignment_if_checked(std::size_t alignment) noexcept {
    return !checked || (alignment & (alignment - 1)) == 0;
}
[[nodiscard]] inline bool may_hold_if_checked(const chunks& all, const void* block) noexcept {
    return !checked || all.may_hold(block);
}

}  // namespace strata::detail

#endif
