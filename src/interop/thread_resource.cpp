// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/thread_resource.hpp>

#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/interop/detail/global_program.hpp>
#include <strata/threads/detail/thread_record.hpp>

namespace strata {
namespace {

using detail::new_route;
using detail::thread_word;

// The route of a thread that is inside a resource stays as it is.
void change_route(new_route from, new_route to) noexcept {
    detail::thread_state& mine = detail::state_of_this_thread();
    if (mine.route == from) {
        mine.route = to;
    }
}

}  // namespace

// The fast paths look neither at the route nor at the word, so they are closed first and opened
// last. The resource has a word of its own: so allocations do not read the scope, which has ended
// after a misuse.
thread_resource::thread_resource(std::pmr::memory_resource& use) {
    global::detail::require_resource();
    if (!detail::has_or_takes_record()) {
        detail::raise_no_memory();
    }
    global::detail::thread_resources.fetch_add(1);
    global::detail::update_quick_limit();
    outer_ = detail::exchange_word(thread_word::new_scope, this);
    outer_resource_ = detail::exchange_word(thread_word::new_resource, &use);
    change_route(new_route::usual, new_route::own);
}

thread_resource::~thread_resource() {
    if (detail::word_of_this_thread(thread_word::new_scope).load() !=
        reinterpret_cast<std::uintptr_t>(this)) {
        misuse("strata::thread_resource: ended on another thread than it began on, or not in the "
               "reverse order of beginnings");
        return;
    }
    if (outer_resource_ == nullptr) {
        change_route(new_route::own, new_route::usual);
    }
    detail::exchange_word(thread_word::new_resource, outer_resource_);
    detail::exchange_word(thread_word::new_scope, outer_);
    global::detail::thread_resources.fetch_sub(1);
    global::detail::update_quick_limit();
}

}  // namespace strata
