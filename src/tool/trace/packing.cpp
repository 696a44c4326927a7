// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/packing.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>

#include <strata/detail/text.hpp>

#include "tool/failure.hpp"
#include "tool/trace/packed_writer.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/symbols.hpp"

namespace strata::tool::trace {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_write(const std::string& path) {
    throw failure{path + ": cannot be written: " + std::strerror(errno)};
}

/// A file that has its name only when it is complete.
class new_file {
public:
    explicit new_file(fs::path path)
        : path_{std::move(path)},
          temporary_{path_.string() + ".packing." + std::to_string(getpid())} {
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

packed_trace write_all(event_source& from, std::ostream& to, const std::string& path,
                       trace_summary* sums) {
    packed_writer writer{to, from.info()};
    packed_trace all;
    read_all(from, "packing", [&](const event& each) {
        writer.add(each);
        if (!to) {
            cannot_write(path);
        }
        if (sums != nullptr) {
            sums->add(each);
        }
        all.unknown += each.kind == event_kind::unknown ? 1 : 0;
        all.missed += each.kind == event_kind::missed ? 1 : 0;
        all.dropped += each.kind == event_kind::dropped ? each.size : 0;
    });
    call_sites sites = from.sites();
    name_places(sites);
    writer.finish(sites);
    if (!to.flush()) {
        cannot_write(path);
    }
    all.events = writer.events();
    all.bytes = writer.bytes();
    return all;
}

}  // namespace

// A device or a pipe cannot be replaced, so it is written to as it is.
packed_trace pack_to(const std::string& path, event_source& from, trace_summary* sums) {
    if (path == "-") {
        return write_all(from, std::cout, "standard output", sums);
    }
    if (fs::exists(path) && !fs::is_regular_file(path)) {
        std::ofstream device{path, std::ios::binary};
        return write_all(from, device, path, sums);
    }
    new_file file{fs::exists(path) ? fs::canonical(path) : fs::path{path}};
    const packed_trace written = write_all(from, file.stream(), path, sums);
    file.name();
    return written;
}

void tell(const packed_trace& of, std::ostream& to, const std::string& name) {
    const double each = static_cast<double>(of.bytes) / static_cast<double>(of.events);
    to << name << ": " << of.events << " events in " << of.bytes << " bytes"
       << (of.events == 0 ? "" : ", " + detail::decimal(each, 2) + " bytes an event") << '\n';
    tell_missing(of, to, "");
}

void tell_missing(const packed_trace& of, std::ostream& to, const char* before) {
    const auto say = [&](std::uint64_t count, const char* of_what, const char* what) {
        if (count != 0) {
            to << before << count << ' ' << of_what << (count == 1 ? " was " : "s were ") << what
               << '\n';
        }
    };
    say(of.dropped, "event", "not recorded");
    say(of.unknown, "free", "of unknown blocks");
    say(of.missed, "free", "not recorded: their addresses were used again");
}

}  // namespace strata::tool::trace
