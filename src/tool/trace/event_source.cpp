// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/event_source.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tool/failure.hpp"
#include "tool/trace/live_reader.hpp"
#include "tool/trace/packed_format.hpp"
#include "tool/trace/packed_reader.hpp"

namespace strata::tool::trace {
namespace {

std::string at(const std::string& name, std::uint64_t offset, const std::string& what) {
    return name + ": offset " + std::to_string(offset) + ": " + what;
}

}  // namespace

event_source::~event_source() = default;

void event_source::damaged(std::uint64_t offset, const std::string& what) {
    if (policy_ == on_damage::refuse) {
        throw failure{at(name_, offset, what) + "; --salvage reads what is whole"};
    }
    ++left_out_.places;
    if (left_out_.messages.size() < damage::most_messages) {
        left_out_.messages.push_back(at(name_, offset, what));
    }
}

void event_source::unreadable(std::uint64_t offset, const std::string& what) const {
    throw failure{at(name_, offset, what)};
}

std::unique_ptr<event_source> read_trace(std::unique_ptr<std::istream> from,
                                         const std::string& name, on_damage policy) {
    std::array<char, 8> magic{};
    from->read(magic.data(), magic.size());
    from->clear();
    if (magic == packed_magic) {
        return std::make_unique<packed_reader>(std::move(from), name, policy);
    }
    if (magic != live_trace::magic) {
        throw failure{at(name, 0,
                         "expected a trace, which begins with STRATALT (live) or STRATAPT "
                         "(packed)")};
    }
    return std::make_unique<live_reader>(std::move(from), name, policy);
}

std::unique_ptr<event_source> open_trace(const std::string& path, on_damage policy) {
    const bool is_standard = path == "-";
    std::error_code ignored;
    if (!is_standard && std::filesystem::is_directory(path, ignored)) {
        throw failure{path + ": expected a trace, found a folder"};
    }
    auto file =
        std::make_unique<std::ifstream>(is_standard ? "/dev/stdin" : path, std::ios::binary);
    if (!*file) {
        throw failure{path + ": cannot be read: " + std::strerror(errno)};
    }
    auto source = read_trace(std::move(file), is_standard ? "standard input" : path, policy);
    const std::uintmax_t bytes = std::filesystem::file_size(path, ignored);
    source->info_.file_bytes = ignored ? 0 : bytes;
    return source;
}

}  // namespace strata::tool::trace
