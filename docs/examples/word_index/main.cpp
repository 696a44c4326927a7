// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// An inverted index of text files, built with the same code under several memory strategies.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "documents.hpp"
#include "measure.hpp"
#include "options.hpp"
#include "report.hpp"

namespace {

// Each line of the text with the program's name in front.
void complain(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        std::fprintf(stderr, "word_index: %.*s\n", static_cast<int>(line.size()), line.data());
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
}

// All at once, so that an error on the way leaves nothing half printed.
void print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) == EOF) {
        throw example::input_error{"the report cannot be written to standard output\n"};
    }
}

void index_and_report(const example::options& chosen) {
    const std::vector<std::string> queries =
        chosen.queries.empty()
            ? std::vector<std::string>{"warranty", "patent", "warranty patent", "allocator"}
            : chosen.queries;
    const std::vector<example::document> documents =
        example::read_documents(chosen.paths.empty() ? example::default_paths() : chosen.paths);
    const example::comparison compared = example::compare(documents, queries, chosen.rounds);
    print(example::report(documents, queries, chosen.rounds, compared));
}

}  // namespace

int main(int count, char** arguments) {
    example::options chosen;
    try {
        chosen = example::parse_options(count, arguments);
    } catch (const example::input_error& error) {
        complain(error.what());
        std::fputs(example::usage(), stderr);
        return EXIT_FAILURE;
    }
    try {
        if (chosen.help) {
            print(example::usage());
        } else {
            index_and_report(chosen);
        }
    } catch (const std::exception& error) {
        complain(error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
