// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_COMPOSE_LAYER_REGISTRY_HPP
#define STRATA_SRC_COMPOSE_LAYER_REGISTRY_HPP

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <strata/compose/layer_kind.hpp>

namespace strata::detail {

/// The kind with this name; null if there is none. Kinds live until the end of the program.
[[nodiscard]] const layer_kind* find_layer_kind(std::string_view name);

/// The names of all kinds.
[[nodiscard]] std::vector<std::string> layer_kind_names();

/// The kinds that come with the library.
[[nodiscard]] std::vector<layer_kind> built_in_layers();

}  // namespace strata::detail

#endif
