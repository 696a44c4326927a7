// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_CONTENDERS_LEAN_HPP
#define STRATA_BENCHMARKS_CONTENDERS_LEAN_HPP

#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace bench {

/// The least that a bump allocator must do: align, compare, advance. Memory is reserved from the
/// system once and comes back at the end.
class lean_bump {
public:
    explicit lean_bump(std::size_t bytes) : bytes_{bytes} {
        void* const all = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (all == MAP_FAILED) {
            throw std::bad_alloc{};
        }
        begin_ = position_ = reinterpret_cast<std::uintptr_t>(all);
        end_ = begin_ + bytes;
    }
    lean_bump(const lean_bump&) = delete;
    lean_bump& operator=(const lean_bump&) = delete;
    ~lean_bump() { munmap(reinterpret_cast<void*>(begin_), bytes_); }

    void* allocate(std::size_t bytes, std::size_t alignment) {
        const std::uintptr_t at = (position_ + alignment - 1) & (0 - alignment);
        if (bytes > end_ - at) [[unlikely]] {
            throw std::bad_alloc{};
        }
        position_ = at + bytes;
        return reinterpret_cast<void*>(at);
    }
    void deallocate(void* /*block*/, std::size_t /*bytes*/, std::size_t /*alignment*/) {}
    void reset() { position_ = begin_; }

private:
    std::uintptr_t begin_;
    std::uintptr_t position_;
    std::uintptr_t end_;
    std::size_t bytes_;
};

/// The least that a pool of several sizes must do: find the list, pop or push. A list for every 16
/// bytes; memory is never given back before the end. Larger blocks are operator new's.
class lean_lists {
public:
    void* allocate(std::size_t bytes, std::size_t /*alignment*/) {
        if (bytes > largest_block) [[unlikely]] {
            return ::operator new(bytes);
        }
        link*& first = lists_[(bytes + 15) / 16];
        link* const block = first;
        if (block == nullptr) [[unlikely]] {
            return fresh_.allocate((bytes + 15) / 16 * 16, 16);
        }
        first = block->next;
        return block;
    }
    void deallocate(void* block, std::size_t bytes, std::size_t /*alignment*/) {
        if (bytes > largest_block) [[unlikely]] {
            ::operator delete(block);
            return;
        }
        link*& first = lists_[(bytes + 15) / 16];
        first = new (block) link{first};
    }

private:
    static constexpr std::size_t largest_block = 4096;

    struct link {
        link* next;
    };
    std::array<link*, largest_block / 16 + 1> lists_{};
    lean_bump fresh_{std::size_t{4} << 30};
};

}  // namespace bench

#endif
