// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_SERVERS_HPP
#define STRATA_TOOL_REPLAY_DRIVER_SERVERS_HPP

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <new>

#include <strata/core/resource.hpp>

#include "tool/replay/plan.hpp"

// Who serves the blocks of a replay. Each has the same functions: `allocate` and `reallocate` give
// null if there is no memory, and the block that was to be reallocated then stays. `mask` has the
// bits of an offset in a block.
namespace strata::tool::replay {

/// A block that was served. 16 bytes, since the table of them shares the cache with the blocks.
struct block {
    void* address;
    std::uint64_t size : 48;
    std::uint64_t alignment_exponent : 16;

    [[nodiscard]] layout as() const noexcept {
        return {size, std::size_t{1} << alignment_exponent};
    }
};

/// The malloc family.
struct malloc_server {
    static constexpr std::size_t mask = (std::size_t{1} << 48) - 1;

    static void* allocate(std::size_t size, std::size_t alignment, manner how) noexcept {
        switch (how) {
            case manner::zeroed:
                return std::calloc(1, size);
            case manner::aligned:
                return ::memalign(alignment, size);
            case manner::plain:
                break;
        }
        return std::malloc(size);
    }
    static void deallocate(const block& of) noexcept { std::free(of.address); }
    // To realloc, a size of 0 is a free.
    static void* reallocate(const block& of, std::size_t size) noexcept {
        return std::realloc(of.address, std::max<std::size_t>(size, 1));
    }
    static std::size_t usable(const block& of) noexcept { return ::malloc_usable_size(of.address); }
};

/// Null, and the block stays, if there is no memory.
template <class Server>
void* move_block(const Server& in, const block& of, std::size_t size) noexcept {
    void* const moved = in.allocate(size, of.as().alignment, manner::plain);
    if (moved != nullptr) {
        std::memcpy(moved, of.address, std::min<std::size_t>(of.size, size));
        in.deallocate(of);
    }
    return moved;
}

/// A resource. A block that it cannot expand moves, as in `byte_buffer`.
class resource_server {
public:
    static constexpr std::size_t mask = malloc_server::mask;

    explicit resource_server(resource& of) : resource_{&of} {}

    void* allocate(std::size_t size, std::size_t alignment, manner) const noexcept {
        return resource_->try_allocate({size, alignment});
    }
    void deallocate(const block& of) const noexcept {
        resource_->deallocate(of.address, of.as().size, of.as().alignment);
    }
    void* reallocate(const block& of, std::size_t size) const noexcept {
        if (resource_->try_expand(of.address, of.as(), size)) {
            return of.address;
        }
        return move_block(*this, of, size);
    }
    std::size_t usable(const block& of) const noexcept {
        return resource_->usable_size(of.address, of.as());
    }

private:
    resource* resource_;
};

/// A resource of the standard library, which cannot expand a block.
class standard_server {
public:
    static constexpr std::size_t mask = malloc_server::mask;

    explicit standard_server(std::pmr::memory_resource& of) : resource_{&of} {}

    void* allocate(std::size_t size, std::size_t alignment, manner) const noexcept {
        try {
            return resource_->allocate(size, alignment);
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
    }
    void deallocate(const block& of) const noexcept {
        resource_->deallocate(of.address, of.as().size, of.as().alignment);
    }
    void* reallocate(const block& of, std::size_t size) const noexcept {
        return move_block(*this, of, size);
    }
    static std::size_t usable(const block& of) noexcept { return of.size; }

private:
    std::pmr::memory_resource* resource_;
};

/// Serves nothing: all blocks of a thread are in one small buffer, over each other. Each thread has
/// a copy of the server.
class null_server {
public:
    static constexpr std::size_t mask = (std::size_t{1} << 16) - 1;

    void* allocate(std::size_t, std::size_t, manner) noexcept { return buffer_.data(); }
    void deallocate(const block&) const noexcept {}
    void* reallocate(const block&, std::size_t) noexcept { return buffer_.data(); }
    std::size_t usable(const block& of) const noexcept { return of.size; }

private:
    std::array<std::byte, mask + 1> buffer_{};
};

}  // namespace strata::tool::replay

#endif
