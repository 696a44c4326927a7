// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/progress_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "tool/terminal.hpp"

namespace strata::tool {

progress_line::progress_line()
    : is_possible_{isatty(STDERR_FILENO) != 0 && !is_set("NO_COLOR")} {}

progress_line::~progress_line() {
    if (is_shown_) {
        std::cerr << "\r\x1b[K" << std::flush;
    }
}

void progress_line::show(const std::string& text) {
    if (is_possible_) {
        is_shown_ = true;
        std::cerr << "\r\x1b[K" << text.substr(0, 79) << std::flush;
    }
}

void progress_line::show_part(const char* what, std::uint64_t done, std::uint64_t whole) {
    const clock::time_point now = clock::now();
    if (!is_possible_ || whole == 0 || now - latest_ < std::chrono::milliseconds{200}) {
        return;
    }
    latest_ = now;
    const std::uint64_t part = std::min<std::uint64_t>(100, 100 * done / whole);
    show(std::string{what}.append(": ").append(std::to_string(part)).append(" %"));
}

}  // namespace strata::tool
