// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_CATALOGUE_HPP
#define ATLAS_CATALOGUE_HPP

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "standards.hpp"

namespace atlas {

/// What is known behind a code.
struct entry {
    std::string name;
    std::string other_name;  // official, common or inverted; may be empty
    std::string type;        // of a subdivision
    std::string parent;      // of a subdivision: the code of the one that it is in; may be empty
};

/// By code. An entry stays where it is in memory, even if it moves to another map.
using entries = std::map<std::string, entry>;

/// Where a word occurs.
struct reference {
    standard list;
    const entries::value_type* to;
};

/// All entries, by code, and where each word of their names occurs. One is built up by one thread;
/// any number may read it.
class catalogue {
public:
    /// The references of one word are in no order that could be told.
    using word_index = std::multimap<std::string, reference>;

    /// Throws `input_error` if `raw` is no entry of that list, or its code is there already.
    void add(standard list, const nlohmann::json& raw);

    /// Takes all that the other one holds.
    void merge(catalogue&& other);

    [[nodiscard]] const entries& of(standard list) const {
        return lists_[static_cast<std::size_t>(list)];
    }
    [[nodiscard]] const word_index& words() const { return words_; }

    /// The entries in a list that have a word in their names that begins like one of this name.
    [[nodiscard]] std::unordered_set<const entries::value_type*> begin_like(std::string_view name,
                                                                            standard list) const;

private:
    std::array<entries, formats.size()> lists_;
    word_index words_;
};

}  // namespace atlas

#endif
