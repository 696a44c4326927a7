// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_CORE_NAMED_FUNCTION_HPP
#define STRATA_SRC_CORE_NAMED_FUNCTION_HPP

#include <string>

namespace strata::detail {

/// The result of `function_at`, made on this stack: needs some 40 KiB of it.
[[nodiscard]] std::string named_function_at(const void* address);

}  // namespace strata::detail

#endif
