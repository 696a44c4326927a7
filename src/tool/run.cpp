// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <strata/compose/strategy.hpp>

#include "tool/commands.hpp"
#include "tool/executable.hpp"
#include "tool/failure.hpp"
#include "tool/preload/environment.hpp"
#include "tool/preloading.hpp"

namespace strata::tool {
namespace {

struct run_request {
    std::string strategy;
    std::string limit;
    bool stats = false;
    bool debug = false;
    bool one_thread = false;
    std::string json;
    std::vector<std::string> command;
};

// The strategy that is run: what was asked for, under the layers that the other options add.
std::string whole_text(const run_request& asked) {
    std::string text = asked.strategy.empty() ? "heap" : asked.strategy;
    const auto add = [&](const std::string& layer) { text = layer + " > " + text; };
    if (asked.debug) {
        add("debug(concurrent=true, on_finding=report, stack_depth=4)");
    }
    if (!asked.limit.empty()) {
        add("limit(bytes=" + asked.limit + ")");
    }
    if (asked.stats || !asked.json.empty()) {
        add(asked.one_thread ? "stats(counting=single)" : "stats");
    }
    return text;
}

strategy parsed(const run_request& asked) {
    if (!asked.strategy.empty()) {
        (void)strategy::parse(asked.strategy);  // so that columns in a message are the user's
    }
    const strategy whole = strategy::parse(whole_text(asked));
    if (!asked.one_thread && !whole.is_thread_safe()) {
        throw failure{"\"" + asked.strategy +
                      "\" serves one thread at a time, and a program may have several: write "
                      "\"synchronized > " + asked.strategy +
                      "\", or take concurrent_pool or concurrent_arena; --one-thread runs it "
                      "as it is"};
    }
    return whole;
}

const char* report_for(const run_request& asked) {
    if (asked.debug) {
        return asked.stats ? "all" : "leaks";
    }
    return asked.stats ? "stats" : nullptr;
}

// Takes the place of the tool, so that the program has its terminal, its signals and its exit
// status to itself.
void run(const run_request& asked) {
    const std::string text = to_string(parsed(asked));
    const std::filesystem::path program = find_executable(asked.command.front());
    require_preloadable(program);
    preload(find_companion("libstrata_malloc.so"));
    set_variable(strategy_variable, text);
    if (const char* const report = report_for(asked)) {
        set_variable(report_variable, report);
    }
    if (!asked.json.empty()) {
        set_variable(json_variable, asked.json == "-"
                                        ? "/dev/stdout"
                                        : std::filesystem::absolute(asked.json).string());
    }
    become(program, asked.command);
    throw cannot_run(program, errno);
}

}  // namespace

void add_run(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "run", "Runs a program, unchanged, with its malloc and operator new on a strategy");
    const auto asked = std::make_shared<run_request>();
    command.add_option("-s,--strategy", asked->strategy, "The strategy (the heap if not given)")
        ->type_name("TEXT");
    command.add_option("--limit", asked->limit, "Refuse what exceeds this in a process, as 2GiB")
        ->type_name("SIZE");
    command.add_flag("--stats", asked->stats, "Each process reports its figures at its end");
    command.add_flag("--debug", asked->debug,
                     "Report overflows, double frees, leaks and writes to freed blocks");
    command.add_option("--json", asked->json,
                       "Each process appends its figures to FILE, a line of JSON (- is standard "
                       "output)")
        ->type_name("FILE");
    command.add_flag("--one-thread", asked->one_thread,
                     "The program has one thread: run strategies that serve only one");
    command.add_option("program", asked->command, "The program and its arguments, after --")
        ->required()
        ->type_name("PROGRAM [ARGUMENT...]");
    command.positionals_at_end();
    command.footer(
        "Children of the program are served too. The exit status is the program's. Strata's own:\n"
        "125 for a wrong use, 126 for a program that cannot be run, 127 for one that is not there.\n"
        "\n"
        "Examples:\n"
        "  strata run --strategy \"concurrent_pool > pages\" -- clang++ -c app.cpp\n"
        "  strata run --debug -- ./app\n"
        "  strata run --limit 500MiB --stats -- python3 big.py");
    command.callback([asked] { run(*asked); });
}

}  // namespace strata::tool
