// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_ON_FINDING_HPP
#define STRATA_CORE_ON_FINDING_HPP

#include <array>
#include <string_view>

#include <strata/core/option_table.hpp>
#include <strata/diagnostics/misuse.hpp>

namespace strata {

/// What happens with a finding: blocks that are live at an end, a double free, a budget that was
/// exceeded, a forbidden use. Each option of this type says what its findings are. The words mean
/// the same in all options. If there is a handler for findings too, `report` and `abort` call it
/// and do nothing else.
enum class on_finding {
    ignore,  ///< nothing; counters of findings still count it
    report,  ///< prints the message to standard error, and the program goes on
    abort,   ///< is a misuse: by default prints the message and calls `std::abort`
    /// Throws an exception with the message. If nothing may be thrown, as in a destructor or in
    /// `deallocate`, it does the same as `abort`.
    throw_
};

template <>
inline constexpr std::array<std::string_view, 4> words_of<on_finding>{"ignore", "report", "abort",
                                                                      "throw"};

namespace detail {

/// Does what `what` says with a finding, at a place that may not throw. For `report` and `abort`,
/// calls the handler instead, if it is not null.
void tell(on_finding what, const char* message, misuse_handler handler = nullptr) noexcept;

}  // namespace detail

}  // namespace strata

#endif
