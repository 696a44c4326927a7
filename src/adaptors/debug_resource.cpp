// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/debug_resource.hpp>

#include <mutex>
#include <new>

#include <strata/core/option_list.hpp>
#include <strata/detail/text.hpp>

#include "debug_call.hpp"
#include "debug_faults.hpp"
#include "debug_registry.hpp"

// The calls of a `debug_resource`. Each function has its own stack frame, which the captured stacks
// leave out.

namespace strata::detail {

using call_kind = debug_call_kind;
using errors = debug_call::errors;

debug_base::debug_base(const debug& options, std::pmr::memory_resource* upstream)
    : block_checker{options.name},
      state_{*::new (static_cast<void*>(room_)) debug_state{options, *upstream}} {
    static_assert(sizeof(debug_state) <= sizeof room_);
    if (options.one_thread) {
        tie_to_this_thread();
    }
    debug_registry::add(state_);
    if (options.faults) {
        explain_faults_of(state_);
    }
}

debug_base::~debug_base() {
    debug_registry::remove(state_);
    end();
    state_.~debug_state();
}

// Overwritten memory is reported first and leaks last, since the first finding may end the program.
[[gnu::noinline]] void debug_base::end() noexcept {
    debug_call call{state_, call_kind::destructor, errors::are_reported};
    (void)call.may_go_on();
    const bool is_default = std::pmr::get_default_resource() == this;
    if (is_default) {
        std::pmr::set_default_resource(nullptr);  // the reports need a default resource that works
    }
    state_.check_live(call);
    state_.evict_while_over(0, call);
    if (is_default || state_.was_layer_of_default) {
        state_.report(finding::default_resource, call, [&] {
            return state_
                .about(is_default ? "it is still the default resource at its end"
                                  : "a resource of which it is a layer is still the default "
                                    "resource at its end")
                .row("perhaps", "set_default_resource was not undone, or scopes ended out of order")
                .row("from now on", "the default is std::pmr::new_delete_resource() again")
                .calls("ended", call.stack())
                .text();
        });
    }
    if (state_.options.leaks) {
        state_.report_live(call);
    }
    while (debug_record* const left = state_.records.first()) {
        state_.destroy(*left);
    }
}

void debug_base::default_resource_ends() noexcept {
    std::pmr::set_default_resource(nullptr);
    state_.was_layer_of_default = true;
}

[[gnu::noinline]] void* debug_base::allocate_block(std::size_t bytes, std::size_t alignment) {
    debug_call call{state_, call_kind::allocate, errors::may_be_thrown};
    return state_.serve({bytes, alignment}, call);
}

// Findings are reported and not thrown: an exception would be lost.
[[gnu::noinline]] void* debug_base::try_allocate_block(layout wanted) noexcept {
    debug_call call{state_, call_kind::allocate, errors::are_reported};
    return null_if_it_throws([&] { return state_.serve(wanted, call); });
}

[[gnu::noinline]] void debug_base::deallocate_block(void* at, std::size_t bytes,
                                                    std::size_t alignment) noexcept {
    debug_call call{state_, call_kind::deallocate, errors::are_reported};
    if (call.may_go_on()) {
        state_.free(at, {bytes, alignment}, call);
    }
}

// A block that is not live or has another layout is not resized: its free reports that.
[[gnu::noinline]] bool debug_base::try_expand_block(void* at, layout as,
                                                    std::size_t bytes) noexcept {
    debug_call call{state_, call_kind::try_expand, errors::are_reported};
    debug_record* const block = call.may_go_on() ? state_.records.find(at) : nullptr;
    return block != nullptr && block->is_live() && block->as() == as &&
           state_.try_expand(*block, bytes, call);
}

[[gnu::noinline]] std::size_t debug_base::check() {
    const std::size_t before = findings();
    debug_call call{state_, call_kind::check, errors::may_be_thrown};
    if (call.may_go_on()) {
        state_.check_live(call);
        state_.check_quarantined(call);
    }
    return findings() - before;
}

[[gnu::noinline]] std::size_t debug_base::report_leaks() {
    debug_call call{state_, call_kind::check, errors::are_reported};
    if (call.may_go_on()) {
        state_.report_live(call);
    }
    return state_.live_blocks;
}

std::size_t debug_base::check_at_exit() noexcept {
    return state_.check_at_exit(true);
}

[[gnu::noinline]] void debug_base::release() {
    debug_call call{state_, call_kind::release, errors::may_be_thrown};
    if (!call.may_go_on()) {
        return;
    }
    state_.check_live(call);
    state_.records.for_each([&](debug_record& each) {
        if (each.is_live()) {
            each.state = block_state::released;
            state_.quarantine(each, call);
        }
    });
    state_.evict_while_over(state_.options.quarantine, call);
}

[[gnu::noinline]] void debug_base::flush() {
    debug_call call{state_, call_kind::flush, errors::may_be_thrown};
    if (call.may_go_on()) {
        state_.evict_while_over(0, call);
    }
}

void debug_base::tie_to_this_thread() noexcept {
    state_.tied_to = debug_thread();
}

void debug_base::untie() noexcept {
    state_.tied_to = 0;
}

std::size_t debug_base::findings(finding which) const noexcept {
    return state_.found[static_cast<std::size_t>(which)];
}

std::size_t debug_base::findings() const noexcept {
    std::size_t all = 0;
    for (const auto& each : state_.found) {
        all += each;
    }
    return all;
}

const debug& debug_base::options() const noexcept {
    return state_.options;
}

std::string_view debug_base::title() const noexcept {
    return state_.title.data();
}

std::pmr::memory_resource* debug_base::do_upstream(std::size_t index) const noexcept {
    return index == 0 ? &state_.memory.upstream() : nullptr;
}

ownership debug_base::do_owns(const void* block) const noexcept {
    const std::lock_guard lock{state_.mutex};
    const debug_record* const found = state_.records.find(block);
    return found != nullptr && found->is_live() ? ownership::yes : ownership::no;
}

usage debug_base::do_usage() const noexcept {
    const std::lock_guard lock{state_.mutex};
    return {.live_bytes = state_.live_bytes,
            .live_blocks = state_.live_blocks,
            .used_bytes = state_.live_bytes,
            .peak_bytes = state_.peak_bytes,
            .reserved_bytes = state_.held_bytes};
}

void debug_base::do_list_options(option_list& to) const {
    to.add(state_.options);
}

const void* debug_base::do_part(type_key wanted) const noexcept {
    const void* const checker = as_part<block_checker>(this, wanted);
    return checker != nullptr ? checker : as_part(this, wanted);
}

}  // namespace strata::detail

namespace strata {

template class debug_resource<std::pmr::memory_resource>;

}  // namespace strata
