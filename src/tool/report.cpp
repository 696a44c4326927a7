// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tool/advise/findings.hpp"
#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/options.hpp"
#include "tool/output_file.hpp"
#include "tool/report/page.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/tune/advice.hpp"
#include "tool/tune/search.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

struct report_request {
    std::string trace;
    std::string output;
    std::string advice;
    std::uint64_t budget = 0;  // seconds; 0: no strategies are compared
    bool force = false;
    bool salvage = false;
};

std::string page_for(const report_request& asked) {
    if (!asked.output.empty()) {
        return asked.output;
    }
    if (asked.trace == "-") {
        throw failure{"expected -o FILE: standard input has no name to make one of"};
    }
    return fs::path{asked.trace}.replace_extension(".html").string();
}

// Not standard input, and no pipe with a name.
bool can_be_read_again(const std::string& trace) {
    return trace != "-" && fs::is_regular_file(trace);
}

std::string content_of(const std::string& file) {
    std::ifstream from{file, std::ios::binary};
    std::string all{std::istreambuf_iterator<char>{from}, {}};
    if (!from) {
        throw failure{file + ": cannot be read"};
    }
    return all;
}

// By way of its JSON: what `strata tune` prints is shown in one way.
report::recommendation searched_for(const report_request& asked) {
    if (!can_be_read_again(asked.trace)) {
        throw failure{asked.trace + ": expected a file: a pipe can be read only once, and --budget "
                                    "reads the trace again"};
    }
    const tune::input input = tune::read_input(asked.trace, trace::salvage_if(asked.salvage));
    std::ostringstream json;
    tune::search_settings asked_for;
    asked_for.budget = std::chrono::seconds{asked.budget};
    print_json(json, tune::search_strategy({input}, {}, asked_for));
    return report::parse_recommendation(json.str(), asked.trace);
}

std::optional<report::recommendation> advice_for(const report_request& asked,
                                                 const std::string& program) {
    if (asked.budget != 0) {
        return searched_for(asked);
    }
    if (asked.advice.empty()) {
        return std::nullopt;
    }
    report::recommendation made =
        report::parse_recommendation(content_of(asked.advice), asked.advice);
    for (const std::string& each : made.programs) {
        if (fs::path{each}.filename() == fs::path{program}.filename()) {
            return made;
        }
    }
    throw failure{asked.advice + ": is not about " + program + ", whose trace " + asked.trace +
                  " is"};
}

// Where a resource draws from another, the blocks of the upper one are in those of the lower one.
std::vector<report::placement> placed_at_peak(const report_request& asked,
                                              const trace::trace_summary& sums) {
    if (!can_be_read_again(asked.trace) || sums.peak_event == 0) {
        return {};
    }
    const auto source = trace::open_trace(asked.trace, trace::salvage_if(asked.salvage));
    if (source->info().sample_distance != 0) {
        return {};
    }
    const auto resources = sums.by_resource();
    const std::array all{report::placer::of_pool(), report::placer::of_arena()};
    std::uint64_t events = 0;
    for (trace::event each; events != sums.peak_event && source->next(each); ++events) {
        const auto found = resources.find(each.resource);
        if (found != resources.end() && found->second.above == 0) {
            for (const auto& one : all) {
                one->add(each);
            }
        }
    }
    return {all[0]->now(), all[1]->now()};
}

std::string page_about(const report_request& asked) {
    const auto source = trace::open_trace(asked.trace, trace::salvage_if(asked.salvage));
    const auto advice = advice_for(asked, source->info().program);
    trace::trace_summary sums{source->info().sample_distance};
    report::timeline live;
    sums.observe([&](const trace::live_change& each) { live.add(each); });
    advise::findings found = advise::read_findings(*source, sums);
    sums.observe({});
    live.finish(sums.microseconds);
    const auto by_site = sums.by_site();
    const auto at_peak = placed_at_peak(asked, sums);
    return report::page_of({.file = asked.trace,
                            .info = source->info(),
                            .sums = std::move(sums),
                            .live = std::move(live),
                            .groups = site_groups(found.sites, by_site),
                            .findings = std::move(found.all),
                            .tree = report::flame_tree{found.sites, by_site},
                            .advice = advice,
                            .at_peak = at_peak});
}

void write_page(const report_request& asked) {
    const std::string output = page_for(asked);
    refuse_to_replace(output, asked.force);
    expect_writable(output);
    const std::string page = page_about(asked);
    write_output(output, [&](std::ostream& to) { to << page; });
    if (output != "-") {
        std::cout << output << ": " << page.size() << " bytes\n";
    }
}

}  // namespace

void add_report(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "report", "Makes a page for a browser: what a program did with memory, and what to do");
    const auto asked = std::make_shared<report_request>();
    command.add_option("trace", asked->trace, "The trace, live or packed (-: standard input)")
        ->required()
        ->type_name("FILE");
    command
        .add_option("-o,--output", asked->output,
                    "The page (-: standard output); FILE with the ending .html if not given")
        ->type_name("PAGE");
    CLI::Option* const advice =
        command
            .add_option("--advice", asked->advice,
                        "Show the strategies that strata tune --json has compared")
            ->type_name("JSON");
    add_budget(command, asked->budget, "Compare strategies as strata tune does; the time for it")
        .excludes(advice);
    command.add_flag("--force", asked->force, "Write over a page that exists");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Example: strata report app.trace -o app.html --budget 1m");
    command.callback([asked] { write_page(*asked); });
}

}  // namespace strata::tool
