// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <strata/detail/text.hpp>

#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/packed_writer.hpp"
#include "tool/trace/tell_left_out.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

struct pack_request {
    std::string trace;
    std::string output;
    bool force = false;
    bool salvage = false;
};

[[noreturn]] void cannot_write(const std::string& path) {
    throw failure{path + ": cannot be written: " + std::strerror(errno)};
}

/// A file that has its name only when it is complete.
class new_file {
public:
    explicit new_file(fs::path path)
        : path_{std::move(path)},
          temporary_{path_.string() + "." + std::to_string(getpid())} {
        stream_.open(temporary_, std::ios::binary | std::ios::trunc);
        if (!stream_) {
            cannot_write(temporary_.string());
        }
    }
    new_file(const new_file&) = delete;
    new_file& operator=(const new_file&) = delete;
    ~new_file() {
        std::error_code ignored;
        fs::remove(temporary_, ignored);
    }

    [[nodiscard]] std::ostream& stream() { return stream_; }
    void name() {
        stream_.close();
        if (!stream_) {
            cannot_write(temporary_.string());
        }
        fs::rename(temporary_, path_);
    }

private:
    fs::path path_;
    fs::path temporary_;
    std::ofstream stream_;
};

std::string output_for(const pack_request& asked) {
    if (!asked.output.empty()) {
        return asked.output;
    }
    if (asked.trace == "-") {
        throw failure{"expected -o FILE: standard input has no name to make one of"};
    }
    const fs::path path{asked.trace};
    return path.extension() == ".live" ? fs::path{path}.replace_extension(".trace").string()
                                       : asked.trace + ".trace";
}

struct packed_trace {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    std::uint64_t unknown = 0;  ///< frees
    std::uint64_t missed = 0;   ///< frees
    std::uint64_t dropped = 0;  ///< events
};

packed_trace write_all(trace::event_source& from, std::ostream& to, const std::string& path) {
    trace::packed_writer writer{to, from.info()};
    packed_trace all;
    for (trace::event each; to && from.next(each);) {
        writer.add(each);
        all.unknown += each.kind == trace::event_kind::unknown ? 1 : 0;
        all.missed += each.kind == trace::event_kind::missed ? 1 : 0;
        all.dropped += each.kind == trace::event_kind::dropped ? each.size : 0;
    }
    writer.finish();
    if (!to.flush()) {
        cannot_write(path);
    }
    all.events = writer.events();
    all.bytes = writer.bytes();
    return all;
}

// A device or a pipe cannot be replaced, so it is written to as it is.
packed_trace write_to(const std::string& path, trace::event_source& from) {
    if (path == "-") {
        return write_all(from, std::cout, "standard output");
    }
    if (fs::exists(path) && !fs::is_regular_file(path)) {
        std::ofstream device{path, std::ios::binary};
        return write_all(from, device, path);
    }
    new_file file{fs::exists(path) ? fs::canonical(path) : fs::path{path}};
    const packed_trace written = write_all(from, file.stream(), path);
    file.name();
    return written;
}

void tell(const packed_trace& of, std::ostream& to, const std::string& name) {
    const double each = static_cast<double>(of.bytes) / static_cast<double>(of.events);
    to << name << ": " << of.events << " events in " << of.bytes << " bytes"
       << (of.events == 0 ? "" : ", " + detail::decimal(each, 2) + " bytes an event") << '\n';
    if (of.dropped != 0) {
        to << of.dropped << " events were not recorded\n";
    }
    if (of.unknown != 0) {
        to << of.unknown << " frees were of unknown blocks\n";
    }
    if (of.missed != 0) {
        to << of.missed << " frees were not recorded: their addresses were used again\n";
    }
}

void pack(const pack_request& asked) {
    const std::string output = output_for(asked);
    if (!asked.force && output != "-" && fs::is_regular_file(output)) {
        throw failure{output + ": exists; --force writes over it"};
    }
    const auto source = trace::open_trace(
        asked.trace, asked.salvage ? trace::on_damage::salvage : trace::on_damage::refuse);
    const packed_trace written = write_to(output, *source);
    trace::tell_left_out(source->left_out());
    tell(written, output == "-" ? std::cerr : std::cout,
         output == "-" ? "standard output" : output);
}

}  // namespace

void add_pack(CLI::App& to) {
    CLI::App& command =
        *to.add_subcommand("pack", "Packs a live trace: a fiftieth of the size, and no addresses");
    const auto asked = std::make_shared<pack_request>();
    command.add_option("trace", asked->trace, "The trace (-: standard input, if it is packed)")
        ->required()
        ->type_name("LIVE");
    command
        .add_option("-o,--output", asked->output,
                    "Where to (-: standard output); LIVE with the ending .trace if not given")
        ->type_name("FILE");
    command.add_flag("--force", asked->force, "Write over a file that exists");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Example: strata pack app.live -o app.trace");
    command.callback([asked] { pack(*asked); });
}

}  // namespace strata::tool
