// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_TEXT_HPP
#define ATLAS_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

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

/// All runs of three bytes of a name, which is taken to begin and to end with a space.
std::set<std::string> trigrams_of(std::string_view name);

/// How much two names are alike, by the trigrams that they share: 1000 if in all, 0 if in none.
std::size_t likeness(std::string_view one, std::string_view other);

/// FNV-1a.
std::uint64_t checksum_of(std::string_view text);

}  // namespace atlas

#endif
