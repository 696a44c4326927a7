// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/label.hpp>

#include <stdexcept>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata::detail {

void refuse_label(std::string_view text) {
    raise_error(std::invalid_argument{
        "strata: " + quoted(text) + " cannot name a resource: expected at most " +
        decimal(label::longest) +
        " bytes without control characters, quotation marks and backslashes"});
}

}  // namespace strata::detail
