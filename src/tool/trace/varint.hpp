// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_VARINT_HPP
#define STRATA_TOOL_TRACE_VARINT_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Integers of variable length: seven bits a byte, the lowest first; the last byte is below 128.
namespace strata::tool::trace {

inline void append_varint(std::string& to, std::uint64_t number) {
    for (; number >= 128; number >>= 7) {
        to.push_back(static_cast<char>(number | 128));
    }
    to.push_back(static_cast<char>(number));
}

/// Takes a number from the front. False if there is no whole one of 64 bits.
[[nodiscard]] inline bool take_varint(std::string_view& from, std::uint64_t& number) noexcept {
    number = 0;
    for (std::size_t i = 0; i != from.size() && i != 10; ++i) {
        const auto byte = static_cast<unsigned char>(from[i]);
        if (i == 9 && byte > 1) {
            return false;
        }
        number |= std::uint64_t{byte & 127u} << (7 * i);
        if (byte < 128) {
            from.remove_prefix(i + 1);
            return true;
        }
    }
    return false;
}

/// Takes that many bytes from the front. False if there are not so many.
[[nodiscard]] inline bool take_bytes(std::string_view& from, std::uint64_t count,
                                     std::string_view& bytes) noexcept {
    if (count > from.size()) {
        return false;
    }
    bytes = from.substr(0, count);
    from.remove_prefix(count);
    return true;
}

}  // namespace strata::tool::trace

#endif
