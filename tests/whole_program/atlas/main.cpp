// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program that knows nothing of Strata: all its memory is from operator new, by way of ordinary
// containers and a JSON library, on several threads, and much of it is freed by another thread than
// took it. What serves operator new can so be compared in use.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "documents.hpp"
#include "gather.hpp"
#include "options.hpp"
#include "publish.hpp"
#include "report.hpp"
#include "text.hpp"

namespace {

// Each line of the text with the program's name in front.
void complain(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        std::fprintf(stderr, "atlas: %.*s\n", static_cast<int>(line.size()), line.data());
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
}

// All at once, so that an error on the way leaves nothing half printed.
void print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) == EOF) {
        throw atlas::input_error{"the report cannot be written to standard output\n"};
    }
}

std::string report_of(const std::vector<atlas::document>& documents, std::size_t threads) {
    const atlas::catalogue all = atlas::gather(documents, threads);
    return atlas::report(all, atlas::publish(all, threads));
}

void run(const atlas::options& chosen) {
    const std::vector<atlas::document> documents = atlas::read_documents(chosen.folder);
    const std::string first = report_of(documents, chosen.threads);
    for (std::size_t round = 1; round != chosen.rounds; ++round) {
        if (report_of(documents, chosen.threads) != first) {
            throw std::logic_error{"the report is not the same in all rounds"};
        }
    }
    print(first);
}

}  // namespace

int main(int count, char** arguments) {
    atlas::options chosen;
    try {
        chosen = atlas::parse_options(count, arguments);
    } catch (const atlas::input_error& error) {
        complain(error.what());
        std::fputs(atlas::usage(), stderr);
        return EXIT_FAILURE;
    }
    try {
        if (chosen.help) {
            print(atlas::usage());
        } else {
            run(chosen);
        }
    } catch (const std::exception& error) {
        complain(error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
