// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/watched_resource.hpp>

namespace strata {

watched_resource::watched_resource(std::pmr::memory_resource* upstream) : upstream_{upstream} {}

watched_resource::watched_resource(const watched& description, std::pmr::memory_resource* upstream)
    : resource{description.name},
      upstream_{upstream} {}

watched_resource::~watched_resource() = default;

std::pmr::memory_resource* watched_resource::do_upstream(std::size_t index) const noexcept {
    return index == 0 ? upstream_ : nullptr;
}

std::size_t watched_resource::do_usable_size(const void* block, layout as) const noexcept {
    return strata::usable_size(*upstream_, block, as);
}

bool watched_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    return strata::try_expand(*upstream_, block, as, bytes);
}

ownership watched_resource::do_owns(const void* block) const noexcept {
    return strata::owns(*upstream_, block);
}

void* watched_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    tell_watchers({bytes, alignment});
    return upstream_->allocate(bytes, alignment);
}

void watched_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    upstream_->deallocate(block, bytes, alignment);
}

void watched_resource::allocate_and_free_a_byte() {
    deallocate(allocate(1, 1), 1, 1);
}

}  // namespace strata
