// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/misuse.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include <strata/core/detail/print_misuse.hpp>
#include <strata/core/poison.hpp>

namespace strata {
namespace {

void print_and_abort(const char* message) noexcept {
    detail::print_misuse(message);
    detail::print_stack_of_tool(message);
    std::abort();
}

constinit std::atomic<misuse_handler> installed{print_and_abort};

}  // namespace

void detail::print_error(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void detail::print_misuse(std::string_view message) noexcept {
    print_error("strata: misuse: ");
    print_error(message);
    print_error("\n");
}

misuse_handler set_misuse_handler(misuse_handler handler) noexcept {
    return installed.exchange(handler == nullptr ? print_and_abort : handler);
}

void misuse(const char* message) noexcept {
    installed.load()(message);
}

}  // namespace strata
