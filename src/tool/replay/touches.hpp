// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_TOUCHES_HPP
#define STRATA_TOOL_REPLAY_TOUCHES_HPP

#include <array>
#include <cstddef>
#include <string_view>

#include "tool/replay/driver/settings.hpp"

namespace strata::tool::replay {

/// The words of `--touch`, in the order of `touch`.
inline constexpr std::array<const char*, 4> touches{"none", "first", "line", "all"};

[[nodiscard]] constexpr const char* name_of(touch what) noexcept {
    return touches[static_cast<std::size_t>(what)];
}

}  // namespace strata::tool::replay

#endif
