// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/forbid_default_resource.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/thread_record.hpp>

#include "report_at_end.hpp"

namespace strata {
namespace {

// How many scopes of this thread allow the default resource.
std::atomic<std::uintptr_t>& allowed_scopes() noexcept {
    return detail::word_of_this_thread(detail::thread_word::default_is_allowed);
}

std::string text_of(layout asked, const stack_trace& trace) {
    return detail::formatted(
               "the default resource is forbidden and was asked for %zu bytes aligned to %zu\n",
               asked.size, asked.alignment) +
           detail::text_of_calls(trace.addresses());
}

}  // namespace

// The resource that is installed in place of a default resource. There is one for each default
// resource, and it is never destroyed: a container that was made in the scope may outlive the scope
// and still hold its address.
class detail::default_stand_in : public std::pmr::memory_resource {
public:
    explicit default_stand_in(std::pmr::memory_resource* behind) : behind_{behind} {}

    [[nodiscard]] static default_stand_in& of(std::pmr::memory_resource* previous) {
        static constinit call_mutex mutex;
        static constinit std::map<std::pmr::memory_resource*, default_stand_in>* made = nullptr;
        const std::lock_guard lock{mutex};
        if (made == nullptr) {
            made = new std::map<std::pmr::memory_resource*, default_stand_in>;
        }
        auto& all = *made;
        for (auto& [behind, stand_in] : all) {
            if (&stand_in == previous) {
                return stand_in;
            }
        }
        return all.try_emplace(previous, previous).first->second;
    }

    forbid_default_resource* enter(forbid_default_resource* scope) {
        const std::lock_guard lock{mutex_};
        return std::exchange(innermost_, scope);
    }
    // False if it is not the innermost scope.
    bool leave(const forbid_default_resource* scope, forbid_default_resource* outer) {
        const std::lock_guard lock{mutex_};
        if (innermost_ != scope) {
            return false;
        }
        innermost_ = outer;
        return true;
    }
    [[nodiscard]] call_mutex& mutex() { return mutex_; }

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (allowed_scopes() == 0) {
            const std::lock_guard lock{mutex_};
            if (innermost_ != nullptr) {
                innermost_->use({bytes, alignment});
            }
        }
        return behind_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        behind_->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }

private:
    std::pmr::memory_resource* behind_;
    call_mutex mutex_;  // guards the innermost scope, and what the scopes have recorded
    forbid_default_resource* innermost_ = nullptr;
};

default_resource_forbidden::default_resource_forbidden(layout asked, const stack_trace& trace)
    : asked_{asked},
      text_{std::make_shared<const std::string>(text_of(asked, trace))} {}

forbid_default_resource::forbid_default_resource(forbidding options, source_line here)
    : options_{std::move(options)},
      here_{here},
      previous_{std::pmr::get_default_resource()},
      stand_in_{&detail::default_stand_in::of(previous_)},
      outer_{stand_in_->enter(this)},
      exceptions_{std::uncaught_exceptions()} {
    std::pmr::set_default_resource(stand_in_);
}

forbid_default_resource::~forbid_default_resource() {
    if (!stand_in_->leave(this, outer_) || std::pmr::get_default_resource() != stand_in_) {
        misuse("forbid_default_resource: another default resource is installed at the end of the "
               "scope; scopes must end in the reverse order of their beginnings");
    } else {
        std::pmr::set_default_resource(previous_);
    }
    if (options_.at_end != on_finding::ignore && !ok() &&
        std::uncaught_exceptions() == exceptions_) {
        detail::report_at_end(options_.at_end, options_.handler, "forbid_default_resource", here_,
                              [this] { return message(); });
    }
}

bool forbid_default_resource::allows(layout asked, const stack_trace& trace) const {
    const auto passes_through = [&](const std::string& function) {
        return trace.passes_through(function);
    };
    return std::ranges::any_of(options_.allowed_functions, passes_through) ||
           (options_.allowed_if && options_.allowed_if(asked, trace));
}

void forbid_default_resource::record(layout asked, const stack_trace& trace) noexcept {
    ++uses_;
    place* const end = places_.data() + places_used_;
    place* found =
        std::find_if(places_.data(), end, [&](const place& known) { return known.trace == trace; });
    if (found == end) {
        if (places_used_ == places_.size()) {
            return;
        }
        *found = {.trace = trace, .first_asked = asked};
        ++places_used_;
    }
    ++found->uses;
}

void forbid_default_resource::use(layout asked) {
    // The predicate and the naming of functions may use the default resource themselves.
    const allow_default_resource while_looking_into_it;
    const stack_trace trace = stack_trace::capture();
    if (allows(asked, trace)) {
        return;
    }
    record(asked, trace);
    if (options_.on_use == on_finding::throw_) {
        detail::raise_error(default_resource_forbidden{asked, trace});
    }
    if (options_.on_use != on_finding::ignore) {
        detail::report_at_end(options_.on_use, options_.handler, "forbid_default_resource", here_,
                              [&] { return text_of(asked, trace); });
    }
}

bool forbid_default_resource::ok() const {
    return uses() == 0;
}

std::size_t forbid_default_resource::uses() const {
    const std::lock_guard lock{stand_in_->mutex()};
    return uses_;
}

std::string forbid_default_resource::message() const {
    const allow_default_resource while_writing;
    const std::lock_guard lock{stand_in_->mutex()};
    if (uses_ == 0) {
        return {};
    }
    std::string text = detail::formatted(
        "forbid_default_resource (%s:%d): the default resource was used %zu times\n", here_.file,
        here_.line, uses_);
    std::size_t told = 0;
    for (std::size_t i = 0; i != places_used_; ++i) {
        const place& at = places_[i];
        text += detail::formatted("  %zu times, first for %zu bytes aligned to %zu\n", at.uses,
                                  at.first_asked.size, at.first_asked.alignment) +
                detail::text_of_calls(at.trace.addresses());
        told += at.uses;
    }
    if (told != uses_) {
        text += detail::formatted("  %zu times elsewhere\n", uses_ - told);
    }
    return text;
}

allow_default_resource::allow_default_resource() noexcept : scopes_{allowed_scopes()} {
    ++scopes_;
}

allow_default_resource::~allow_default_resource() {
    --scopes_;
}

}  // namespace strata
