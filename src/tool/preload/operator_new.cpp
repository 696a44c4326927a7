// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Operator new and delete of the program. Those of its C++ library would call malloc and free, and
// take more instructions for that than the strategy for the block. All other forms of the C++
// library call these, or `aligned_alloc` and `free`.
#include <dlfcn.h>

#include <cstddef>

#include <strata/diagnostics/detail/raise.hpp>

#include "tool/preload/blocks.hpp"
#include "tool/preload/libc_names.hpp"

namespace blocks = strata::tool::blocks;

namespace {

// That of the program's C++ library: it calls the program's new_handler, and throws what the
// program catches. A C++ library that was loaded later, for a plugin alone, is not found.
[[gnu::cold, gnu::noinline]] void* allocate_by_next(std::size_t size) {
    using function = void* (*)(std::size_t);
    const auto next = reinterpret_cast<function>(dlsym(RTLD_NEXT, "_Znwm"));
    if (next == nullptr) {
        strata::detail::raise_no_memory();
    }
    return next(size);
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size) {
    void* const block = blocks::allocate_slowly({size, blocks::usual_alignment});
    return block != nullptr ? block : allocate_by_next(size);
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier): the compiler's and the linker's names
#pragma GCC visibility push(default)
extern "C" {

// operator new(std::size_t)
void* _Znwm(std::size_t size) {
    void* const block = blocks::allocate_quickly({size, blocks::usual_alignment});
    return block != nullptr ? block : allocate_slowly(size);
}

// operator delete(void*)
void _ZdlPv(void* block) noexcept {
    if (block != nullptr) {
        blocks::deallocate(block);
    }
}
[[gnu::alias("_ZdlPv"), gnu::visibility("hidden")]] void strata_own_delete(void* block) noexcept;

// The loader puts the program's own here, if it has one: `delete` with a size must reach that.
static void (*const volatile delete_in_use)(void*) noexcept = &_ZdlPv;

// operator delete(void*, std::size_t). Programs free blocks with wrong sizes, and malloc does not
// mind: what the size does not fit, the header does.
void _ZdlPvm(void* block, std::size_t size) noexcept {
    if (delete_in_use != &strata_own_delete) [[unlikely]] {
        return delete_in_use(block);
    }
    if (block != nullptr && !blocks::headed::give_back_quickly(block, size, blocks::usual_alignment))
        [[unlikely]] {
        blocks::deallocate_slowly(block);
    }
}

// The library's own calls, which the linker renames: see libc_below.cpp.
void* __wrap__Znwm(std::size_t size) {
    void* const block = __libc_malloc(size == 0 ? 1 : size);
    if (block == nullptr) {
        strata::detail::raise_no_memory();
    }
    return block;
}
void __wrap__ZdlPv(void* block) {
    __libc_free(block);
}
void __wrap__ZdlPvm(void* block, std::size_t /*size*/) {
    __libc_free(block);
}

}  // extern "C"
#pragma GCC visibility pop
// NOLINTEND(bugprone-reserved-identifier)
