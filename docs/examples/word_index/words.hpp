// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef WORD_INDEX_WORDS_HPP
#define WORD_INDEX_WORDS_HPP

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace example {

/// Walks through the words of a text: runs of ASCII letters and digits and of bytes beyond ASCII,
/// in lower case as far as they are ASCII.
class word_reader {
public:
    word_reader(std::string_view text, std::pmr::memory_resource* memory)
        : text_{text},
          word_{memory} {}

    /// Goes to the next word. False if there is none.
    bool next();

    [[nodiscard]] const std::pmr::string& word() const { return word_; }
    /// The line that the word is in, counted from 1.
    [[nodiscard]] std::uint32_t line() const { return line_; }

private:
    std::string_view text_;
    std::size_t position_ = 0;
    std::uint32_t line_ = 1;
    std::pmr::string word_;
};

}  // namespace example

#endif
