// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#if __has_include(<valgrind/memcheck.h>)

#include "announced_blocks.hpp"

#include <valgrind/memcheck.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <new>

#include "address_map.hpp"
#include <strata/threads/detail/fork_gate.hpp>

namespace strata::detail::announced_blocks {
namespace {

using sizes = address_map<std::size_t>;

constinit section_mutex mutex;

// Never destroyed, because resources may outlive static objects. Memcheck sees one memory pool
// whose pieces are the blocks. (It confuses malloc-like blocks with a block of malloc at the same
// address. Its leak search supports no nested pieces.)
sizes& all() {
    alignas(sizes) static std::byte memory[sizeof(sizes)];
    static sizes* const blocks = [] {
        VALGRIND_CREATE_MEMPOOL(memory, 0, 0);
        return ::new (memory) sizes;
    }();
    return *blocks;
}

void withdraw_one(std::uintptr_t block, std::size_t size, std::uintptr_t begin,
                  std::uintptr_t end) noexcept {
    const auto make_defined = [](std::uintptr_t from, std::uintptr_t to) {
        if (from < to) {
            (void)VALGRIND_MAKE_MEM_DEFINED(from, to - from);
        }
    };
    VALGRIND_MEMPOOL_FREE(&all(), block);
    make_defined(block, std::min(begin, block + size));
    make_defined(std::max(end, block), block + size);
}

// A block of size 0 overlaps a range that begins at its address.
void withdraw_all(std::uintptr_t begin, std::size_t bytes) noexcept {
    sizes& blocks = all();
    const std::uintptr_t end = begin + std::max<std::size_t>(bytes, 1);
    auto at = blocks.last_up_to(begin);
    if (at == blocks.end() ||
        sizes::address_of(at) + std::max<std::size_t>(at->second, 1) <= begin) {
        at = blocks.first_from(begin);
    }
    while (at != blocks.end() && sizes::address_of(at) < end) {
        withdraw_one(sizes::address_of(at), at->second, begin, begin + bytes);
        at = blocks.erase(at);
    }
}

}  // namespace

void add(const void* block, std::size_t bytes) noexcept {
    const std::lock_guard lock{mutex};
    withdraw_all(sizes::number(block), bytes);
    if (all().insert(sizes::number(block), bytes)) {
        VALGRIND_MEMPOOL_ALLOC(&all(), block, bytes);
        if (bytes > UINT32_MAX) {  // memcheck takes only the lower 32 bits
            (void)VALGRIND_MAKE_MEM_UNDEFINED(block, bytes);
        }
    }
}

void resize(const void* block, std::size_t before, std::size_t after) noexcept {
    const std::lock_guard lock{mutex};
    const auto at = all().find(sizes::number(block));
    if (at != all().end()) {
        at->second = after;
        VALGRIND_MEMPOOL_CHANGE(&all(), block, block, after);
    }
    if (after > before) {
        (void)VALGRIND_MAKE_MEM_UNDEFINED(static_cast<const std::byte*>(block) + before,
                                          after - before);
    }
}

void withdraw(const void* begin, std::size_t bytes) noexcept {
    const std::lock_guard lock{mutex};
    withdraw_all(sizes::number(begin), bytes);
}

}  // namespace strata::detail::announced_blocks

#endif
