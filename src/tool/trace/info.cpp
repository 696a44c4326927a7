// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/info.hpp"

#include <ctime>
#include <iostream>
#include <memory>
#include <string>

#include "tool/commands.hpp"
#include "tool/trace/symbols.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/tell_left_out.hpp"

namespace strata::tool {
namespace {

struct info_request {
    std::string trace;
    bool json = false;
    bool salvage = false;
};

void print_info(const info_request& asked) {
    const auto source = trace::open_trace(asked.trace, trace::salvage_if(asked.salvage));
    trace::trace_summary sums{source->info().sample_distance};
    trace::read_all(*source, "reading", [&](const trace::event& each) { sums.add(each); });
    trace::tell_left_out(source->left_out());
    trace::call_sites sites = source->sites();
    name_places(sites);  // of a live trace: a packed one has names
    const auto groups = site_groups(sites, sums.by_site());
    if (asked.json) {
        print_json(std::cout, *source, sums, groups);
    } else {
        print_text(std::cout, *source, sums, groups, terminal::of_output());
    }
}

}  // namespace

std::string trace::date_of(std::uint64_t nanoseconds_since_1970) {
    const auto seconds = static_cast<std::time_t>(nanoseconds_since_1970 / 1'000'000'000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    (void)std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text.data();
}

void add_info(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "info", "Sums up a trace: blocks, bytes, sizes and lifetimes, by phase and resource");
    const auto asked = std::make_shared<info_request>();
    command.add_option("trace", asked->trace, "The trace, live or packed (-: standard input)")
        ->required()
        ->type_name("FILE");
    command.add_flag("--json", asked->json, "Print JSON");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Example: strata info app.trace");
    command.callback([asked] { print_info(*asked); });
}

}  // namespace strata::tool
