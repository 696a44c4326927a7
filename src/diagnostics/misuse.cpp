// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/diagnostics/misuse.hpp>

#include <atomic>
#include <cstdlib>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "detail/shield.hpp"

namespace strata {
namespace {

void print_and_abort(const char* message) noexcept {
    const detail::shield here;
    detail::say_misuse(message);
    detail::print_stack_of_tool(message);
    std::abort();
}

constinit std::atomic<misuse_handler> installed{print_and_abort};

}  // namespace

misuse_handler set_misuse_handler(misuse_handler handler) noexcept {
    return installed.exchange(handler == nullptr ? print_and_abort : handler);
}

void misuse(const char* message) noexcept {
    const detail::shield here;  // printing may be a cancellation point
    const detail::foreign_call handler;
    installed.load()(message);
}

bool library_is_checked() noexcept {
    return checked;
}

}  // namespace strata
