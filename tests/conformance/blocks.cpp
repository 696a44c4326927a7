// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "blocks.hpp"

#include <cstring>
#include <sstream>

namespace conformance {
namespace {

// What a block holds is a sequence of words that starts from its tag; the last may be cut short.
constexpr std::size_t word_bytes = sizeof(std::uint64_t);

std::uint64_t after(std::uint64_t word) noexcept {
    return word * 0x9E3779B97F4A7C15 + 1;
}

}  // namespace

void block::fill() const noexcept {
    std::uint64_t word = after(tag);
    std::size_t done = 0;
    for (; asked.size - done >= word_bytes; done += word_bytes, word = after(word)) {
        std::memcpy(at + done, &word, word_bytes);
    }
    std::memcpy(at + done, &word, asked.size - done);
}

bool block::is_intact() const noexcept {
    std::uint64_t word = after(tag);
    std::size_t done = 0;
    for (; asked.size - done >= word_bytes; done += word_bytes, word = after(word)) {
        std::uint64_t found = 0;
        std::memcpy(&found, at + done, word_bytes);
        if (found != word) {
            return false;
        }
    }
    return std::memcmp(at + done, &word, asked.size - done) == 0;
}

bool block::is_aligned() const noexcept {
    return at != nullptr && (reinterpret_cast<std::uintptr_t>(at) & (asked.alignment - 1)) == 0;
}

std::string block::text() const {
    std::ostringstream out;
    out << "block " << tag << " of size " << asked.size << " and alignment " << asked.alignment
        << " at " << static_cast<const void*>(at);
    return out.str();
}

}  // namespace conformance
