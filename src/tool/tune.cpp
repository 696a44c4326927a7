// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/options.hpp"
#include "tool/output_file.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/tune/advice.hpp"
#include "tool/tune/objective.hpp"
#include "tool/tune/search.hpp"

namespace strata::tool {
namespace {

struct tune_request {
    std::vector<std::string> traces;
    std::vector<std::string> program;  // and its arguments
    std::vector<std::string> held_out;
    std::string objective = "time";
    std::uint64_t budget = 60;  // seconds
    std::uint32_t seed = 42;
    bool pareto = false;
    std::string advice;
    bool json = false;
    bool salvage = false;
};

std::vector<tune::input> read_all(const std::vector<std::string>& files, bool salvage) {
    std::vector<tune::input> all;
    for (const std::string& each : files) {
        all.push_back(tune::read_input(each, trace::salvage_if(salvage)));
    }
    return all;
}

void tune_for(const tune_request& asked) {
    const tune::search_settings settings{.by = tune::objective::parse(asked.objective),
                                         .budget = std::chrono::seconds{asked.budget},
                                         .seed = asked.seed,
                                         .program = asked.program};
    if (asked.traces.empty()) {
        throw failure{"there is nothing to tune for: expected FILE, before any --"};
    }
    if (!asked.advice.empty()) {
        expect_writable(asked.advice);
    }
    const tune::advice made = tune::search_strategy(
        read_all(asked.traces, asked.salvage), read_all(asked.held_out, asked.salvage), settings);
    if (asked.json) {
        print_json(std::cout, made);
    } else {
        print_text(std::cout, made, asked.pareto);
    }
    if (!asked.advice.empty()) {
        write_output(asked.advice, [&](std::ostream& to) { print_json(to, made); });
    }
}

}  // namespace

void add_tune(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "tune", "Searches the strategy that serves recorded work best, or says to keep the heap");
    const auto asked = std::make_shared<tune_request>();
    command
        .add_option("trace", asked->traces,
                    "Traces; the strategy must be ahead on each (-: standard input)")
        ->required()
        ->type_name("FILE [FILE...]");
    // For the help alone: CLI11 gives the words after -- to the traces, too.
    command
        .add_option("program", asked->program,
                    "A program and its arguments, after --, to be run on the best strategies")
        ->type_name("[-- PROGRAM [ARGUMENT...]]");
    command
        .add_option(
            "--minimise", asked->objective,
            "What is to be small: time, peak, waste or worst-call; or several with weights, "
            "as time=2,peak=1")
        ->type_name("WHAT")
        ->capture_default_str();
    command
        .add_option("--hold-out", asked->held_out,
                    "A trace that is not searched, but the strategy must be ahead on it; may be "
                    "given several times")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command.add_flag("--pareto", asked->pareto,
                     "Also print the strategies that no other one beats in time and peak");
    add_budget(command, asked->budget, "How long to search").capture_default_str();
    command.add_option("--seed", asked->seed, "Of the order of plays, and of the options tried")
        ->capture_default_str();
    command
        .add_option("--advice", asked->advice,
                    "Write JSON to a file, too, for strata report --advice")
        ->type_name("FILE");
    command.add_flag("--json", asked->json, "Print JSON");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Examples:\n"
                   "  strata tune app.trace --budget 2m\n"
                   "  strata tune app.trace -- ./app");
    command.callback([asked] {
        const std::size_t words = words_after_dashes();
        if (words > asked->traces.size()) {
            throw failure{"an option has taken -- as its value: expected FILE, then -- and the "
                          "program"};
        }
        const auto of_program = std::prev(asked->traces.end(), static_cast<std::ptrdiff_t>(words));
        asked->program.assign(of_program, asked->traces.end());
        asked->traces.erase(of_program, asked->traces.end());
        tune_for(*asked);
    });
}

}  // namespace strata::tool
