// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "virtual_memory.hpp"

#include <cstdint>

#include <strata/diagnostics/poison.hpp>

#include "detail/shield.hpp"

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <string_view>
#endif

#ifdef STRATA_ASAN
#include <sanitizer/lsan_interface.h>
#endif

namespace strata::detail {
namespace {

bool is_aligned(const std::byte* begin, std::size_t alignment) noexcept {
    return (reinterpret_cast<std::uintptr_t>(begin) & (alignment - 1)) == 0;
}

}  // namespace

#if defined(_WIN32)

// Untested. Without huge pages: Windows requires a privilege for them that few programs have.

std::size_t page_bytes() noexcept {
    static const std::size_t told = [] {
        SYSTEM_INFO info;
        GetSystemInfo(&info);
        return info.dwPageSize;
    }();
    return told;
}

std::size_t huge_page_bytes() noexcept {
    const std::size_t told = GetLargePageMinimum();
    return told == 0 ? std::size_t{1} << 21 : told;
}

std::byte* map_pages(std::size_t bytes, std::size_t alignment, page_access access) noexcept {
    const bool usable = access == page_access::read_write;
    const DWORD kind = usable ? MEM_RESERVE | MEM_COMMIT : MEM_RESERVE;
    const DWORD protection = usable ? PAGE_READWRITE : PAGE_NOACCESS;
    const auto map = [&](void* at) {
        return static_cast<std::byte*>(VirtualAlloc(at, bytes, kind, protection));
    };
    std::byte* begin = map(nullptr);
    // A mapping cannot be trimmed: find a place for a larger one, and map the aligned part of that
    // place. Another thread may be quicker, so this is tried several times.
    for (int attempt = 0; begin != nullptr && !is_aligned(begin, alignment); ++attempt) {
        unmap_pages(begin, bytes);
        if (attempt == 8 || bytes > PTRDIFF_MAX - alignment) {
            return nullptr;
        }
        void* larger = VirtualAlloc(nullptr, bytes + alignment, MEM_RESERVE, PAGE_NOACCESS);
        if (larger == nullptr) {
            return nullptr;
        }
        VirtualFree(larger, 0, MEM_RELEASE);
        const std::size_t at = round_up(reinterpret_cast<std::uintptr_t>(larger), alignment);
        begin = map(reinterpret_cast<void*>(at));
        begin = begin == nullptr ? map(nullptr) : begin;
    }
    return begin;
}

std::byte* map_explicit_huge_pages(std::size_t, std::size_t) noexcept {
    return nullptr;
}

bool resize_mapping(std::byte*, std::size_t, std::size_t) noexcept {
    return false;
}

bool unmap_pages(std::byte* begin, std::size_t) noexcept {
    return VirtualFree(begin, 0, MEM_RELEASE) != 0;
}

bool commit_pages(std::byte* begin, std::size_t bytes) noexcept {
    return VirtualAlloc(begin, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

void protect_pages(std::byte* begin, std::size_t bytes) noexcept {
    DWORD before;
    VirtualProtect(begin, bytes, PAGE_NOACCESS, &before);
}

bool purge_pages(std::byte* begin, std::size_t bytes) noexcept {
    return VirtualAlloc(begin, bytes, MEM_RESET, PAGE_READWRITE) != nullptr;
}

void prefer_huge_pages(std::byte*, std::size_t) noexcept {}

bool populate_pages(std::byte* begin, std::size_t bytes) noexcept {
    for (std::size_t at = 0; at < bytes; at += page_bytes()) {
        *static_cast<volatile std::byte*>(begin + at) = std::byte{0};
    }
    return true;
}

#else

namespace {

// The first number behind `key` in a system file; 0 if there is none. Without stdio, which
// allocates.
std::size_t number_in(const char* file, std::string_view key) noexcept {
    const shield here;
    const int from = ::open(file, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        return 0;
    }
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    ::close(from);
    const std::string_view text{buffer.data(), got < 0 ? 0 : static_cast<std::size_t>(got)};
    const std::size_t at = text.find(key);
    std::size_t number = 0;
    if (at != text.npos) {
        for (const char c : text.substr(at + key.size())) {
            if (c >= '0' && c <= '9') {
                number = number * 10 + static_cast<std::size_t>(c - '0');
            } else if (c != ' ') {
                break;
            }
        }
    }
    return number;
}

std::size_t ask_huge_page_bytes() noexcept {
    std::size_t told = number_in("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "");
    if (told == 0) {
        told = number_in("/proc/meminfo", "Hugepagesize:") * 1024;
    }
    return std::has_single_bit(told) && told > page_bytes() ? told : std::size_t{1} << 21;
}

std::byte* map_anywhere(std::size_t bytes, page_access access, int more_flags = 0) noexcept {
    const int protection = access == page_access::none ? PROT_NONE : PROT_READ | PROT_WRITE;
    const shield here;
    void* begin = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);
    return begin == MAP_FAILED ? nullptr : static_cast<std::byte*>(begin);
}

// Maps more than is wanted and cuts off the rest around the aligned part. Maps without access at
// first, because the rest must not count as used memory.
std::byte* map_aligned(std::size_t bytes, std::size_t alignment, page_access access) noexcept {
    const std::size_t slack = alignment - page_bytes();
    if (bytes > PTRDIFF_MAX - slack) {
        return nullptr;
    }
    std::byte* whole = map_anywhere(bytes + slack, page_access::none);
    if (whole == nullptr) {
        return nullptr;
    }
    const shield here;
    const std::size_t before = padding_at(whole, alignment);
    std::byte* begin = whole + before;
    if (before != 0) {
        munmap(whole, before);
    }
    if (before != slack) {
        munmap(begin + bytes, slack - before);
    }
    if (access == page_access::read_write && !commit_pages(begin, bytes)) {
        munmap(begin, bytes);
        return nullptr;
    }
    return begin;
}

// `munmap` fails if it would split a mapping in two and the process has reached its limit of
// mappings. Then the addresses are lost, but the memory returns to the system.
bool munmap_or_purge(std::byte* begin, std::size_t bytes) noexcept {
    const shield here;
    return munmap(begin, bytes) == 0 || purge_pages(begin, bytes);
}

// Tells LeakSanitizer to search these pages for pointers. Otherwise it would report heap blocks as
// leaked that only these pages point to.

std::byte* tell_of(std::byte* begin, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    if (begin != nullptr) {
        __lsan_register_root_region(begin, bytes);
    }
#endif
    return begin;
}

void forget([[maybe_unused]] std::byte* begin, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    __lsan_unregister_root_region(begin, bytes);
#endif
}

}  // namespace

std::size_t page_bytes() noexcept {
    static const std::size_t told = [] {
        const shield here;
        return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    }();
    return told;
}

std::size_t huge_page_bytes() noexcept {
    static const std::size_t told = ask_huge_page_bytes();
    return told;
}

std::byte* map_pages(std::size_t bytes, std::size_t alignment, page_access access) noexcept {
    std::byte* begin = map_anywhere(bytes, access);
    if (begin == nullptr || is_aligned(begin, alignment)) {
        return tell_of(begin, bytes);
    }
    const shield here;
    munmap(begin, bytes);
    return tell_of(map_aligned(bytes, alignment, access), bytes);
}

std::byte* map_explicit_huge_pages([[maybe_unused]] std::size_t bytes,
                                   [[maybe_unused]] std::size_t alignment) noexcept {
#if defined(MAP_HUGETLB) && defined(MAP_HUGE_SHIFT)
    // Pages of `huge_page_bytes()`, which need not be the system's default size for explicit huge
    // pages.
    const int size = std::countr_zero(huge_page_bytes()) << MAP_HUGE_SHIFT;
    std::byte* begin = map_anywhere(bytes, page_access::read_write, MAP_HUGETLB | size);
    if (begin == nullptr || is_aligned(begin, alignment)) {
        return tell_of(begin, bytes);
    }
    const shield here;
    munmap(begin, bytes);
#endif
    return nullptr;
}

bool resize_mapping(std::byte* begin, std::size_t before, std::size_t after) noexcept {
    bool is_done = false;
    if (after < before) {
        is_done = munmap_or_purge(begin + after, before - after);
    } else {
#ifdef MREMAP_MAYMOVE  // the system has mremap; without this flag, nothing moves
        const shield here;
        is_done = mremap(begin, before, after, 0) != MAP_FAILED;
#endif
    }
    if (is_done) {
        forget(begin, before);
        (void)tell_of(begin, after);
    }
    return is_done;
}

bool unmap_pages(std::byte* begin, std::size_t bytes) noexcept {
    forget(begin, bytes);
    return munmap_or_purge(begin, bytes);
}

bool commit_pages(std::byte* begin, std::size_t bytes) noexcept {
    const shield here;
    return mprotect(begin, bytes, PROT_READ | PROT_WRITE) == 0;
}

void protect_pages(std::byte* begin, std::size_t bytes) noexcept {
    const shield here;
    mprotect(begin, bytes, PROT_NONE);
}

// Pages that are locked (`mlockall`) need another request, which Linux knows since 5.18. They are
// locked again when they are next touched.
bool purge_pages(std::byte* begin, std::size_t bytes) noexcept {
    const shield here;
#ifdef MADV_DONTNEED_LOCKED
    constexpr int of_locked_too = MADV_DONTNEED_LOCKED;
#elif defined(__linux__)
    constexpr int of_locked_too = 24;
#else
    constexpr int of_locked_too = MADV_DONTNEED;
#endif
    return madvise(begin, bytes, MADV_DONTNEED) == 0 || madvise(begin, bytes, of_locked_too) == 0;
}

void prefer_huge_pages([[maybe_unused]] std::byte* begin,
                       [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
    const shield here;
    madvise(begin, bytes, MADV_HUGEPAGE);
#endif
}

// Not MAP_POPULATE, which would take effect before the request for huge pages.
bool populate_pages(std::byte* begin, std::size_t bytes) noexcept {
#ifdef MADV_POPULATE_WRITE
    const shield here;
    if (madvise(begin, bytes, MADV_POPULATE_WRITE) == 0) {
        return true;
    }
    if (errno != EINVAL) {  // EINVAL: Linux before 5.14, which does not know the request
        return false;
    }
#endif
    for (std::size_t at = 0; at < bytes; at += page_bytes()) {
        *static_cast<volatile std::byte*>(begin + at) = std::byte{0};
    }
    return true;
}

#endif

}  // namespace strata::detail
