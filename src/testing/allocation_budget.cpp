// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/allocation_budget.hpp>

#include <new>
#include <sstream>

#include <strata/core/detail/shield.hpp>

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

// The first allocation of a program makes what tells of operator new.
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

void print_limit(std::ostream& out, std::size_t limit, const char* of_what) {
    if (limit != budget::unlimited) {
        out << ' ' << limit << ' ' << of_what;
    }
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
    if (allowed_.at_end != nullptr && !ok()) {
        detail::report_at_end(allowed_.at_end, name_, here_, [this] { return message(); });
    }
}

void allocation_budget::try_out() {
    const detail::shield here;
    try {
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
    if (allowed_.whose == stats_scope::threads::this_one && maker_ != std::this_thread::get_id()) {
        return;
    }
    const std::lock_guard lock{mutex_};
    ++blocks_;
    // Total bytes stop at the largest number: what is asked for may be absurd.
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
    std::ostringstream text;
    text.exceptions(std::ios::badbit);  // rather than half a text
    text << name_ << " (" << here_.file << ':' << here_.line << "): ";
    if (blind_ != nullptr) {
        text << blind_;
        return text.str();
    }
    text << blocks_ << " blocks of " << bytes_ << " bytes in total were asked for, allowed were";
    print_limit(text, allowed_.blocks, "blocks");
    print_limit(text, allowed_.bytes, "bytes");
    text << "; the first too many is one of " << first_too_many_.size << " bytes aligned to "
         << first_too_many_.alignment << '\n'
         << trace_;
    return text.str();
}

no_allocations::no_allocations(allocation_source& of, const budget& options, source_line here)
    : allocation_budget{&of, without_blocks(options), here, "no_allocations"} {}

no_allocations::no_allocations(operator_new_t /*of*/, const budget& options, source_line here)
    : allocation_budget{source_of_operator_new(), without_blocks(options), here,
                        "no_allocations"} {}

}  // namespace strata
