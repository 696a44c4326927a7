// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "documents.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "text.hpp"

namespace example {
namespace {

constexpr const char* default_folder = "/usr/share/common-licenses";
constexpr const char* expected = "; expected a text file\n";

std::string why(int error) {
    return std::generic_category().message(error);
}

// Appends the file's contents to `text`. Returns what is wrong with the file, or nothing.
std::string read_into(std::string& text, const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        return "is a directory";
    }
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> file{std::fopen(path.c_str(), "rb"),
                                                                  &std::fclose};
    if (file == nullptr) {
        return "cannot be opened: " + why(errno);
    }
    std::array<char, 65536> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        const std::string_view piece{buffer.data(), got};
        if (const std::size_t nul = piece.find('\0'); nul != piece.npos) {
            return "holds a NUL byte at offset " + std::to_string(text.size() + nul);
        }
        text += piece;
    }
    if (std::ferror(file.get()) != 0) {
        return "cannot be read past offset " + std::to_string(text.size()) + ": " + why(errno);
    }
    return {};
}

}  // namespace

std::vector<std::string> default_paths() {
    std::vector<std::string> paths;
    std::error_code error;
    for (std::filesystem::directory_iterator each{default_folder, error}, end;
         !error && each != end; each.increment(error)) {
        if (each->is_regular_file(error) && !each->is_symlink(error)) {
            paths.push_back(each->path().string());
        }
    }
    if (paths.empty()) {
        throw input_error{std::string{"no file is named, and "} + default_folder +
                          " has none that could be read instead; expected names of text files\n"};
    }
    std::ranges::sort(paths);  // a folder has no order of its own
    return paths;
}

std::vector<document> read_documents(const std::vector<std::string>& paths) {
    std::vector<document> documents;
    std::string problems;
    for (const std::string& path : paths) {
        document& read = documents.emplace_back();
        read.name = std::filesystem::path{path}.filename().string();
        if (const std::string problem = read_into(read.text, path); !problem.empty()) {
            problems += in_quotes(path) + " " + problem + expected;
        }
    }
    if (!problems.empty()) {
        throw input_error{problems};
    }
    return documents;
}

}  // namespace example
