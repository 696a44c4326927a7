// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tool/check/budget.hpp"
#include "tool/check/recorded_program.hpp"
#include "tool/check/reports.hpp"
#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/output_file.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/trace_summary.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool {
namespace {

struct check_request {
    std::vector<std::string> of;  // a trace, or a program and its arguments
    bool is_program = false;
    std::vector<std::string> budgets;
    std::string file;
    std::string junit;
    bool json = false;
    bool github = false;
};

// A line each; empty lines, and those that begin with #, say nothing.
void add_budgets_of(const std::string& file, std::vector<check::budget>& to) {
    std::ifstream from{file};
    std::string line;
    for (std::size_t number = 1; std::getline(from, line); ++number) {
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin != line.npos && line[begin] != '#') {
            const std::size_t end = line.find_last_not_of(" \t\r");
            to.push_back(check::parse_budget(line.substr(begin, end - begin + 1),
                                             file + ":" + std::to_string(number)));
        }
    }
    if (!from.eof()) {
        throw failure{file + ": cannot be read"};
    }
}

std::vector<check::budget> budgets_of(const check_request& asked) {
    std::vector<check::budget> all;
    for (const std::string& each : asked.budgets) {
        all.push_back(check::parse_budget(each, "--expect"));
    }
    if (!asked.file.empty()) {
        add_budgets_of(asked.file, all);
    }
    if (all.empty()) {
        throw failure{"there is nothing to check: expected --expect BUDGET, or --budgets FILE"};
    }
    return all;
}

// Figures that are not the whole truth hold no budget.
trace::trace_summary sums_of(const std::string& file) {
    const auto source = trace::open_trace(file, trace::on_damage::refuse);
    trace::refuse_sample(source->info(), file, ", so its figures are estimates");
    trace::trace_summary sums{0};
    trace::read_all(*source, "reading", [&](const trace::event& each) { sums.add(each); });
    if (sums.dropped != 0) {
        throw failure{file + ": " + trace::many(sums.dropped, "event") +
                      " could not be recorded, so its figures are too small"};
    }
    return sums;
}

// Of a program, the trace is recorded now.
trace::trace_summary sums_of(const check_request& asked) {
    if (!asked.is_program) {
        return sums_of(asked.of.front());
    }
    const check::recorded_program recorded{asked.of, asked.json || asked.github};
    return sums_of(recorded.trace());
}

void write_junit(const check_request& asked, const std::vector<check::judged>& all) {
    write_output(asked.junit, [&](std::ostream& to) { print_junit(to, asked.of.front(), all); });
}

void check_trace(const check_request& asked) {
    const std::vector<check::budget> budgets = budgets_of(asked);
    if (!asked.is_program && asked.of.size() > 1) {
        throw failure{asked.of[1] + ": expected one trace, or a program after --"};
    }
    const std::string& name = asked.of.front();
    const trace::trace_summary sums = sums_of(asked);
    std::vector<check::judged> all;
    for (const check::budget& each : budgets) {
        all.push_back({each, check::judge(each, sums)});
    }
    if (asked.json) {
        print_json(std::cout, name, all);
    } else {
        print_text(std::cout, name, all);
    }
    if (asked.github) {
        print_github(std::cout, name, all);
    }
    if (!asked.junit.empty()) {
        write_junit(asked, all);
    }
    const auto broken = static_cast<std::uint64_t>(
        std::ranges::count_if(all, [](const auto& each) { return !each.found.holds; }));
    if (broken != 0) {
        throw failure{name + ": " + trace::many(broken, "budget") + " of " +
                          trace::grouped(all.size()) + " not held",
                      exit_status::not_held};
    }
}

}  // namespace

void add_check(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "check", "Compares a trace with budgets: peak, allocations, leaks; for continuous tests");
    const auto asked = std::make_shared<check_request>();
    command
        .add_option("trace", asked->of,
                    "The trace, live or packed (-: standard input); or after -- a program and its "
                    "arguments, to be recorded now")
        ->required()
        ->type_name("FILE");
    command
        .add_option("-e,--expect", asked->budgets,
                    "A budget, such as peak<=64MiB; may be given several times")
        ->type_name("BUDGET")
        ->allow_extra_args(false);
    command.add_option("--budgets", asked->file, "A file with a budget in each line")
        ->type_name("FILE");
    command.add_option("--junit", asked->junit, "Write the results as JUnit XML, too")
        ->type_name("FILE");
    CLI::Option* const json = command.add_flag("--json", asked->json, "Print JSON");
    command
        .add_flag("--github", asked->github, "Print annotations of GitHub Actions for what fails")
        ->excludes(json);
    command.footer(
        "The exit status is 1 if a budget is not held.\n"
        "\n"
        "Examples:\n"
        "  strata check app.trace -e \"peak<=64MiB\" -e 'allocations(\"parse\")<=3/call'\n"
        "  strata check app.trace -e 'allocations(\"frame\")<=3/worst-call'\n"
        "  strata check -e \"peak<=64MiB\" -- ./app");
    command.callback([asked, &command] {
        asked->is_program = std::ranges::count(command.remaining(), "--") != 0;
        check_trace(*asked);
    });
}

}  // namespace strata::tool
