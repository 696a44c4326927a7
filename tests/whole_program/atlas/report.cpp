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
    out << std::setw(7) << all.words().size() << "  different words in their names\n";
}

void print_words(std::ostream& out, const catalogue& all) {
    ranking words;
    for (const auto& [word, references] : all.words()) {
        std::set<standard> lists;
        for (const reference& each : references) {
            lists.insert(each.list);
        }
        if (lists.size() >= 5) {
            words.add(references.size(), word);
        }
    }
    words.print(out, "Names with a word that is in five lists or more");
}

void print_places(std::ostream& out, const catalogue& all, const std::vector<page>& pages) {
    ranking sizes;
    ranking likenesses;
    for (const page& each : pages) {
        const std::string& country = all.of(standard::country).at(each.country).name;
        sizes.add(each.subdivisions, country);
        for (const namesake& found : each.namesakes) {
            likenesses.add(
                found.likeness,
                all.of(standard::subdivision).at(found.place).name + " in " + country + ": " +
                    all.of(standard::language).at(found.language).name + " (" + found.language +
                    ")");
        }
    }
    sizes.print(out, "Countries by number of subdivisions");
    likenesses.print(out, "Places that are called like languages, in thousandths");
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
            const auto found = all.words().find(each);
            languages += static_cast<std::size_t>(
                std::count_if(found->second.begin(), found->second.end(),
                              [](const reference& to) { return to.list == standard::language; }));
        }
        scripts.add(languages, name);
    }
    scripts.print(out, "Scripts by number of languages with their names");
}

}  // namespace

std::string report(const catalogue& all, const std::vector<page>& pages) {
    std::ostringstream out;
    print_lists(out, all);
    print_words(out, all);
    print_places(out, all, pages);
    print_scripts(out, all);
    std::string published;
    for (const page& each : pages) {
        published += each.json;
        published += '\n';
    }
    out << "\nAll pages: " << published.size() << " bytes of JSON, checksum " << std::hex
        << std::setw(16) << std::setfill('0') << checksum_of(published) << '\n';
    return out.str();
}

}  // namespace atlas
