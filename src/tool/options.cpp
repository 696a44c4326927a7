// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/options.hpp"

#include <algorithm>
#include <fstream>
#include <map>

namespace strata::tool {

CLI::Option& add_budget(CLI::App& to, std::uint64_t& seconds, const std::string& what) {
    return *to.add_option("--budget", seconds, what + ", such as 60s or 5m")
                ->transform(
                    CLI::AsNumberWithUnit{std::map<std::string, std::uint64_t>{{"s", 1}, {"m", 60}},
                                          CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME"})
                ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{86400}));
}

std::size_t words_after_dashes() {
    std::ifstream line{"/proc/self/cmdline"};
    std::size_t words = 0;
    bool is_after = false;
    for (std::string word; std::getline(line, word, '\0'); is_after = is_after || word == "--") {
        words += is_after ? 1 : 0;
    }
    return words;
}

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
    return program.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
    return command.get_options([](const CLI::Option* each) { return each->nonpositional(); });
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& command) {
    return command.get_options([](const CLI::Option* each) { return each->get_positional(); });
}

std::string names_of(const CLI::Option& of, const std::string& between) {
    std::string all;
    const auto add = [&](const char* dashes, const std::string& name) {
        all.append(all.empty() ? "" : between).append(dashes).append(name);
    };
    for (const std::string& each : of.get_snames()) {
        add("-", each);
    }
    for (const std::string& each : of.get_lnames()) {
        add("--", each);
    }
    return all;
}

// CLI11 has the type and what is checked in one text: "TEXT:{none,first}".
std::string value_name(const CLI::Option& of) {
    const std::string all = of.get_type_size() == 0 ? "" : of.get_type_name();
    return all.substr(0, all.find(':'));
}

std::string words_for(const CLI::Option& of) {
    const std::string all = of.get_type_name();
    const std::size_t begin = all.find('{');
    if (begin == all.npos) {
        return {};
    }
    std::string words = all.substr(begin + 1, all.find('}') - begin - 1);
    std::ranges::replace(words, ',', ' ');
    return words;
}

}  // namespace strata::tool
