// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TESTING_REPORT_AT_END_HPP
#define STRATA_SRC_TESTING_REPORT_AT_END_HPP

#include <array>
#include <string>

#include <strata/core/on_finding.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/testing/source_line.hpp>

#include "detail/shield.hpp"

namespace strata::detail {

/// Does what `what` says with a finding of a scope. If there is no memory for the text, the message
/// says only that there was a finding, and where.
template <class Text>
void report_at_end(on_finding what, misuse_handler handler, const char* whose, source_line where,
                   Text text) noexcept {
    const shield here;
    std::string in_full;
    try {
        const attempt now;
        in_full = text();
    } catch (...) {
        in_full.clear();
    }
    if (!in_full.empty()) {
        return tell(what, in_full.c_str(), handler);
    }
    std::array<char, 300> in_short{};
    text_writer{in_short}.print("%s (%s:%d): it was not kept, and there is no memory to say more",
                                whose, where.file, where.line);
    tell(what, in_short.data(), handler);
}

}  // namespace strata::detail

#endif
