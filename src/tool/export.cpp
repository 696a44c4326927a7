// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "tool/commands.hpp"
#include "tool/export/exporter.hpp"
#include "tool/failure.hpp"
#include "tool/output_file.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/symbols.hpp"
#include "tool/trace/tell_left_out.hpp"

namespace strata::tool {
namespace {

struct export_request {
    std::string trace;
    std::string format;
    std::string measure;
    std::string output = "-";
    bool force = false;
    bool salvage = false;
};

const exporting::format& format_of(const export_request& asked) {
    const auto all = exporting::formats();
    return *std::ranges::find(all, asked.format,
                              [](const auto& each) { return std::string{each.name}; });
}

const exporting::measure* measure_of(const export_request& asked, const exporting::format& format) {
    if (asked.measure.empty()) {
        return nullptr;
    }
    if (!format.has_measures) {
        throw failure{"--what: " + asked.format +
                      " shows all figures; expected --to collapsed or speedscope with it"};
    }
    return std::ranges::find(exporting::measures, asked.measure,
                             [](const auto& each) { return std::string{each.word}; });
}

// The call stacks of a trace are at its end, so that some formats take two readings of it. A pipe
// can be read once: of it there is a copy, in a temporary file without a name.
class trace_file {
public:
    explicit trace_file(const export_request& asked) : asked_{asked} {}

    void prepare_for_two_readings() {
        const bool is_standard = asked_.trace == "-";
        const std::string path = is_standard ? "/dev/stdin" : asked_.trace;
        std::error_code ignored;
        const auto found = std::filesystem::status(path, ignored);
        if (!std::filesystem::is_fifo(found) && !std::filesystem::is_socket(found)) {
            return;
        }
        std::ifstream file;
        if (!is_standard) {
            file.open(path, std::ios::binary);
            if (!file) {
                return;  // `open` says why
            }
        }
        std::istream& from = is_standard ? std::cin : file;
        copy_.reset(std::tmpfile());
        expect_copied(copy_ != nullptr);
        std::ofstream to{path_of_copy(), std::ios::binary};
        if (from.peek() != std::istream::traits_type::eof()) {  // << fails if there is nothing
            to << from.rdbuf();
        }
        expect_copied(bool{to.flush()});
    }

    [[nodiscard]] std::unique_ptr<trace::event_source> open() const {
        const trace::on_damage policy = trace::salvage_if(asked_.salvage);
        return copy_ == nullptr ? trace::open_trace(asked_.trace, policy)
                                : trace::read_trace(std::make_unique<std::ifstream>(
                                                        path_of_copy(), std::ios::binary),
                                                    name(), policy);
    }

private:
    struct closer {
        void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
    };

    [[nodiscard]] std::string path_of_copy() const {
        return "/dev/fd/" + std::to_string(fileno(copy_.get()));
    }
    [[nodiscard]] std::string name() const {
        return asked_.trace == "-" ? "standard input" : asked_.trace;
    }
    void expect_copied(bool is_done) const {
        if (!is_done) {
            throw failure{name() + ": cannot be copied: " + std::strerror(errno)};
        }
    }

    const export_request& asked_;
    std::unique_ptr<std::FILE, closer> copy_;
};

trace::call_sites sites_of(const trace::event_source& read) {
    trace::call_sites sites = read.sites();
    name_places(sites);  // of a live trace: a packed one has names
    return sites;
}

trace::call_sites read_sites(trace_file& of) {
    of.prepare_for_two_readings();
    const auto source = of.open();
    trace::read_all(*source, "reading call stacks", [](const trace::event&) {});
    return sites_of(*source);
}

void write_trace(const export_request& asked) {
    const exporting::format& format = format_of(asked);
    const exporting::measure* const what = measure_of(asked, format);
    if (format.is_binary && asked.output == "-" && isatty(STDOUT_FILENO) != 0) {
        throw failure{asked.format +
                      " is binary, and standard output a terminal; expected -o FILE"};
    }
    refuse_to_replace(asked.output, asked.force);
    const std::string name = asked.output == "-" ? "standard output" : asked.output;
    trace_file file{asked};
    std::optional<trace::call_sites> sites;
    if (format.groups_stacks) {
        sites = read_sites(file);
    }
    const auto source = file.open();
    write_output(asked.output, [&](std::ostream& to) {
        trace::trace_summary sums{source->info().sample_distance};
        const auto written = format.make(to, source->info(), what);
        if (sites) {
            written->begin(*sites);
        }
        sums.observe([&](const trace::live_change& each) { written->change(each); });
        trace::read_all(*source, "exporting", [&](const trace::event& each) {
            sums.add(each);
            written->add(each, sums);
            expect_written(to, name);
        });
        if (!sites) {
            sites = sites_of(*source);
        }
        written->finish({.info = source->info(), .sums = sums, .sites = *sites});
    });
    trace::tell_left_out(source->left_out());
}

std::vector<std::string> format_names() {
    std::vector<std::string> all;
    for (const exporting::format& each : exporting::formats()) {
        all.emplace_back(each.name);
    }
    return all;
}

std::vector<std::string> measure_words() {
    std::vector<std::string> all;
    for (const exporting::measure& each : exporting::measures) {
        all.emplace_back(each.word);
    }
    return all;
}

}  // namespace

void add_export(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "export", "Writes a trace in a format of other tools, such as speedscope or heaptrack");
    const auto asked = std::make_shared<export_request>();
    command.add_option("trace", asked->trace, "The trace, live or packed (-: standard input)")
        ->required()
        ->type_name("FILE");
    command.add_option("--to", asked->format, "The format")
        ->required()
        ->check(CLI::IsMember(format_names()));
    command
        .add_option("--what", asked->measure,
                    "The figure of call stacks, for collapsed (bytes if not given) and speedscope "
                    "(all if not given)")
        ->check(CLI::IsMember(measure_words()));
    command.add_option("-o,--output", asked->output, "Where to (-: standard output)")
        ->type_name("FILE")
        ->capture_default_str();
    command.add_flag("--force", asked->force, "Write over a file that exists");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Example: strata export app.trace --to speedscope -o app.speedscope.json");
    command.callback([asked] { write_trace(*asked); });
}

}  // namespace strata::tool
