// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "index.hpp"

#include <algorithm>
#include <iterator>

#include "words.hpp"

namespace example {
namespace {

// FNV-1a over the bytes of a word or of a number.
class hash {
public:
    void add(std::string_view bytes) {
        for (const char byte : bytes) {
            add(static_cast<std::uint32_t>(static_cast<unsigned char>(byte)));
        }
    }
    void add(std::uint32_t number) { value_ = (value_ ^ number) * 0x100000001b3; }
    [[nodiscard]] std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

word_index::word_index(const std::vector<document>& documents, std::pmr::memory_resource* memory)
    : postings_{memory} {
    for (std::uint32_t i = 0; i != documents.size(); ++i) {
        for (word_reader reader{documents[i].text, memory}; reader.next();) {
            postings_[reader.word()].push_back({i, reader.line()});
        }
    }
}

answer word_index::find_all(std::string_view words) const {
    // What a question needs for a moment comes from the same memory as the index.
    std::pmr::memory_resource* memory = postings_.get_allocator().resource();
    std::pmr::vector<const posting_list*> lists{memory};
    for (word_reader reader{words, memory}; reader.next();) {
        const auto found = postings_.find(reader.word());
        if (found == postings_.end()) {
            return {};
        }
        if (std::ranges::find(lists, &found->second) == lists.end()) {
            lists.push_back(&found->second);
        }
    }

    std::pmr::vector<std::uint32_t> holders{memory};  // of all words seen so far, in order
    for (const posting_list* list : lists) {
        std::pmr::vector<std::uint32_t> of_word{memory};
        std::ranges::transform(*list, std::back_inserter(of_word), &posting::document);
        of_word.erase(std::unique(of_word.begin(), of_word.end()), of_word.end());
        if (list == lists.front()) {
            holders = std::move(of_word);
        } else {
            std::pmr::vector<std::uint32_t> both{memory};
            std::ranges::set_intersection(holders, of_word, std::back_inserter(both));
            holders = std::move(both);
        }
    }

    answer found{.documents = holders.size()};
    for (const posting_list* list : lists) {
        for (const posting& each : *list) {
            if (std::ranges::binary_search(holders, each.document)) {
                found.first = found.occurrences == 0 ? each : std::min(found.first, each);
                ++found.occurrences;
            }
        }
    }
    return found;
}

std::size_t word_index::words() const {
    std::size_t sum = 0;
    for (const auto& [word, list] : postings_) {
        sum += list.size();
    }
    return sum;
}

std::uint64_t word_index::checksum() const {
    std::uint64_t sum = 0;
    for (const auto& [word, list] : postings_) {
        hash of_entry;
        of_entry.add(word);
        for (const posting& each : list) {
            of_entry.add(each.document);
            of_entry.add(each.line);
        }
        sum += of_entry.value();
    }
    return sum;
}

}  // namespace example
