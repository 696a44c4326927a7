// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/resource.hpp>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/guard.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "detail/shield.hpp"
#include "who_are_you.hpp"

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

void resource::do_list_options(option_list& /*to*/) const {}

bool resource::do_equals(const std::pmr::memory_resource& other) const noexcept {
    return this == &other;
}

const void* resource::do_part(detail::type_key /*wanted*/) const noexcept {
    return nullptr;
}

// Some foreign resources return null, against the rules: passes it on.
static void* allocate_or_null(std::pmr::memory_resource& from, layout wanted) noexcept {
    const detail::shield here;
    try {
        const detail::attempt now;
        return detail::allocate_from(from, wanted.size, wanted.alignment);
    } catch (...) {
        return nullptr;
    }
}

void* resource::do_try_allocate(layout wanted) noexcept {
    return allocate_or_null(*this, wanted);
}

void* try_allocate(std::pmr::memory_resource& from, layout wanted) noexcept {
    const resource* const known = detail::as_resource(from);
    return known == nullptr ? allocate_or_null(from, wanted)
                            : const_cast<resource*>(known)->try_allocate(wanted);
}

std::size_t resource::do_usable_size(const void* /*block*/, layout as) const noexcept {
    return as.size;
}

bool resource::do_try_expand(void* /*block*/, layout /*as*/,
                             std::size_t /*bytes*/) noexcept {
    return false;
}

sized_block allocate_at_least(std::pmr::memory_resource& from, layout wanted) {
    void* const block = detail::allocate_from(from, wanted.size, wanted.alignment);
    return {block, usable_size(from, block, wanted)};
}

std::size_t usable_size(const std::pmr::memory_resource& of, const void* block,
                        layout as) noexcept {
    const resource* const known = detail::as_resource(of);
    return known == nullptr ? as.size : known->usable_size(block, as);
}

bool try_expand(std::pmr::memory_resource& of, void* block, layout as,
                std::size_t bytes) noexcept {
    const detail::shield here;
    const resource* const known = detail::as_resource(of);
    return known != nullptr &&
           const_cast<resource*>(known)->try_expand(block, as, bytes);
}

void resource::null_freed(std::size_t bytes) const noexcept {
    detail::null_freed(*this, bytes);
}

// --- whether it is one --------------------------------------------------------------------------

bool resource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
    return detail::answers(other, this, detail::thread_word::who_answers) || do_equals(other);
}

const resource* detail::as_resource(const std::pmr::memory_resource& of) noexcept {
    return ask<resource>(of, thread_word::who_answers);
}

const void* detail::part(const std::pmr::memory_resource& of, type_key wanted) noexcept {
    const resource* const known = as_resource(of);
    return known == nullptr ? nullptr : known->do_part(wanted);
}

ownership owns(const std::pmr::memory_resource& from, const void* block) noexcept {
    const resource* const known = detail::as_resource(from);
    return known == nullptr ? ownership::unknown : known->owns(block);
}

}  // namespace strata
