// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/diagnostics/stack_trace.hpp>

#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

#include <strata/diagnostics/detail/raise.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "detail/demangled.hpp"
#include "detail/shield.hpp"
#include "named_function.hpp"
#include "stack_room.hpp"

#ifdef STRATA_BACKTRACE
#include <backtrace.h>
#endif

namespace strata {

#ifdef STRATA_BACKTRACE

namespace {

void ignore_error(void* /*data*/, const char* /*message*/, int /*number*/) {}

// One for the whole program, never freed: it keeps the debug information that it has read.
backtrace_state* shared_state() {
    static constinit detail::call_mutex making;
    static constinit backtrace_state* state = nullptr;
    const std::lock_guard lock{making};
    if (state == nullptr) {
        state = backtrace_create_state(nullptr, 1, ignore_error, nullptr);
    }
    return state;
}

// Collects the calls. No exception may pass through libbacktrace, which is written in C.
struct found {
    std::vector<call_place> calls;
    std::string name;
    bool lacks_memory = false;
};

int append(void* to, std::uintptr_t /*address*/, const char* file, int line,
           const char* function) noexcept {
    auto& all = *static_cast<found*>(to);
    try {
        all.calls.push_back({function == nullptr ? "" : detail::demangled(function),
                             file == nullptr ? "" : file, line});
    } catch (const std::exception&) {
        all.lacks_memory = true;
    }
    return all.lacks_memory ? 1 : 0;  // not 0: stop
}

void take_name(void* to, std::uintptr_t /*address*/, const char* name, std::uintptr_t /*value*/,
               std::uintptr_t /*size*/) noexcept {
    auto& all = *static_cast<found*>(to);
    try {
        if (name != nullptr) {
            all.name = detail::demangled(name);
        }
    } catch (const std::exception&) {
        all.lacks_memory = true;
    }
}

}  // namespace

static std::vector<call_place> named_calls_at(const void* address) {
    const detail::shield here;  // libbacktrace reads files
    found all;
    if (backtrace_state* state = shared_state()) {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        backtrace_pcinfo(state, at, append, ignore_error, &all);
        backtrace_syminfo(state, at, take_name, ignore_error, &all);
    }
    if (all.lacks_memory) {
        detail::raise_no_memory();
    }
    std::vector<call_place>& calls = all.calls;
    if (calls.empty()) {
        calls.emplace_back();
    }
    // The name in the symbol table is complete. This also reads modules that were loaded later.
    calls.back().function =
        all.name.empty() ? detail::named_function_at(address) : std::move(all.name);
    return std::move(calls);
}

#else

static std::vector<call_place> named_calls_at(const void* address) {
    return {{.function = detail::named_function_at(address), .file = {}, .line = 0}};
}

#endif

std::vector<call_place> calls_at(const void* address) {
    return detail::with_stack_room([&] { return named_calls_at(address); });
}

}  // namespace strata
