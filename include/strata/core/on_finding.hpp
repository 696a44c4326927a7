// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_ON_FINDING_HPP
#define STRATA_CORE_ON_FINDING_HPP

#include <array>
#include <string_view>

#include <strata/core/misuse.hpp>
#include <strata/core/option_table.hpp>

namespace strata {

/// What happens with a finding: blocks that are live at an end, a double free, a budget that was
/// exceeded, a forbidden use. Each option of this type says what its findings are, and each of the
/// words means the same in all of them. Where there is a handler for findings as well, `report` and
/// `abort` call that and do nothing else.
enum class on_finding {
    ignore,  ///< nothing, but that it is counted where there are counts
    report,  ///< prints the message to standard error, and the program goes on
    abort,   ///< is a misuse: by default prints the message and calls `std::abort`
    /// Throws an exception with the message. Where nothing may be thrown, as at an end or from
    /// `deallocate`, as `abort`.
    throw_
};

template <>
inline constexpr std::array<std::string_view, 4> words_of<on_finding>{"ignore", "report", "abort",
                                                                      "throw"};

namespace detail {

/// Does what is to be done with a finding, where nothing may be thrown. A handler, unless it is
/// null, is told in place of standard error and of `misuse`.
void tell(on_finding what, const char* message, misuse_handler handler = nullptr) noexcept;

}  // namespace detail

}  // namespace strata

#endif
