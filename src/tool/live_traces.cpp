// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/live_traces.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <strata/detail/text.hpp>

#include "tool/failure.hpp"
#include "trace/live_format.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

bool is_number(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char each) {
        return std::isdigit(static_cast<unsigned char>(each)) != 0;
    });
}

std::string name_of(const fs::path& process) {
    std::ifstream file{process / "comm"};
    std::string name;
    std::getline(file, name);
    return name;
}

// The child of a fork has its parent's trace mapped, but does not write it.
bool is_live_trace_of(const fs::path& process, const fs::path& file) {
    live_trace::file_header head{};
    std::ifstream stream{file, std::ios::binary};
    return stream.read(reinterpret_cast<char*>(&head), sizeof head) &&
           head.magic == live_trace::magic && process.filename() == detail::decimal(head.process);
}

// A live trace is a file that its process has mapped. Linux: proc(5), "maps": the path is the last
// of six fields, and may have blanks.
std::optional<fs::path> mapped_trace(const fs::path& process) {
    std::ifstream maps{process / "maps"};
    std::string before;
    for (std::string line; std::getline(maps, line);) {
        const std::size_t at = line.find('/');
        const std::string path = at == line.npos ? "" : line.substr(at);
        std::error_code ignored;
        if (path.empty() || path == std::exchange(before, path) || line.find(" rw") == line.npos ||
            !fs::is_regular_file(path, ignored)) {
            continue;
        }
        if (is_live_trace_of(process, path)) {
            return path;
        }
    }
    return std::nullopt;
}

std::vector<fs::path> processes_named(const std::string& name) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& each : fs::directory_iterator{"/proc"}) {
        // The system keeps 15 characters of a name.
        if (is_number(each.path().filename().string()) &&
            name_of(each.path()) == name.substr(0, 15)) {
            found.push_back(each.path());
        }
    }
    return found;
}

}  // namespace

fs::path live_trace_of(const std::string& process) {
    std::error_code ignored;
    const bool is_by_number = is_number(process);
    std::vector<fs::path> all;
    if (!is_by_number) {
        all = processes_named(process);
    } else if (fs::exists("/proc/" + process, ignored)) {
        all.emplace_back("/proc/" + process);
    }
    if (all.empty()) {
        throw failure{process + ": there is no such process"};
    }
    std::vector<fs::path> traces;
    std::string numbers;
    for (const fs::path& each : all) {
        if (const auto found = mapped_trace(each)) {
            traces.push_back(*found);
            numbers.append(" ").append(each.filename().string());
        }
    }
    if (traces.empty()) {
        throw failure{process + ": writes no live trace that can be seen. Start it with `strata "
                                "record`, or put trace(file=...) into its strategy; another "
                                "user's process takes the rights of root"};
    }
    if (traces.size() > 1) {
        throw failure{process + ": several processes of this name record:" + numbers +
                      "; take one of these numbers"};
    }
    return traces.front();
}

}  // namespace strata::tool
