// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/checksum.hpp"

namespace strata::tool::trace {

// Bit by bit: only headers are checked this way.
std::uint32_t checksum(std::string_view bytes, std::uint32_t before) noexcept {
    std::uint32_t rest = ~before;
    for (const char each : bytes) {
        rest ^= static_cast<unsigned char>(each);
        for (int bit = 0; bit != 8; ++bit) {
            rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xEDB88320u : 0);
        }
    }
    return ~rest;
}

}  // namespace strata::tool::trace
