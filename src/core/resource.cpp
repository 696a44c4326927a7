// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/resource.hpp>

namespace strata {

resource::~resource() = default;

std::pmr::memory_resource* resource::do_upstream(std::size_t /*index*/) const noexcept {
    return nullptr;
}

const resource& resource::do_identity() const noexcept {
    return *this;
}

ownership resource::do_owns(const void* /*block*/) const noexcept {
    return ownership::unknown;
}

usage resource::do_usage() const noexcept {
    return {};
}

bool resource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
    return this == &other;
}

ownership owns(const std::pmr::memory_resource& from, const void* block) noexcept {
    const auto* known = dynamic_cast<const resource*>(&from);
    return known == nullptr ? ownership::unknown : known->owns(block);
}

}  // namespace strata
