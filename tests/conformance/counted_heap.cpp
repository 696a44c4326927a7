// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "counted_heap.hpp"

#include <cerrno>
#include <cstdlib>
#include <new>

#ifdef STRATA_HEAP_IS_COUNTED

namespace {

using namespace conformance;

void count(std::size_t& calls) noexcept {
    calls += heap_calls::counting ? 1 : 0;
}

}  // namespace

extern "C" {

// glibc's own functions, which those below stand in front of.
void* __libc_malloc(std::size_t bytes) noexcept;
void* __libc_calloc(std::size_t items, std::size_t bytes) noexcept;
void* __libc_realloc(void* block, std::size_t bytes) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t bytes) noexcept;

void* malloc(std::size_t bytes) noexcept {
    count(heap_calls::mallocs);
    return __libc_malloc(bytes);
}

void* calloc(std::size_t items, std::size_t bytes) noexcept {
    count(heap_calls::mallocs);
    return __libc_calloc(items, bytes);
}

void* realloc(void* block, std::size_t bytes) noexcept {
    count(heap_calls::mallocs);
    return __libc_realloc(block, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    count(heap_calls::mallocs);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) noexcept {
    count(heap_calls::mallocs);
    *block = __libc_memalign(alignment, bytes);
    return *block == nullptr ? ENOMEM : 0;
}

}  // extern "C"

void* operator new(std::size_t bytes) {
    count(heap_calls::news);
    void* block = __libc_malloc(bytes);
    return block != nullptr ? block : throw std::bad_alloc{};
}

void* operator new(std::size_t bytes, std::align_val_t alignment) {
    count(heap_calls::news);
    void* block = __libc_memalign(static_cast<std::size_t>(alignment), bytes);
    return block != nullptr ? block : throw std::bad_alloc{};
}

void operator delete(void* block) noexcept {
    std::free(block);
}

void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}

void operator delete(void* block, std::align_val_t) noexcept {
    std::free(block);
}

void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
    std::free(block);
}

#endif
