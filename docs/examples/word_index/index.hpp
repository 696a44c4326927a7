// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef WORD_INDEX_INDEX_HPP
#define WORD_INDEX_INDEX_HPP

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "documents.hpp"

namespace example {

/// Where a word was found.
struct posting {
    std::uint32_t document = 0;  // counted from 0
    std::uint32_t line = 0;      // counted from 1

    friend auto operator<=>(const posting&, const posting&) = default;
};

/// What the index knows about one or several words.
struct answer {
    std::size_t documents = 0;    // that hold all of the words
    std::size_t occurrences = 0;  // of the words in these documents
    posting first = {};           // of the words in the first of them

    friend bool operator==(const answer&, const answer&) = default;
};

/// The application: says in which documents and lines a word occurs. All its memory comes from the
/// resource that it is given, and it does not know which one that is.
class word_index {
public:
    word_index(const std::vector<document>& documents, std::pmr::memory_resource* memory);

    [[nodiscard]] answer find_all(std::string_view words) const;

    [[nodiscard]] std::size_t different_words() const { return postings_.size(); }
    [[nodiscard]] std::size_t words() const;
    /// Depends on every word and posting, and not on the order in which the map holds them.
    [[nodiscard]] std::uint64_t checksum() const;

private:
    using posting_list = std::pmr::vector<posting>;

    // The map hands its resource on to every string and vector in it.
    std::pmr::unordered_map<std::pmr::string, posting_list> postings_;
};

}  // namespace example

#endif
