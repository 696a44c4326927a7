// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/boost_pmr.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <typeinfo>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/guard.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include <boost/container/pmr/global_resource.hpp>
#include <boost/container/pmr/monotonic_buffer_resource.hpp>
#include <boost/container/pmr/synchronized_pool_resource.hpp>
#include <boost/container/pmr/unsynchronized_pool_resource.hpp>
#include <boost/container/throw_exception.hpp>

#include "core/who_are_you.hpp"
#include "detail/shield.hpp"
#include "detail/type_of.hpp"

namespace strata {
namespace {

namespace pmr = boost::container::pmr;

constexpr std::size_t max_align = pmr::memory_resource::max_align;

// Whether the exception in flight is Boost's out-of-memory exception. Older versions of Boost throw
// `std::bad_alloc`, later ones a type of their own, and the program may install a callback that
// throws another. So this makes Boost throw one and compares the types.
bool is_boosts_bad_alloc() noexcept {
    const detail::shield here;
    const std::type_info* const thrown = abi::__cxa_current_exception_type();
    try {
        boost::container::throw_bad_alloc();
    } catch (...) {
        const std::type_info* const boosts = abi::__cxa_current_exception_type();
        return thrown != nullptr && boosts != nullptr && *thrown == *boosts;
    }
}

// An over-aligned block lies inside a larger block. The address of the larger one is stored right
// before it. There is room: both are aligned to `max_align`, and the larger one begins at a lower
// address.
static_assert(max_align >= sizeof(void*));

void* place_over_aligned(void* larger, std::size_t alignment) noexcept {
    const std::size_t past = reinterpret_cast<std::uintptr_t>(larger) & (alignment - 1);
    auto* block = static_cast<std::byte*>(larger) + (alignment - past);
    std::memcpy(block - sizeof larger, &larger, sizeof larger);
    return block;
}

// The size to request from Boost's resource. At least the alignment: a heap may align a small block
// only to its size.
std::size_t bytes_for(std::size_t bytes, std::size_t alignment) noexcept {
    return alignment <= max_align ? std::max(bytes, alignment)
                                  : std::max<std::size_t>(bytes, 1) + alignment;
}

void* larger_around(void* block) noexcept {
    void* larger = nullptr;
    std::memcpy(&larger, static_cast<std::byte*>(block) - sizeof larger, sizeof larger);
    return larger;
}

// The resource as a `Kind`, if that is exactly its type and its program has RTTI; otherwise null.
template <class Kind>
const Kind* as(const pmr::memory_resource& of) noexcept {
    const std::type_info* const type = detail::type_of(of);
    return type != nullptr && *type == typeid(Kind) ? static_cast<const Kind*>(&of) : nullptr;
}

// The upstream of Boost's resource, if its kind tells it; otherwise null.
const pmr::memory_resource* upstream_of(const pmr::memory_resource& of) noexcept {
    if (const auto* pool = as<pmr::unsynchronized_pool_resource>(of)) {
        return pool->upstream_resource();
    }
    if (const auto* pool = as<pmr::synchronized_pool_resource>(of)) {
        return pool->upstream_resource();
    }
    if (const auto* buffer = as<pmr::monotonic_buffer_resource>(of)) {
        return buffer->upstream_resource();
    }
    return nullptr;
}

// Boost's own resources apply `dynamic_cast` to the argument of `is_equal`. So an object without
// RTTI must be the one that is called, not the argument.
bool are_equal(const pmr::memory_resource& a, const pmr::memory_resource& b) noexcept {
    return detail::type_of(b) == nullptr ? b == a : a == b;
}

const to_boost* as_to_boost(const pmr::memory_resource& of) noexcept {
    return detail::ask<to_boost>(of, detail::thread_word::who_answers_boost);
}

}  // namespace

// --- standard to Boost ------------------------------------------------------------------------

to_boost::~to_boost() = default;

pmr::memory_resource* to_boost::get() noexcept {
    pmr::memory_resource* original = unwrap(*upstream_);
    return original == nullptr ? this : original;
}

void* to_boost::do_allocate(std::size_t bytes, std::size_t alignment) {
    return detail::allocate_from(*upstream_, bytes, alignment);
}

void to_boost::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    upstream_->deallocate(block, bytes, alignment);
}

bool to_boost::do_is_equal(const pmr::memory_resource& other) const noexcept {
    if (detail::answers(other, this, detail::thread_word::who_answers_boost)) {
        return true;
    }
    const to_boost* const bridge = as_to_boost(other);
    return bridge != nullptr && *bridge->upstream_ == *upstream_;
}

