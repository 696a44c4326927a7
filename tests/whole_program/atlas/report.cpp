// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "report.hpp"

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <regex>
#include <set>
#include <sstream>
#include <utility>

#include "text.hpp"

namespace atlas {
namespace {

constexpr std::size_t most_rows = 10;

// The first rows in the order of their numbers, the highest first, and then of their texts.
class ranking {
public:
    void add(std::size_t number, std::string text) { rows_.emplace_back(number, std::move(text)); }

    void print(std::ostream& out, const char* heading) {
        std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) {
            return a.first != b.first ? a.first > b.first : a.second < b.second;
        });
        out << '\n' << heading << '\n';
        for (std::size_t i = 0; i != std::min(rows_.size(), most_rows); ++i) {
            out << std::setw(7) << rows_[i].first << "  " << rows_[i].second << '\n';
        }
    }

private:
    std::vector<std::pair<std::size_t, std::string>> rows_;
};

void print_lists(std::ostream& out, const catalogue& all) {
    out << "Lists\n";
    for (std::size_t i = 0; i != formats.size(); ++i) {
        out << std::setw(7) << all.of(static_cast<standard>(i)).size() << "  " << formats[i].what
            << " (ISO " << formats[i].number << ")\n";
    }
    out << std::setw(7) << all.words().size() << "  words in their names\n";
}

void print_words(std::ostream& out, const catalogue& all) {
    ranking words;
    std::set<standard> lists;
    std::size_t names = 0;
    for (auto each = all.words().begin(); each != all.words().end();) {
        lists.insert(each->second.list);
        ++names;
        const std::string& word = each->first;
        if (++each == all.words().end() || each->first != word) {
            if (lists.size() >= 5) {
                words.add(names, word);
            }
            lists.clear();
            names = 0;
        }
    }
    words.print(out, "Names with a word that is in five lists or more");
}

void print_places(std::ostream& out, const std::vector<published_page>& pages) {
    ranking sizes;
    ranking likenesses;
    for (const published_page& each : pages) {
        sizes.add(each.places, each.country);
        for (const namesake& found : each.namesakes) {
            if (found.place != found.language) {
                likenesses.add(found.likeness,
                               found.place + " in " + each.country + ": " + found.language);
            }
        }
    }
    sizes.print(out, "Countries by number of subdivisions");
    likenesses.print(out,
                     "Places that are called almost like languages, by likeness in thousandths");
}

// "Georgian (Mkhedruli)" is a script for one language, and "Egyptian hieroglyphs" for another.
void print_scripts(std::ostream& out, const catalogue& all) {
    const std::regex remark{R"( *\([^)]*\))"};
    const std::regex first_word{R"(^[^ ,]+)"};
    ranking scripts;
    for (const auto& [code, script] : all.of(standard::script)) {
        const std::string name = std::regex_replace(script.name, remark, "");
        std::smatch word;
        std::regex_search(name, word, first_word);
        std::size_t languages = 0;
        for (const std::string& each : words_of(word.str())) {
            const auto [begin, end] = all.words().equal_range(each);
            languages += static_cast<std::size_t>(std::count_if(begin, end, [](const auto& found) {
                return found.second.list == standard::language;
            }));
        }
        scripts.add(languages, name);
    }
    scripts.print(out, "Scripts by number of languages with their names");
}

void print_audiences(std::ostream& out, const std::vector<published_page>& pages) {
    out << "\nValues that are told to\n";
    for (std::size_t i = 0; i != audiences.size(); ++i) {
        std::size_t values = 0;
        for (const published_page& each : pages) {
            for (const published_view& view : each.views) {
                values += view.values_told[i];
            }
        }
        out << std::setw(7) << values << "  " << audiences[i].who << '\n';
    }
}

}  // namespace

std::string report(const catalogue& all, const std::vector<published_page>& pages) {
    std::ostringstream out;
    print_lists(out, all);
    print_words(out, all);
    print_places(out, pages);
    print_scripts(out, all);
    print_audiences(out, pages);
    std::string published;
    for (const published_page& each : pages) {
        for (const published_view& view : each.views) {
            published += view.line;
        }
    }
    out << "\nAll pages: " << published.size() << " bytes of JSON, checksum " << std::hex
        << std::setw(16) << std::setfill('0') << checksum_of(published) << '\n';
    return out.str();
}

}  // namespace atlas
