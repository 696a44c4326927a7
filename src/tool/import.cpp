// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/import/importer.hpp"
#include "tool/output_file.hpp"
#include "tool/trace/packing.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

struct import_request {
    std::string recording;
    std::string format;
    std::string output;
    bool force = false;
};

// app.zst becomes app.trace, and app.txt app.txt.trace.
std::string output_of(const import_request& asked) {
    if (!asked.output.empty()) {
        return asked.output;
    }
    if (asked.recording == "-") {
        throw failure{"expected -o FILE: standard input has no name to make one of"};
    }
    const fs::path path{asked.recording};
    return (path.extension() == ".zst" ? fs::path{path}.replace_extension() : path).string() +
           ".trace";
}

std::unique_ptr<trace::event_source> open_recording(const import_request& asked) {
    const bool is_standard = asked.recording == "-";
    std::error_code ignored;
    if (!is_standard && fs::is_directory(asked.recording, ignored)) {
        throw failure{asked.recording + ": expected a recording, found a folder"};
    }
    auto file = std::make_unique<std::ifstream>(is_standard ? "/dev/stdin" : asked.recording,
                                                std::ios::binary);
    if (!*file) {
        throw failure{asked.recording + ": cannot be read: " + std::strerror(errno)};
    }
    const importing::format known =
        asked.format == "heaptrack" ? importing::format::heaptrack : importing::format::mtrace;
    return importing::read_recording(std::move(file),
                                     is_standard ? "standard input" : asked.recording,
                                     asked.format.empty() ? nullptr : &known);
}

void import_recording(const import_request& asked) {
    const std::string output = output_of(asked);
    const bool is_standard = output == "-";
    if (is_standard && isatty(STDOUT_FILENO) != 0) {
        throw failure{"a trace is binary, and standard output a terminal; expected -o FILE"};
    }
    refuse_to_replace(output, asked.force);
    const auto source = open_recording(asked);
    const trace::packed_trace written = trace::pack_to(output, *source);
    trace::tell(written, is_standard ? std::cerr : std::cout,
                is_standard ? "standard output" : output);
}

}  // namespace

void add_import(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "import", "Makes a trace of a recording of heaptrack, or of glibc's mtrace");
    const auto asked = std::make_shared<import_request>();
    command.add_option("recording", asked->recording, "The recording (-: standard input)")
        ->required()
        ->type_name("FILE");
    command.add_option("--from", asked->format, "Its format; found out if not given")
        ->check(CLI::IsMember({"heaptrack", "mtrace"}));
    command
        .add_option("-o,--output", asked->output,
                    "Where to (-: standard output); FILE with the ending .trace if not given")
        ->type_name("TRACE");
    command.add_flag("--force", asked->force, "Write over a file that exists");
    command.footer("Example: strata import heaptrack.app.1234.zst -o app.trace");
    command.callback([asked] { import_recording(*asked); });
}

}  // namespace strata::tool
