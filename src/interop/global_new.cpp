// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/global_new.hpp>

#include <stdexcept>
#include <thread>

#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata::global {

void detail::require_resource() {
    const std::uint32_t here = strata::detail::fork_gate::generation() + 1;
    if (installed.load(std::memory_order_acquire) == nullptr && begun_in.load() != here) {
        ::operator delete(::operator new(1));  // the first call makes the resource
    }
    if (begun_in.load() == 0) {
        strata::detail::raise_error(std::logic_error{
            "strata::global: no STRATA_GLOBAL_RESOURCE in this program, or Valgrind in its place "
            "(--soname-synonyms=somalloc=nouserintercepts), so nothing routes its operator new"});
    }
}

// Waits if another thread is making the resource.
static std::pmr::memory_resource& wait_for_resource() {
    detail::require_resource();
    while (detail::installed.load(std::memory_order_acquire) == nullptr) {
        if (detail::this_thread.is_inside()) {
            strata::detail::raise_error(std::logic_error{
                "strata::global: the expression of STRATA_GLOBAL_RESOURCE asks for the resource "
                "that it makes"});
        }
        std::this_thread::yield();
    }
    return *detail::installed.load(std::memory_order_acquire);
}

std::pmr::memory_resource& current() {
    return wait_for_resource();
}

std::pmr::memory_resource& swap(std::pmr::memory_resource& with) {
    (void)wait_for_resource();
    std::pmr::memory_resource* const before =
        detail::installed.exchange(&with, std::memory_order_acq_rel);
    detail::update_quick_limit();
    return *before;
}

scoped_resource::~scoped_resource() {
    std::pmr::memory_resource* expected = &installed_;
    if (!detail::installed.compare_exchange_strong(expected, &before_)) {
        misuse("strata::global::scoped_resource: another resource is installed at the end of the "
               "scope; scopes must end in the reverse order of their beginnings");
    }
    detail::update_quick_limit();
}

}  // namespace strata::global
