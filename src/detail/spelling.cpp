// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "spelling.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace strata::detail {
namespace {

// The edit distance of two words: changed, inserted and deleted characters.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i != a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j != b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string suggestion(std::string_view unknown, std::span<const std::string> known) {
    constexpr std::size_t longest_compared = 64;  // the text is user input
    const auto distance = [&](const std::string& name) {
        return edit_distance(unknown.substr(0, longest_compared), name);
    };
    const auto nearest = std::ranges::min_element(known, {}, distance);
    const std::size_t most = std::max<std::size_t>(2, unknown.size() / 3);
    if (nearest != known.end() && distance(*nearest) <= most) {
        return "; did you mean \"" + *nearest + "\"?";
    }
    const char* const first = known.size() == 1 ? "; known is \"" : "; known are \"";
    std::string list;
    for (const std::string& name : known) {
        list += (list.empty() ? first : ", \"") + name + '"';
    }
    return list;
}

}  // namespace strata::detail
