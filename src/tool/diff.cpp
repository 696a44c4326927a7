// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <iostream>
#include <memory>
#include <string>

#include "tool/commands.hpp"
#include "tool/diff/changes.hpp"
#include "tool/failure.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/symbols.hpp"
#include "tool/trace/tell_left_out.hpp"

namespace strata::tool {
namespace {

struct diff_request {
    std::string before;
    std::string after;
    double noise = 1;  // percent
    bool json = false;
    bool salvage = false;
};

std::unique_ptr<diff::side> read_side(const std::string& file, bool salvage) {
    const auto source = trace::open_trace(file, trace::salvage_if(salvage));
    auto made = std::make_unique<diff::side>(diff::side{
        .file = file,
        .sums = trace::trace_summary{source->info().sample_distance},
        .sites = {},
        .groups = {}});
    trace::read_all(*source, "reading", [&](const trace::event& each) { made->sums.add(each); });
    trace::tell_left_out(source->left_out());
    made->sites = source->sites();
    name_places(made->sites);  // of a live trace: a packed one has names
    made->groups = site_groups(made->sites, made->sums.by_site());
    return made;
}

void compare(const diff_request& asked) {
    if (asked.before == "-" && asked.after == "-") {
        throw failure{"standard input is one trace; expected a file for the other one"};
    }
    const auto before = read_side(asked.before, asked.salvage);
    const auto after = read_side(asked.after, asked.salvage);
    if (asked.json) {
        print_json(std::cout, *before, *after, asked.noise / 100);
    } else {
        print_text(std::cout, *before, *after, asked.noise / 100);
    }
}

}  // namespace

void add_diff(CLI::App& to) {
    CLI::App& command =
        *to.add_subcommand("diff", "Compares two traces: what became more, and what less");
    const auto asked = std::make_shared<diff_request>();
    command.add_option("before", asked->before, "A trace (-: standard input)")
        ->required()
        ->type_name("BEFORE");
    command.add_option("after", asked->after, "Another one of the same program")
        ->required()
        ->type_name("AFTER");
    command
        .add_option("--noise", asked->noise,
                    "Leave out changes of less than so many percent of the whole")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    command.add_flag("--json", asked->json, "Print JSON");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Example: strata diff yesterday.trace today.trace");
    command.callback([asked] { compare(*asked); });
}

}  // namespace strata::tool
