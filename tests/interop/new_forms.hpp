// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_INTEROP_NEW_FORMS_HPP
#define STRATA_TESTS_INTEROP_NEW_FORMS_HPP

#include <array>
#include <cstddef>
#include <new>

// clang declares the sized forms only where it is told to use them.
#ifndef __cpp_sized_deallocation
void operator delete(void* block, std::size_t size) noexcept;
void operator delete[](void* block, std::size_t size) noexcept;
void operator delete(void* block, std::size_t size, std::align_val_t alignment) noexcept;
void operator delete[](void* block, std::size_t size, std::align_val_t alignment) noexcept;
#endif

namespace tests {

/// The 20 functions that a program may replace, to be called one by one. Those without an alignment
/// ignore it.
struct new_form {
    const char* name;
    bool is_aligned;
    bool is_nothrow;
    void* (*call)(std::size_t size, std::size_t alignment);
};
struct delete_form {
    const char* name;
    bool is_aligned;
    void (*call)(void* block, std::size_t size, std::size_t alignment);
};

inline constexpr std::array<new_form, 8> new_forms{{
    {"new", false, false, [](std::size_t size, std::size_t) { return ::operator new(size); }},
    {"new[]", false, false, [](std::size_t size, std::size_t) { return ::operator new[](size); }},
    {"new, aligned", true, false,
     [](std::size_t size, std::size_t alignment) {
         return ::operator new(size, std::align_val_t{alignment});
     }},
    {"new[], aligned", true, false,
     [](std::size_t size, std::size_t alignment) {
         return ::operator new[](size, std::align_val_t{alignment});
     }},
    {"new, nothrow", false, true,
     [](std::size_t size, std::size_t) { return ::operator new(size, std::nothrow); }},
    {"new[], nothrow", false, true,
     [](std::size_t size, std::size_t) { return ::operator new[](size, std::nothrow); }},
    {"new, aligned, nothrow", true, true,
     [](std::size_t size, std::size_t alignment) {
         return ::operator new(size, std::align_val_t{alignment}, std::nothrow);
     }},
    {"new[], aligned, nothrow", true, true,
     [](std::size_t size, std::size_t alignment) {
         return ::operator new[](size, std::align_val_t{alignment}, std::nothrow);
     }},
}};

inline constexpr std::array<delete_form, 12> delete_forms{{
    {"delete", false, [](void* block, std::size_t, std::size_t) { ::operator delete(block); }},
    {"delete[]", false, [](void* block, std::size_t, std::size_t) { ::operator delete[](block); }},
    {"delete, sized", false,
     [](void* block, std::size_t size, std::size_t) { ::operator delete(block, size); }},
    {"delete[], sized", false,
     [](void* block, std::size_t size, std::size_t) { ::operator delete[](block, size); }},
    {"delete, nothrow", false,
     [](void* block, std::size_t, std::size_t) { ::operator delete(block, std::nothrow); }},
    {"delete[], nothrow", false,
     [](void* block, std::size_t, std::size_t) { ::operator delete[](block, std::nothrow); }},
    {"delete, aligned", true,
     [](void* block, std::size_t, std::size_t alignment) {
         ::operator delete(block, std::align_val_t{alignment});
     }},
    {"delete[], aligned", true,
     [](void* block, std::size_t, std::size_t alignment) {
         ::operator delete[](block, std::align_val_t{alignment});
     }},
    {"delete, sized, aligned", true,
     [](void* block, std::size_t size, std::size_t alignment) {
         ::operator delete(block, size, std::align_val_t{alignment});
     }},
    {"delete[], sized, aligned", true,
     [](void* block, std::size_t size, std::size_t alignment) {
         ::operator delete[](block, size, std::align_val_t{alignment});
     }},
    {"delete, aligned, nothrow", true,
     [](void* block, std::size_t, std::size_t alignment) {
         ::operator delete(block, std::align_val_t{alignment}, std::nothrow);
     }},
    {"delete[], aligned, nothrow", true,
     [](void* block, std::size_t, std::size_t alignment) {
         ::operator delete[](block, std::align_val_t{alignment}, std::nothrow);
     }},
}};

}  // namespace tests

#endif
