// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_PLANTED_DEFECTS_HPP
#define STRATA_TESTS_SUPPORT_PLANTED_DEFECTS_HPP

#include <array>
#include <cstddef>
#include <functional>
#include <memory_resource>
#include <string_view>

namespace tests {

/// Where a defect is planted.
struct defect_site {
    std::pmr::memory_resource& memory;
    /// Gives up all blocks of `memory` at once.
    std::function<void()> release;
    /// `wild_write` or `plain_write`.
    void (*write)(void* block, std::ptrdiff_t offset, unsigned char value);
};

namespace defects {

[[gnu::noinline]] inline void use_after_free(const defect_site& in) {
    void* block = in.memory.allocate(48, 8);
    in.memory.deallocate(block, 48, 8);
    in.write(block, 20, 0x21);
}

[[gnu::noinline]] inline void overflow_of_1_byte(const defect_site& in) {
    void* block = in.memory.allocate(37, 8);
    in.write(block, 37, 0x21);
    in.memory.deallocate(block, 37, 8);
}

[[gnu::noinline]] inline void double_free(const defect_site& in) {
    void* block = in.memory.allocate(32, 8);
    in.memory.deallocate(block, 32, 8);
    in.memory.deallocate(block, 32, 8);
}

[[gnu::noinline]] inline void wrong_size(const defect_site& in) {
    void* block = in.memory.allocate(64, 8);
    in.memory.deallocate(block, 32, 8);
}

[[gnu::noinline]] inline void leak(const defect_site& in) {
    [[maybe_unused]] void* volatile block = in.memory.allocate(80, 8);
    block = nullptr;
}

[[gnu::noinline]] inline void arena_overflow(const defect_site& in) {
    void* block = in.memory.allocate(24, 8);
    in.write(block, 24, 0x21);
}

[[gnu::noinline]] inline void use_after_deallocate(const defect_site& in) {
    void* block = in.memory.allocate(48, 8);
    in.memory.deallocate(block, 48, 8);
    in.write(block, 0, 0x21);
}

[[gnu::noinline]] inline void use_after_release(const defect_site& in) {
    void* block = in.memory.allocate(56, 8);
    in.release();
    in.write(block, 55, 0x21);
}

}  // namespace defects

/// Mistakes that no sanitizer sees inside the standard library's pools and arenas.
struct planted_defect {
    std::string_view name;
    std::string_view over;  ///< "pool" or "arena"
    void (*plant)(const defect_site& in);
};

inline constexpr std::array planted_defects{
    planted_defect{"use after free", "pool", defects::use_after_free},
    planted_defect{"1-byte overflow", "pool", defects::overflow_of_1_byte},
    planted_defect{"double free", "pool", defects::double_free},
    planted_defect{"wrong size", "pool", defects::wrong_size},
    planted_defect{"leak", "pool", defects::leak},
    planted_defect{"overflow", "arena", defects::arena_overflow},
    planted_defect{"use after deallocate", "arena", defects::use_after_deallocate},
    planted_defect{"use after release", "arena", defects::use_after_release},
};

}  // namespace tests

#endif
