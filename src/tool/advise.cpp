// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <iostream>
#include <memory>
#include <string>

#include "tool/advise/findings.hpp"
#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool {
namespace {

struct advise_request {
    std::string trace;
    bool json = false;
    bool salvage = false;
};

void advise_on(const advise_request& asked) {
    const auto source = trace::open_trace(asked.trace, trace::salvage_if(asked.salvage));
    trace::refuse_sample(source->info(), asked.trace,
                         ", in which most blocks of a group are missing");
    trace::trace_summary sums{0};
    const advise::findings found = advise::read_findings(*source, sums);
    if (found.sites.empty()) {
        throw failure{asked.trace + ": has no call stacks: expected a trace that was recorded with "
                                    "--stacks, or with trace(stack_depth=32)"};
    }
    if (asked.json) {
        print_json(std::cout, sums, found.all);
    } else {
        print_text(std::cout, sums, found.all);
    }
}

}  // namespace

void add_advise(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "advise", "Tells which places of a program waste memory or time, and what to do there");
    const auto asked = std::make_shared<advise_request>();
    command
        .add_option("trace", asked->trace,
                    "The trace, recorded with call stacks (-: standard input)")
        ->required()
        ->type_name("FILE");
    command.add_flag("--json", asked->json, "Print JSON");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Example:\n"
                   "  strata record --stacks -o app.trace -- ./app\n"
                   "  strata advise app.trace");
    command.callback([asked] { advise_on(*asked); });
}

}  // namespace strata::tool
