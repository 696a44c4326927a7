// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_INTEROP_GLOBAL_SPY_HPP
#define STRATA_TESTS_INTEROP_GLOBAL_SPY_HPP

#include <algorithm>
#include <cstddef>

#include "spy_resource.hpp"

namespace tests {

/// One that can tell the sizes of its blocks, which then have no headers.
class telling_spy : public spy_resource {
public:
    [[nodiscard]] std::size_t block_size(const void* block) const noexcept {
        return strata::system_heap()->block_size(block);
    }
};

// The same tests are compiled for both.
#ifdef STRATA_TEST_BARE_BLOCKS
using global_spy = telling_spy;
inline constexpr bool has_headers = false;
#else
using global_spy = spy_resource;
inline constexpr bool has_headers = true;
#endif

/// What this program's operator new draws from. Never destroyed.
[[nodiscard]] inline global_spy& the_spy() {
    static union immortal {
        global_spy spy;
        immortal() : spy{} {}
        ~immortal() {}
    } held;
    return held.spy;
}

/// How many bytes before a block are its header's and its alignment's.
[[nodiscard]] constexpr std::size_t offset_for(std::size_t alignment) noexcept {
    return has_headers ? std::max<std::size_t>(alignment, 16) : 0;
}

}  // namespace tests

#endif
