// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_WILD_WRITE_HPP
#define STRATA_TESTS_SUPPORT_WILD_WRITE_HPP

#include <cstddef>

#include <strata/diagnostics/poison.hpp>

#include "valgrind.hpp"

namespace tests {

/// Writes where it must not, unseen by AddressSanitizer and memcheck: for what others are to find.
/// Where the value stands already, as it may by chance in an address, writes another one.
STRATA_TOUCHES_POISON inline void wild_write(void* block, std::ptrdiff_t offset,
                                             unsigned char value = 0x21) {
    const unseen_by_memcheck here;
    volatile unsigned char* const at = static_cast<volatile unsigned char*>(block) + offset;
    *at = *at == value ? static_cast<unsigned char>(~value) : value;
}

/// The same for AddressSanitizer to see.
inline void plain_write(void* block, std::ptrdiff_t offset, unsigned char value = 0x21) {
    *(static_cast<volatile unsigned char*>(block) + offset) = value;
}

}  // namespace tests

#endif
