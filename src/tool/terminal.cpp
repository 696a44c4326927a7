// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace strata::tool {

bool is_set(const char* variable) {
    const char* const value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

namespace {

// The first of these that is set decides.
bool is_utf8() {
    for (const char* const variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        if (is_set(variable)) {
            const std::string_view value = std::getenv(variable);
            return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
        }
    }
    return false;
}

std::size_t columns_of_terminal() {
    winsize of{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &of) == 0 ? of.ws_col : 0;
}

}  // namespace

terminal terminal::of_output() {
    const bool is_terminal = isatty(STDOUT_FILENO) != 0;
    std::size_t columns = is_terminal ? columns_of_terminal() : 0;
    if (is_set("COLUMNS")) {
        columns = std::strtoul(std::getenv("COLUMNS"), nullptr, 10);
    }
    const char* const type = std::getenv("TERM");
    const bool is_dumb = type == nullptr || std::strcmp(type, "dumb") == 0;
    return {.columns = columns == 0 ? 80 : std::clamp<std::size_t>(columns, 60, 200),
            .has_colours = is_terminal && !is_dumb && !is_set("NO_COLOR"),
            .has_blocks = is_terminal && is_utf8()};
}

}  // namespace strata::tool
