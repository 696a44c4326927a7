// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/stack_trace.hpp>

#include <cstdint>
#include <utility>

#include "demangled.hpp"

#ifdef STRATA_BACKTRACE
#include <backtrace.h>
#endif

namespace strata {

#ifdef STRATA_BACKTRACE

namespace {

void ignore_error(void* /*data*/, const char* /*message*/, int /*number*/) {}

// One for the whole program and for good: it keeps what it has read of the modules.
backtrace_state* shared_state() {
    static backtrace_state* const state = backtrace_create_state(nullptr, 1, ignore_error, nullptr);
    return state;
}

int append(void* to, std::uintptr_t /*address*/, const char* file, int line, const char* function) {
    static_cast<std::vector<call_place>*>(to)->push_back(
        {function == nullptr ? "" : detail::demangled(function), file == nullptr ? "" : file,
         line});
    return 0;
}

void take_name(void* to, std::uintptr_t /*address*/, const char* name, std::uintptr_t /*value*/,
               std::uintptr_t /*size*/) {
    if (name != nullptr) {
        *static_cast<std::string*>(to) = detail::demangled(name);
    }
}

}  // namespace

std::vector<call_place> calls_at(const void* address) {
    std::vector<call_place> calls;
    std::string name;
    if (backtrace_state* state = shared_state()) {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        backtrace_pcinfo(state, at, append, ignore_error, &calls);
        backtrace_syminfo(state, at, take_name, ignore_error, &name);
    }
    if (calls.empty()) {
        calls.emplace_back();
    }
    // The symbol's name is the full one; modules loaded since are read here.
    calls.back().function = name.empty() ? function_at(address) : std::move(name);
    return calls;
}

#else

std::vector<call_place> calls_at(const void* address) {
    return {{.function = function_at(address), .file = {}, .line = 0}};
}

#endif

}  // namespace strata
