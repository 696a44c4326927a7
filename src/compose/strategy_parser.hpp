// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_COMPOSE_STRATEGY_PARSER_HPP
#define STRATA_SRC_COMPOSE_STRATEGY_PARSER_HPP

#include <string_view>

#include <strata/compose/strategy.hpp>

namespace strata::detail {

[[nodiscard]] strategy::layers_type parse_layers(std::string_view text);

}  // namespace strata::detail

#endif
