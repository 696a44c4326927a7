// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/allocation_budget.hpp>

#include <mutex>
#include <new>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "detail/shield.hpp"
#include "report_at_end.hpp"

namespace strata {
namespace {

constexpr const char* nothing_to_watch =
    "nothing tells of operator new in this program, so that it would have counted nothing";
constexpr const char* not_told =
    "it was not told of the allocation that it made to try itself out, so that it would have "
    "counted nothing";
constexpr const char* no_byte_to_try =
    "the allocation of 1 byte that it made to try itself out was refused";

// The first allocation of a program makes the source of operator new.
allocation_source* source_of_operator_new() {
    if (detail::global_allocation_source.load() == nullptr) {
        ::operator delete(::operator new(1));
    }
    return detail::global_allocation_source.load();
}

budget without_blocks(budget options) {
    options.blocks = 0;
    options.bytes = budget::unlimited;
    return options;
}

std::string limit_text(std::size_t limit, const char* of_what) {
    return limit == budget::unlimited ? "" : detail::formatted(" %zu %s", limit, of_what);
}

}  // namespace

allocation_budget::allocation_budget(allocation_source* of, const budget& allowed, source_line here,
                                     const char* name)
    : of_{of},
      allowed_{allowed},
      here_{here},
      name_{name} {
    if (of_ == nullptr) {
        blind_ = nothing_to_watch;
        return;
    }
    of_->attach(*this);
    try_out();
}

allocation_budget::allocation_budget(allocation_source& of, const budget& allowed, source_line here)
    : allocation_budget{&of, allowed, here, "allocation_budget"} {}

allocation_budget::allocation_budget(operator_new_t /*of*/, const budget& allowed, source_line here)
    : allocation_budget{source_of_operator_new(), allowed, here,
                        "allocation_budget"} {}

allocation_budget::~allocation_budget() {
    if (of_ != nullptr) {
        of_->detach(*this);
    }
    if (allowed_.at_end != on_finding::ignore && !ok()) {
        detail::report_at_end(allowed_.at_end, allowed_.handler, name_, here_,
                              [this] { return message(); });
    }
}

void allocation_budget::try_out() {
    const detail::shield here;
    try {
        const detail::attempt now;
        of_->try_out(*this);
        blind_ = blocks() == 0 ? not_told : nullptr;
    } catch (...) {
        blind_ = no_byte_to_try;
    }
    const std::lock_guard lock{mutex_};
    blocks_ = 0;
    bytes_ = 0;
    exceeded_ = false;
}

void allocation_budget::asked(layout wanted) noexcept {
    if (allowed_.whose == stats_scope::threads::this_one &&
        maker_ != detail::number_of_this_thread()) {
        return;
    }
    const std::lock_guard lock{mutex_};
    ++blocks_;
    // Total bytes stop at the largest number, because a request may be absurdly large.
    bytes_ = wanted.size > budget::unlimited - bytes_ ? budget::unlimited : bytes_ + wanted.size;
    if (!exceeded_ && (blocks_ > allowed_.blocks || bytes_ > allowed_.bytes)) {
        exceeded_ = true;
        first_too_many_ = wanted;
        trace_ = stack_trace::capture();
    }
}

bool allocation_budget::ok() const {
    const std::lock_guard lock{mutex_};
    return blind_ == nullptr && !exceeded_;
}

std::size_t allocation_budget::blocks() const {
    const std::lock_guard lock{mutex_};
    return blocks_;
}

std::size_t allocation_budget::bytes() const {
    const std::lock_guard lock{mutex_};
    return bytes_;
}

std::string allocation_budget::message() const {
    if (ok()) {
        return {};
    }
    const allocation_source::pause while_writing;
    const std::lock_guard lock{mutex_};
    const std::string whose = detail::formatted("%s (%s:%d): ", name_, here_.file, here_.line);
    if (blind_ != nullptr) {
        return whose + blind_;
    }
    return whose +
           detail::formatted("%zu blocks of %zu bytes in total were asked for, allowed were",
                             blocks_, bytes_) +
           limit_text(allowed_.blocks, "blocks") + limit_text(allowed_.bytes, "bytes") +
           detail::formatted("; the first too many is one of %zu bytes aligned to %zu\n",
                             first_too_many_.size, first_too_many_.alignment) +
           detail::text_of_calls(trace_.addresses());
}

no_allocations::no_allocations(allocation_source& of, const budget& options, source_line here)
    : allocation_budget{&of, without_blocks(options), here, "no_allocations"} {}

no_allocations::no_allocations(operator_new_t /*of*/, const budget& options, source_line here)
    : allocation_budget{source_of_operator_new(), without_blocks(options), here,
                        "no_allocations"} {}

}  // namespace strata
