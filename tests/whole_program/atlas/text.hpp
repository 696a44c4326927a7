// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_TEXT_HPP
#define ATLAS_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>

namespace atlas {

/// What is wrong with the input: one or more lines.
struct input_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// In quotes, with control characters shown as \xNN, so that no name can spoil a line.
std::string in_quotes(std::string_view text);

/// The words of a name: runs of ASCII letters and digits and of bytes beyond ASCII, in lower case
/// as far as they are ASCII.
std::set<std::string> words_of(std::string_view name);

/// All runs of three bytes of a name with two spaces in front and one behind; each as a number.
std::unordered_set<std::uint32_t> trigrams_of(std::string_view name);

/// How much two names are alike, by the trigrams that they share: 1000 if all, 0 if none.
std::size_t likeness(const std::unordered_set<std::uint32_t>& one,
                     const std::unordered_set<std::uint32_t>& other);

/// FNV-1a.
std::uint64_t checksum_of(std::string_view text);

}  // namespace atlas

#endif
