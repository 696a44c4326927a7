#include <algorithm>
#include <iostream>
#include <map>
#include <memory_resource>
#include <string>
#include <string_view>

#include <strata/strata.hpp>

using section = std::pmr::map<std::pmr::string, std::pmr::string>;
using settings = std::pmr::map<std::pmr::string, section>;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

settings parse(std::string_view text, std::pmr::memory_resource* memory) {
    settings all{memory};
    std::pmr::string name{memory};
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.starts_with('[')) {
            name = line.substr(1, line.find(']') - 1);
        } else if (const std::size_t equals = line.find('='); equals != line.npos) {
            std::pmr::string key{line.substr(0, equals), memory};
            all[name].insert_or_assign(std::move(key), line.substr(equals + 1));
        }
    }
    return all;
}

void parse_and_report(std::string_view text) {
    strata::stack memory{strata::stats{},
                         strata::fallback{strata::fixed_buffer<2048>{}, strata::pool{}}};
    const settings parsed = parse(text, &memory);
    std::cout << text.size() << " characters:\n" << strata::describe(memory);
}

int main() {
    parse_and_report("[server]\nport=8080\nhost=localhost\n[log]\nlevel=info\n");

    std::string large = "[routes]\n";
    for (int i = 0; i != 30; ++i) {
        large += "/a/rather/long/path/" + std::to_string(i) + "=handler\n";
    }
    parse_and_report(large);
}
