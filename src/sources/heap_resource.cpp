// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/sources/heap_resource.hpp>

#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <strata/core/detail/guard.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {

heap_resource::~heap_resource() = default;

bool heap_resource::do_equals(const std::pmr::memory_resource& other) const noexcept {
    return detail::part_of<heap_resource>(other) != nullptr;
}

static void* take(layout wanted) noexcept {
    const std::size_t size = wanted.size + (wanted.size == 0 ? 1 : 0);
    // Bounded here, so that no allocator computes a sum that could wrap, or gets a request for an
    // alignment that no object has: some serve it, and reserve as many addresses.
    constexpr std::size_t most = PTRDIFF_MAX;
    constexpr auto most_alignment = std::size_t{1} << (sizeof(std::size_t) == 8 ? 39 : 30);
    if (wanted.alignment > most_alignment || size > most - wanted.alignment) {
        return nullptr;
    }
    const auto is_aligned = [&](const void* served) {
        return (reinterpret_cast<std::uintptr_t>(served) & (wanted.alignment - 1)) == 0;
    };
    void* block = nullptr;
    if (wanted.alignment <= alignof(std::max_align_t)) {
        block = std::malloc(size);
        if (is_aligned(block)) {
            return block;
        }
        std::free(block);  // some allocators align a small block only to its own size
    }
    const std::size_t alignment = std::max(wanted.alignment, sizeof(void*));
    // One byte more if the block is misaligned: mimalloc 2.0 assumes that every block whose size is
    // a power of two is aligned.
    for (const std::size_t asked : {size, size + 1}) {
        if (posix_memalign(&block, alignment, asked) != 0) {
            return nullptr;
        }
        if (is_aligned(block)) [[likely]] {
            return block;
        }
        std::free(block);
    }
    return nullptr;
}

// `malloc` and `posix_memalign` may set errno, also when they succeed; `free` does not.
void* heap_resource::try_allocate(layout wanted) noexcept {
    const int before = errno;
    void* block = take(wanted);
    errno = before;
    return block;
}

std::size_t heap_resource::block_size(const void* block) const noexcept {
    return malloc_usable_size(const_cast<void*>(block));
}

bool heap_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const std::size_t usable = block_size(block);
    return bytes <= usable && (bytes > as.size || bytes >= usable / 2);
}

void* heap_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    void* block = try_allocate({bytes, alignment});
    if (block == nullptr) {
        detail::raise_no_memory();
    }
    return block;
}

void heap_resource::do_deallocate(void* block, std::size_t bytes, std::size_t /*alignment*/) {
    if (block == nullptr) {
        return detail::null_freed(*this, bytes);
    }
    std::free(block);
}

// Initialised before any code runs and never destroyed, as a union member.
static constinit union immortal {
    heap_resource heap;
    constexpr immortal() : heap{} {}
    ~immortal() {}
} the_system_heap;

heap_resource* system_heap() noexcept {
    return &the_system_heap.heap;
}

}  // namespace strata
