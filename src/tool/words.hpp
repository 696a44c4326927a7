// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_WORDS_HPP
#define STRATA_TOOL_WORDS_HPP

#include <span>
#include <string>

#include <strata/compose/layer_kind.hpp>

// What the tool says of layers and options, in words.
namespace strata::tool {

/// "the next layer", "nothing".
[[nodiscard]] std::string draws_from(const layer_kind& of);
/// How many threads may use a layer with these options: "any number", "one at a time".
[[nodiscard]] std::string threads_of(const layer_kind& of, std::span<const layer_option> given);
/// What an option does, and what 0 means.
[[nodiscard]] std::string purpose(const option_kind& of);

}  // namespace strata::tool

#endif
