// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/packing.hpp"

#include <strata/detail/text.hpp>

#include "tool/output_file.hpp"
#include "tool/trace/packed_writer.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/symbols.hpp"

namespace strata::tool::trace {
namespace {

packed_trace write_all(event_source& from, std::ostream& to, const std::string& path,
                       trace_summary* sums) {
    packed_writer writer{to, from.info()};
    packed_trace all;
    read_all(from, "packing", [&](const event& each) {
        writer.add(each);
        expect_written(to, path);
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
    all.events = writer.events();
    all.bytes = writer.bytes();
    return all;
}

}  // namespace

packed_trace pack_to(const std::string& path, event_source& from, trace_summary* sums) {
    packed_trace written;
    write_output(path, [&](std::ostream& to) {
        written = write_all(from, to, path == "-" ? "standard output" : path, sums);
    });
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
