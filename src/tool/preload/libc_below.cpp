// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The library's own calls of the malloc family, which the linker renames (--wrap): they go to the
// C library's functions by names that nobody replaces, and never back into this file's neighbour.
#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "tool/preload/libc_names.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier): the C library's and the linker's names
extern "C" {

void* __wrap_malloc(std::size_t size) {
    return __libc_malloc(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
    return __libc_calloc(count, size);
}
void* __wrap_realloc(void* block, std::size_t size) {
    return __libc_realloc(block, size);
}
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
    return __libc_memalign(alignment, size);
}
void __wrap_free(void* block) {
    __libc_free(block);
}

int __wrap_posix_memalign(void** to, std::size_t alignment, std::size_t size) {
    void* const block = __libc_memalign(alignment, size);
    if (block == nullptr) {
        return ENOMEM;
    }
    *to = block;
    return 0;
}

// It has no second name, so it is looked up behind this library.
std::size_t __wrap_malloc_usable_size(void* block) {
    using function = std::size_t (*)(void*);
    static constinit std::atomic<function> found{nullptr};
    function of_libc = found.load(std::memory_order_relaxed);
    if (of_libc == nullptr) {
        of_libc = reinterpret_cast<function>(dlsym(RTLD_NEXT, "malloc_usable_size"));
        found.store(of_libc, std::memory_order_relaxed);
    }
    return of_libc(block);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
