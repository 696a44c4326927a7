// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <boost/test/unit_test.hpp>

#include "adaptors/debug_fill.hpp"

BOOST_AUTO_TEST_SUITE(debug_fill_test)

// Programs of x86-64 and RISC-V have addresses of 47 bits, those of ARM addresses of 48.
BOOST_AUTO_TEST_CASE(a_word_of_freed_memory_names_its_block_wherever_that_is) {
    if constexpr (sizeof(std::uintptr_t) == 8) {
        using strata::detail::debug_fill;
        for (const std::uint64_t begin : {0x1000ULL, 0x5555'5555'0040ULL, 0x7FFF'FFFF'F000ULL,
                                          0xAAAA'D000'0040ULL, 0xFFFF'9C00'1000ULL}) {
            const auto* const block = std::bit_cast<const std::byte*>(begin);
            alignas(8) std::array<std::byte, 8> freed{};
            debug_fill::naming(block).write(freed);
            const auto word = std::bit_cast<std::uint64_t>(freed);
            BOOST_TEST(debug_fill::block_named_by(word) == block);
            BOOST_TEST(debug_fill::block_named_by(word + 16) == block + 16);
            BOOST_TEST(debug_fill::block_named_by(word & (~std::uint64_t{0} >> 8)) == block);
            BOOST_TEST(debug_fill::block_named_by(begin) == nullptr);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