std::pmr::memory_resource* unwrap(const pmr::memory_resource& bridge) noexcept {
    const to_boost* const known = as_to_boost(bridge);
    return known == nullptr ? nullptr : known->upstream_resource();
}

// --- Boost to standard ------------------------------------------------------------------------

from_boost::from_boost(pmr::memory_resource* upstream) noexcept
    : upstream_{upstream},
      original_{unwrap(*upstream)} {}

from_boost::~from_boost() = default;

std::pmr::memory_resource* from_boost::get() noexcept {
    return original_ == nullptr ? this : original_;
}

// Allocates from Boost's resource, and checks that the block is not null and is aligned.
void* from_boost::ask(std::size_t bytes, std::size_t alignment) {
    void* block = nullptr;
    try {
        block = upstream_->allocate(bytes, alignment);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception&) {
        if (is_boosts_bad_alloc()) {
            detail::raise_no_memory();
        }
        throw;
    }
    if (block == nullptr) {
        detail::raise_no_memory();
    }
    if ((reinterpret_cast<std::uintptr_t>(block) & (alignment - 1)) != 0) {
        upstream_->deallocate(block, bytes, alignment);
        detail::raise_no_memory();
    }
    return block;
}

void* from_boost::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (original_ != nullptr) {
        return detail::allocate_from(*original_, bytes, alignment);
    }
    constexpr std::size_t most = PTRDIFF_MAX;
    if (alignment > most || bytes > most - alignment) {
        detail::raise_no_memory();
    }
    const std::size_t size = bytes_for(bytes, alignment);
    if (alignment <= max_align) {
        return ask(size, alignment);
    }
    return place_over_aligned(ask(size, max_align), alignment);
}

void from_boost::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    if (block == nullptr) {
        return detail::null_freed(*this, bytes);
    }
    if (original_ != nullptr) {
        original_->deallocate(block, bytes, alignment);
        return;
    }
    const std::size_t size = bytes_for(bytes, alignment);
    if (alignment <= max_align) {
        upstream_->deallocate(block, size, alignment);
    } else {
        upstream_->deallocate(larger_around(block), size, max_align);
    }
}

bool from_boost::do_equals(const std::pmr::memory_resource& other) const noexcept {
    const auto* const bridge = detail::part_of<from_boost>(other);
    return bridge != nullptr && are_equal(*bridge->upstream_, *upstream_);
}

const void* from_boost::do_part(detail::type_key wanted) const noexcept {
    return as_part(this, wanted);
}

std::string_view from_boost::do_name() const noexcept {
    if (original_ != nullptr) {
        return "from_boost";
    }
    if (as<pmr::unsynchronized_pool_resource>(*upstream_) != nullptr) {
        return "boost::container::pmr::unsynchronized_pool_resource";
    }
    if (as<pmr::synchronized_pool_resource>(*upstream_) != nullptr) {
        return "boost::container::pmr::synchronized_pool_resource";
    }
    if (as<pmr::monotonic_buffer_resource>(*upstream_) != nullptr) {
        return "boost::container::pmr::monotonic_buffer_resource";
    }
    if (upstream_ == pmr::new_delete_resource()) {
        return "boost::container::pmr::new_delete_resource()";
    }
    if (upstream_ == pmr::null_memory_resource()) {
        return "boost::container::pmr::null_memory_resource()";
    }
    return "boost::container::pmr::memory_resource";
}

std::pmr::memory_resource* from_boost::do_upstream(std::size_t index) const noexcept {
    if (index != 0) {
        return nullptr;
    }
    if (original_ != nullptr) {
        return original_;
    }
    const pmr::memory_resource* below = upstream_of(*upstream_);
    return below == nullptr ? nullptr : unwrap(*below);
}

std::size_t from_boost::do_usable_size(const void* block, layout as) const noexcept {
    return original_ == nullptr ? as.size : strata::usable_size(*original_, block, as);
}

bool from_boost::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    return original_ != nullptr && strata::try_expand(*original_, block, as, bytes);
}

ownership from_boost::do_owns(const void* block) const noexcept {
    return original_ == nullptr ? ownership::unknown : strata::owns(*original_, block);
}

pmr::memory_resource* unwrap(const std::pmr::memory_resource& bridge) noexcept {
    const auto* const known = detail::part_of<from_boost>(bridge);
    return known == nullptr ? nullptr : known->upstream_resource();
}

bool detail::is_same_resource(const pmr::memory_resource& one,
                              const std::pmr::memory_resource& other) noexcept {
    if (const std::pmr::memory_resource* const standard = unwrap(one)) {
        return *standard == other;
    }
    const pmr::memory_resource* const boosts = unwrap(other);
    return boosts != nullptr && are_equal(one, *boosts);
}

}  // namespace strata
