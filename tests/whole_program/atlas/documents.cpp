// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "documents.hpp"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "text.hpp"

namespace atlas {

std::vector<document> read_documents(const std::string& folder) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
        throw input_error{in_quotes(folder) +
                          " is no folder; expected one such as /usr/share/iso-codes/json\n"};
    }
    std::vector<document> documents;
    std::string problems;
    for (std::size_t i = 0; i != formats.size(); ++i) {
        const std::filesystem::path path =
            std::filesystem::path{folder} / ("iso_" + std::string{formats[i].number} + ".json");
        document& read = documents.emplace_back(
            document{.holds = static_cast<standard>(i), .path = path.string(), .text = {}});
        errno = 0;
        std::ifstream file{path, std::ios::binary};
        std::ostringstream text;
        // A file of no bytes is no error here: what it lacks, the parser says.
        if (file && (file.peek() == std::ifstream::traits_type::eof() || text << file.rdbuf()) &&
            !file.bad() && errno == 0) {
            read.text = text.str();
        } else {
            problems += in_quotes(read.path) +
                        " cannot be read: " + std::generic_category().message(errno) +
                        "; expected a list of Debian's package iso-codes\n";
        }
    }
    if (!problems.empty()) {
        throw input_error{problems};
    }
    return documents;
}

}  // namespace atlas
