// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/watched_resource.hpp>

namespace strata {

watched_resource::watched_resource(std::pmr::memory_resource* upstream)
    : watched_resource{watched{}, upstream} {}

watched_resource::watched_resource(const watched& description, std::pmr::memory_resource* upstream)
    : adaptor{description.name, upstream} {}

watched_resource::~watched_resource() = default;

void* watched_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    tell_watchers({bytes, alignment});
    return allocate_below(bytes, alignment);
}

void watched_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    deallocate_below(block, bytes, alignment);
}

void watched_resource::allocate_and_free_a_byte() {
    deallocate(allocate(1, 1), 1, 1);
}

}  // namespace strata
