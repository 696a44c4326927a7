// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/on_finding.hpp>

#include <strata/detail/text.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "detail/shield.hpp"

namespace strata::detail {

void tell(on_finding what, const char* message, misuse_handler handler) noexcept {
    const shield here;  // printing may be a cancellation point
    if (what == on_finding::ignore) {
        return;
    }
    if (handler != nullptr) {
        const foreign_call outside;
        handler(message);
    } else if (what == on_finding::report) {
        say(message);
    } else {
        misuse(message);
    }
}

}  // namespace strata::detail
