// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_FUNCTIONS_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_FUNCTIONS_HPP

#include <cstddef>
#include <new>

// The 20 functions that a program may replace, in terms of `strata_global_router`.
//
// Never inlined: the compiler would assume that nobody reads or writes before the start of a block.
#if defined(__clang__)
#define STRATA_GLOBAL_FUNCTION [[gnu::noinline]]
#else
#define STRATA_GLOBAL_FUNCTION [[gnu::noipa]]
#endif

// clang-format off
#define STRATA_GLOBAL_FUNCTIONS                                                                    \
    STRATA_GLOBAL_FUNCTION void* operator new(std::size_t size) {                                  \
        return strata_global_router::allocate(size);                                               \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void* operator new[](std::size_t size) {                                \
        return strata_global_router::allocate(size);                                               \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void* operator new(std::size_t size, std::align_val_t alignment) {      \
        return strata_global_router::allocate(size, static_cast<std::size_t>(alignment));          \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void* operator new[](std::size_t size, std::align_val_t alignment) {    \
        return strata_global_router::allocate(size, static_cast<std::size_t>(alignment));          \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void* operator new(std::size_t size, const std::nothrow_t&) noexcept {  \
        return strata_global_router::try_allocate(size);                                           \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void* operator new[](std::size_t size,                                  \
                                                const std::nothrow_t&) noexcept {                  \
        return strata_global_router::try_allocate(size);                                           \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void* operator new(std::size_t size, std::align_val_t alignment,        \
                                              const std::nothrow_t&) noexcept {                    \
        return strata_global_router::try_allocate(size, static_cast<std::size_t>(alignment));      \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void* operator new[](std::size_t size, std::align_val_t alignment,      \
                                                const std::nothrow_t&) noexcept {                  \
        return strata_global_router::try_allocate(size, static_cast<std::size_t>(alignment));      \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete(void* block) noexcept {                            \
        strata_global_router::deallocate(block);                                                   \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete[](void* block) noexcept {                          \
        strata_global_router::deallocate(block);                                                   \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete(void* block, std::size_t size) noexcept {          \
        strata_global_router::deallocate(block, size);                                             \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete[](void* block, std::size_t size) noexcept {        \
        strata_global_router::deallocate(block, size);                                             \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete(void* block, std::align_val_t alignment) noexcept { \
        strata_global_router::deallocate(block, alignment);                                        \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete[](void* block,                                     \
                                                  std::align_val_t alignment) noexcept {           \
        strata_global_router::deallocate(block, alignment);                                        \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete(void* block, std::size_t size,                     \
                                                std::align_val_t alignment) noexcept {             \
        strata_global_router::deallocate(block, size, alignment);                                  \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete[](void* block, std::size_t size,                   \
                                                  std::align_val_t alignment) noexcept {           \
        strata_global_router::deallocate(block, size, alignment);                                  \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete(void* block, const std::nothrow_t&) noexcept {     \
        strata_global_router::deallocate(block);                                                   \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete[](void* block, const std::nothrow_t&) noexcept {   \
        strata_global_router::deallocate(block);                                                   \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete(void* block, std::align_val_t alignment,           \
                                                const std::nothrow_t&) noexcept {                  \
        strata_global_router::deallocate(block, alignment);                                        \
    }                                                                                              \
    STRATA_GLOBAL_FUNCTION void operator delete[](void* block, std::align_val_t alignment,         \
                                                  const std::nothrow_t&) noexcept {                \
        strata_global_router::deallocate(block, alignment);                                        \
    }
// clang-format on

#endif
