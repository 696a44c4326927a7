// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "options.hpp"

#include <charconv>
#include <string_view>
#include <system_error>

#include "text.hpp"

namespace atlas {
namespace {

// Sets the number if the text is one from 1 to `most`.
bool set(std::size_t& number, std::string_view text, std::size_t most) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good =
        error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= most;
    number = good ? value : number;
    return good;
}

}  // namespace

const char* usage() {
    return "usage: atlas [--threads N] [--rounds N] FOLDER\n"
           "\n"
           "Reads the lists of codes that ISO keeps, makes a page of JSON for each country,\n"
           "and reports what it found, which is the same for any number of threads and rounds.\n"
           "\n"
           "  --threads N  threads for each kind of work, 1 to 64 (4)\n"
           "  --rounds N   how often to do it all from the start, 1 to 10000 (8)\n"
           "  --help       print this\n"
           "  FOLDER       with iso_639-3.json and others, such as /usr/share/iso-codes/json\n";
}

options parse_options(int count, const char* const* arguments) {
    options chosen;
    std::string problems;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument{arguments[i]};
        if (argument == "--help") {
            chosen.help = true;
        } else if (argument == "--threads" || argument == "--rounds") {
            const bool threads = argument == "--threads";
            const std::size_t most = threads ? 64 : 10'000;
            const std::string expected = "; expected a number from 1 to " + std::to_string(most);
            if (++i == count) {
                problems += std::string{argument} + " ends the line" + expected + " after it\n";
            } else if (!set(threads ? chosen.threads : chosen.rounds, arguments[i], most)) {
                problems += std::string{argument} + " has the value " + in_quotes(arguments[i]) +
                            expected + "\n";
            }
        } else if (argument.size() > 1 && argument.front() == '-') {
            problems += in_quotes(argument) + " is not an option of this program\n";
        } else if (!chosen.folder.empty()) {
            problems += in_quotes(argument) + " is a second folder; expected one\n";
        } else {
            chosen.folder = argument;
        }
    }
    if (problems.empty() && !chosen.help && chosen.folder.empty()) {
        problems = "no folder is named; expected one such as /usr/share/iso-codes/json\n";
    }
    if (!problems.empty()) {
        throw input_error{problems};
    }
    return chosen;
}

}  // namespace atlas
