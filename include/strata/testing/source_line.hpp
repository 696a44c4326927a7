// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_SOURCE_LINE_HPP
#define STRATA_TESTING_SOURCE_LINE_HPP

namespace strata {

/// The place of a call in the source, as a default argument of the called function:
/// `std::source_location` for compilers that do not have it yet.
struct source_line {
    /// As `__FILE__` and `__LINE__`.
    const char* file = "";
    int line = 0;

    /// As a default argument: the line of the call.
    [[nodiscard]] static constexpr source_line current(const char* file = __builtin_FILE(),
                                                       int line = __builtin_LINE()) noexcept {
        return {file, line};
    }
};

}  // namespace strata

#endif
