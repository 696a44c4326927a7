// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/compose/scoped_default_resource.hpp>

#include <array>
#include <mutex>
#include <string>

#include <strata/core/detail/title.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "detail/shield.hpp"
#include "detail/type_of.hpp"

namespace strata {
namespace {

// The live scopes, newest first. Only a resource that one of them has installed may be asked for
// its name: any other default resource may be destroyed already.
constinit detail::call_mutex scopes_mutex;
constinit scoped_default_resource* newest = nullptr;

using text = std::array<char, 128>;

// The name of a resource if it has one, otherwise its type.
text name_of(const std::pmr::memory_resource& of) noexcept {
    const detail::shield here;
    text name{};
    if (const resource* const known = detail::as_resource(of)) {
        detail::text_writer{name}.printable(detail::title{*known}.text());
        return name;
    }
    try {
        const detail::attempt now;
        detail::text_writer{name}.write(detail::type_name(of));
    } catch (...) {
        detail::text_writer{name}.write("memory_resource");  // there is no memory for more
    }
    return name;
}

}  // namespace

scoped_default_resource::scoped_default_resource(std::pmr::memory_resource& use,
                                                 on_finding live_at_end)
    : live_at_end_{live_at_end},
      installed_{&use},
      given_{&use} {
    if (live_at_end != on_finding::ignore) {
        installed_ = &counter_.emplace(&use);
    }
    previous_ = std::pmr::set_default_resource(installed_);
    const std::lock_guard lock{scopes_mutex};
    const detail::section change;
    older_ = newest;
    newest = this;
}

scoped_default_resource::~scoped_default_resource() {
    std::pmr::memory_resource* const found = std::pmr::get_default_resource();
    if (found == installed_) {
        std::pmr::set_default_resource(previous_);
    } else {
        report_order(found);
    }
    {
        const std::lock_guard lock{scopes_mutex};
        const detail::section change;
        scoped_default_resource** at = &newest;
        while (*at != this) {
            at = &(*at)->older_;
        }
        *at = older_;
    }
    if (counter_) {
        detail::report_live("scoped_default_resource", live_at_end_, counter_->snapshot());
    }
}

void scoped_default_resource::report_order(std::pmr::memory_resource* found) const noexcept {
    text whose{"one that no scope has installed"};
    {
        const std::lock_guard lock{scopes_mutex};
        for (const auto* scope = newest; scope != nullptr; scope = scope->older_) {
            if (scope->installed_ == found) {
                whose = name_of(*scope->given_);
            }
        }
    }
    std::array<char, 512> message{};
    detail::text_writer{message}.print(
        "scoped_default_resource: another default resource is installed at the end of the "
        "scope: %s at %p, and not %s at %p; scopes must end in the reverse order of their "
        "beginnings",
        whose.data(), static_cast<void*>(found), name_of(*given_).data(),
        static_cast<void*>(installed_));
    const detail::shield here;
    std::string with_calls;
    try {
        const detail::attempt now;
        constexpr std::size_t most_calls = 8;
        with_calls = std::string{message.data()} + "\n" +
                     detail::text_of_calls(stack_trace::capture().addresses(), most_calls);
    } catch (...) {
        with_calls.clear();  // there is no memory for them
    }
    misuse(with_calls.empty() ? message.data() : with_calls.c_str());
}

}  // namespace strata
