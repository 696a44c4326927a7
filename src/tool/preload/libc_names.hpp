// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_PRELOAD_LIBC_NAMES_HPP
#define STRATA_TOOL_PRELOAD_LIBC_NAMES_HPP

#include <cstddef>

// Second names of glibc's malloc family, which nobody replaces.
// NOLINTBEGIN(bugprone-reserved-identifier): they are glibc's
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
}
// NOLINTEND(bugprone-reserved-identifier)

#endif
