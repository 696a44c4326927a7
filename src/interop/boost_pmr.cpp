// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/boost_pmr.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <typeinfo>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/guard.hpp>
#include <strata/core/detail/shield.hpp>

#include <boost/container/pmr/global_resource.hpp>
#include <boost/container/pmr/monotonic_buffer_resource.hpp>
#include <boost/container/pmr/synchronized_pool_resource.hpp>
#include <boost/container/pmr/unsynchronized_pool_resource.hpp>
#include <boost/container/throw_exception.hpp>

namespace strata {
namespace {

namespace pmr = boost::container::pmr;

constexpr std::size_t max_align = pmr::memory_resource::max_align;

// Whether this is what Boost throws for lack of memory: `std::bad_alloc` up to some version, later
// an exception of its own that is none, or what the program's own callback throws. So ask it.
bool is_boosts_bad_alloc(const std::exception& thrown) noexcept {
    const detail::shield here;
    try {
        boost::container::throw_bad_alloc();
    } catch (const std::exception& boosts) {
        return typeid(thrown) == typeid(boosts);
    } catch (...) {
        return false;
    }
}

// An over-aligned block lies in a larger one. Right before it stands where that begins: there is
// room, since both are aligned to `max_align`, and the larger begins below.
static_assert(max_align >= sizeof(void*));

void* place_over_aligned(void* larger, std::size_t alignment) noexcept {
    const std::size_t past = reinterpret_cast<std::uintptr_t>(larger) & (alignment - 1);
    auto* block = static_cast<std::byte*>(larger) + (alignment - past);
    std::memcpy(block - sizeof larger, &larger, sizeof larger);
    return block;
}

// What Boost's resource is asked for. Where that is the heap, it may align a small block for no more
// than fits in it.
std::size_t bytes_for(std::size_t bytes, std::size_t alignment) noexcept {
    return alignment <= max_align ? std::max(bytes, alignment)
                                  : std::max<std::size_t>(bytes, 1) + alignment;
}

void* larger_around(void* block) noexcept {
    void* larger = nullptr;
    std::memcpy(&larger, static_cast<std::byte*>(block) - sizeof larger, sizeof larger);
    return larger;
}

// What Boost's resource draws from, where it is of a kind that tells.
const pmr::memory_resource* upstream_of(const pmr::memory_resource& of) noexcept {
    if (const auto* pool = dynamic_cast<const pmr::unsynchronized_pool_resource*>(&of)) {
        return pool->upstream_resource();
    }
    if (const auto* pool = dynamic_cast<const pmr::synchronized_pool_resource*>(&of)) {
        return pool->upstream_resource();
    }
    if (const auto* buffer = dynamic_cast<const pmr::monotonic_buffer_resource*>(&of)) {
        return buffer->upstream_resource();
    }
    return nullptr;
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
    const auto* bridge = dynamic_cast<const to_boost*>(&other);
    return bridge != nullptr && *bridge->upstream_ == *upstream_;
}

std::pmr::memory_resource* unwrap(const pmr::memory_resource& bridge) noexcept {
    const auto* known = dynamic_cast<const to_boost*>(&bridge);
    return known == nullptr ? nullptr : known->upstream_resource();
}

// --- Boost to standard ------------------------------------------------------------------------

from_boost::from_boost(pmr::memory_resource* upstream) noexcept
    : upstream_{upstream}, original_{unwrap(*upstream)} {}

from_boost::~from_boost() = default;

std::pmr::memory_resource* from_boost::get() noexcept {
    return original_ == nullptr ? this : original_;
}

// A block as Boost's resource has it, but one that is what was asked for.
void* from_boost::ask(std::size_t bytes, std::size_t alignment) {
    void* block = nullptr;
    try {
        block = upstream_->allocate(bytes, alignment);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& thrown) {
        if (is_boosts_bad_alloc(thrown)) {
            throw std::bad_alloc{};
        }
        throw;
    }
    if (block == nullptr) {
        throw std::bad_alloc{};
    }
    if ((reinterpret_cast<std::uintptr_t>(block) & (alignment - 1)) != 0) {
        upstream_->deallocate(block, bytes, alignment);
        throw std::bad_alloc{};
    }
    return block;
}

void* from_boost::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (original_ != nullptr) {
        return detail::allocate_from(*original_, bytes, alignment);
    }
    constexpr std::size_t most = PTRDIFF_MAX;
    if (alignment > most || bytes > most - alignment) {
        throw std::bad_alloc{};
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

bool from_boost::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
    const auto* bridge = dynamic_cast<const from_boost*>(&other);
    return bridge != nullptr && *bridge->upstream_ == *upstream_;
}

std::string_view from_boost::name() const noexcept {
    const std::type_info& type = typeid(*upstream_);
    if (original_ != nullptr) {
        return "from_boost";
    }
    if (type == typeid(pmr::unsynchronized_pool_resource)) {
        return "boost::container::pmr::unsynchronized_pool_resource";
    }
    if (type == typeid(pmr::synchronized_pool_resource)) {
        return "boost::container::pmr::synchronized_pool_resource";
    }
    if (type == typeid(pmr::monotonic_buffer_resource)) {
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

std::pmr::memory_resource* from_boost::upstream(std::size_t index) const noexcept {
    if (index != 0) {
        return nullptr;
    }
    if (original_ != nullptr) {
        return original_;
    }
    const pmr::memory_resource* below = upstream_of(*upstream_);
    return below == nullptr ? nullptr : unwrap(*below);
}

ownership from_boost::owns(const void* block) const noexcept {
    return original_ == nullptr ? ownership::unknown : strata::owns(*original_, block);
}

pmr::memory_resource* unwrap(const std::pmr::memory_resource& bridge) noexcept {
    const auto* known = dynamic_cast<const from_boost*>(&bridge);
    return known == nullptr ? nullptr : known->upstream_resource();
}

}  // namespace strata
