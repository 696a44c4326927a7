// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/global_new.hpp>

#include <stdexcept>
#include <thread>

#include <strata/core/misuse.hpp>

namespace strata::global {

void detail::require_resource() {
    if (!is_begun.load()) {
        ::operator delete(::operator new(1));  // which alone knows how to make it
    }
    if (!is_begun.load()) {
        throw std::logic_error{
            "strata::global: no STRATA_GLOBAL_RESOURCE in this program, so nothing routes its "
            "operator new"};
    }
    while (installed.load(std::memory_order_acquire) == nullptr) {
        std::this_thread::yield();  // another thread makes it just now
    }
}

std::pmr::memory_resource& current() {
    detail::require_resource();
    return *detail::installed.load(std::memory_order_acquire);
}

std::pmr::memory_resource& swap(std::pmr::memory_resource& with) {
    detail::require_resource();
    return *detail::installed.exchange(&with, std::memory_order_acq_rel);
}

scoped_resource::~scoped_resource() {
    std::pmr::memory_resource* expected = &installed_;
    if (!detail::installed.compare_exchange_strong(expected, &before_)) {
        misuse("strata::global::scoped_resource: another resource is installed at the end of the "
               "scope; scopes must end in the reverse order of their beginnings");
    }
}

}  // namespace strata::global
