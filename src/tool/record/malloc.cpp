// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The malloc family of the C library, recorded. Operator new calls it, unless the program has one
// of its own.
#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>

#include "tool/preload/libc_names.hpp"
#include "tool/record/recorder.hpp"

namespace recorder = strata::tool::recorder;
using recorder::form;

namespace {

std::size_t page() noexcept {
    return getauxval(AT_PAGESZ);
}

void* aligned(std::size_t alignment, std::size_t size) noexcept {
    void* const block = __libc_memalign(alignment, size);
    recorder::allocated(block, size, std::bit_ceil(alignment), form::aligned);
    return block;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

void* malloc(std::size_t size) noexcept {
    void* const block = __libc_malloc(size);
    recorder::allocated(block, size, recorder::usual_alignment, form::malloc);
    return block;
}

void free(void* block) noexcept {
    if (block != nullptr) {
        recorder::deallocated(block);
        __libc_free(block);
    }
}

void* calloc(std::size_t count, std::size_t size) noexcept {
    void* const block = __libc_calloc(count, size);
    std::size_t bytes = 0;
    if (!__builtin_mul_overflow(count, size, &bytes)) {
        recorder::allocated(block, bytes, recorder::usual_alignment, form::calloc);
    }
    return block;
}

void* realloc(void* block, std::size_t size) noexcept {
    if (block == nullptr) {
        return malloc(size);
    }
    if (size == 0) {
        free(block);
        return nullptr;
    }
    const recorder::beginning since = recorder::reallocating(block);
    void* const moved = __libc_realloc(block, size);
    recorder::reallocated(block, moved, size, since);
    return moved;
}

void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return nullptr;
    }
    return realloc(block, bytes);
}

int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
    if (!std::has_single_bit(alignment) || alignment % sizeof(void*) != 0) {
        return EINVAL;
    }
    const int before = errno;
    void* const block = aligned(alignment, size);
    errno = before;
    if (block == nullptr) {
        return ENOMEM;
    }
    *to = block;
    return 0;
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
    constexpr std::size_t most = ~(~std::size_t{0} >> 1);
    if (alignment > most) {
        errno = EINVAL;
        return nullptr;
    }
    return aligned(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    return memalign(alignment, size);
}

void* valloc(std::size_t size) noexcept {
    return aligned(page(), size);
}

void* pvalloc(std::size_t size) noexcept {
    if (size > ~std::size_t{0} - page()) {
        errno = ENOMEM;
        return nullptr;
    }
    return aligned(page(), (size + page() - 1) / page() * page());
}

// Not recorded, but all of the family must be one library's: another malloc that the program links
// does not know these blocks. It has no second name in the C library.
std::size_t malloc_usable_size(void* block) noexcept {
    using function = std::size_t (*)(void*);
    static constinit std::atomic<function> found{nullptr};
    function of_libc = found.load(std::memory_order_relaxed);
    if (of_libc == nullptr) {
        void* const libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
        of_libc = reinterpret_cast<function>(dlsym(libc, "malloc_usable_size"));
        found.store(of_libc, std::memory_order_relaxed);
    }
    return of_libc(block);
}

// In the place of the C library's in this library: see `own_wraps` in meson.build. It has no other
// use for it.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name
int __wrap_backtrace(void** /*to*/, int /*most*/) noexcept {
    return 0;
}

// Not of the family: after it, other functions may be at the addresses of those that were there.
int dlclose(void* module) noexcept {
    using function = int (*)(void*);
    static constinit std::atomic<function> found{nullptr};
    function of_libc = found.load(std::memory_order_relaxed);
    if (of_libc == nullptr) {
        of_libc = reinterpret_cast<function>(dlsym(RTLD_NEXT, "dlclose"));
        found.store(of_libc, std::memory_order_relaxed);
    }
    const int result = of_libc(module);
    recorder::unloaded();
    return result;
}

}  // extern "C"
#pragma GCC visibility pop
