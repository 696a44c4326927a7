// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The malloc family as glibc has it, served by a strategy. The library that `strata run` preloads
// exports these functions and nothing else.
#include <malloc.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "tool/preload/blocks.hpp"

namespace blocks = strata::tool::blocks;

namespace {

std::size_t page() noexcept {
    return getauxval(AT_PAGESZ);
}

void* refuse(int why) noexcept {
    errno = why;
    return nullptr;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

void* malloc(std::size_t size) noexcept {
    return blocks::allocate(size);
}

void free(void* block) noexcept {
    if (block != nullptr) {
        blocks::deallocate(block);
    }
}

void* calloc(std::size_t count, std::size_t size) noexcept {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return refuse(ENOMEM);
    }
    void* const block = blocks::allocate(bytes);
    return block == nullptr ? nullptr : std::memset(block, 0, bytes);
}

// As glibc: a size of 0 frees the block. A block that cannot be moved to a smaller place stays.
void* realloc(void* block, std::size_t size) noexcept {
    if (block == nullptr) {
        return blocks::allocate(size);
    }
    if (size == 0) {
        free(block);
        return nullptr;
    }
    const int before = errno;
    if (blocks::resize(block, size)) {
        errno = before;
        return block;
    }
    const std::size_t had = blocks::size(block);
    void* const moved = blocks::allocate(size);
    if (moved == nullptr) {
        return size <= had ? (errno = before, block) : nullptr;
    }
    std::memcpy(moved, block, size < had ? size : had);
    free(block);
    return moved;
}

void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
    std::size_t bytes = 0;
    return __builtin_mul_overflow(count, size, &bytes) ? refuse(ENOMEM) : realloc(block, bytes);
}

int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
    if (!std::has_single_bit(alignment) || alignment % sizeof(void*) != 0) {
        return EINVAL;
    }
    const int before = errno;
    void* const block = blocks::allocate(size, alignment);
    errno = before;
    if (block == nullptr) {
        return ENOMEM;
    }
    *to = block;
    return 0;
}

// As glibc: an alignment that is no power of two is rounded up to one.
void* memalign(std::size_t alignment, std::size_t size) noexcept {
    constexpr std::size_t most = ~(~std::size_t{0} >> 1);
    return alignment > most ? refuse(EINVAL) : blocks::allocate(size, std::bit_ceil(alignment));
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    return memalign(alignment, size);
}

void* valloc(std::size_t size) noexcept {
    return blocks::allocate(size, page());
}

void* pvalloc(std::size_t size) noexcept {
    return size > ~std::size_t{0} - page()
               ? refuse(ENOMEM)
               : blocks::allocate((size + page() - 1) / page() * page(), page());
}

std::size_t malloc_usable_size(void* block) noexcept {
    return block == nullptr ? 0 : blocks::size(block);
}

}  // extern "C"
#pragma GCC visibility pop
