// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "contenders/contender.hpp"
#include "measure.hpp"
#include "report.hpp"
#include "results.hpp"
#include "workloads/special.hpp"
#include "workloads/workloads.hpp"

namespace {

constexpr const char* usage =
    "usage: strata_benchmarks [OPTION...] [NAME...]\n"
    "  NAME         workloads whose name contains it, as 'pool/' or 'arena/batch'; all without "
    "one\n"
    "  --quick      under a minute, and coarser\n"
    "  --goals      prints the project's goals and whether they are met, and no other table;\n"
    "               measures what they need\n"
    "  --list       the workloads and what each does\n"
    "  --method     how it is measured, and what the figures are worth\n"
    "  --rounds=N   so many rounds\n"
    "  --json=FILE  writes all figures\n"
    "  --numbers=FILE  takes in the numbers of instructions.py\n";

struct options {
    bench::effort effort;
    std::vector<std::string> names;
    bool list = false;
    bool method = false;
    bool goals = false;
    std::string json;
    std::string numbers;
    std::string memory_of;  // this process is one that measure_memory started
};

bool parse(int argc, char** argv, options& into) {
    for (int i = 1; i != argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--quick") {
            into.effort = {.quick = true, .rounds = 9, .sample_seconds = 0.001};
        } else if (argument == "--list") {
            into.list = true;
        } else if (argument.starts_with("--memory-of=")) {
            into.memory_of = argument.substr(12);
        } else if (argument == "--method") {
            into.method = true;
        } else if (argument == "--goals") {
            into.goals = true;
        } else if (argument.starts_with("--numbers=")) {
            into.numbers = argument.substr(10);
        } else if (argument.starts_with("--json=")) {
            into.json = argument.substr(7);
        } else if (argument.starts_with("--rounds=")) {
            into.effort.rounds = std::max(1, std::atoi(argument.c_str() + 9));
        } else if (argument.starts_with("-")) {
            return false;
        } else {
            into.names.push_back(argument);
        }
    }
    return true;
}

bool wanted(const options& given, const std::string& id) {
    return given.names.empty() || std::ranges::any_of(given.names, [&](const std::string& name) {
               return id.find(name) != std::string::npos;
           });
}

bool wanted(const options& given, const bench::workload& one) {
    if (given.names.empty()) {
        return !(given.effort.quick && one.long_running) &&
               (!given.goals || bench::goals_need(one.id));
    }
    return wanted(given, one.id);
}

void progress(const std::string& text) {
    if (isatty(STDERR_FILENO) != 0) {
        std::fprintf(stderr, "\r\033[K%s", text.c_str());
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string{argv[1]} == "--help") {
        std::fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    options given;
    if (!parse(argc, argv, given)) {
        std::fputs(usage, stderr);
        return EXIT_FAILURE;
    }
    bench::restart_with_room_for_libraries(argv);
    if (!given.memory_of.empty()) {
        return bench::measure_memory_here(given.memory_of, given.names.at(0));
    }
    if (given.list) {
        bench::print_workloads(bench::all_workloads());
        return EXIT_SUCCESS;
    }
    if (given.method) {
        bench::print_method();
        return EXIT_SUCCESS;
    }
    bench::print_head(given.effort);
    bench::results found;
    std::ifstream numbers{given.numbers};
    for (auto [name, value] = std::pair{std::string{}, 0.0}; numbers >> name >> value;) {
        found.numbers[name] = value;
    }
    std::vector<const bench::measured*> table;
    const auto print = [&] {
        progress("");
        if (!table.empty() && table.front()->of->group == "p0089") {
            bench::summarise_p0089(found, !given.goals);
        } else if (!table.empty() && !given.goals) {
            bench::print_table(table);
        }
        table.clear();
    };
    for (const bench::workload& one : bench::all_workloads()) {
        if (!wanted(given, one)) {
            continue;
        }
        if (!table.empty() && table.front()->of->group != one.group) {
            print();
        }
        progress("measuring " + one.id);
        found.timed.push_back(bench::measure(one, given.effort));
        table.push_back(&found.timed.back());
    }
    print();
    if (wanted(given, "memory")) {
        progress("measuring memory");
        bench::measure_memory(found, !given.goals);
        progress("");
    }
    if (wanted(given, "latency") && !given.goals) {
        progress("measuring latency");
        bench::measure_latency(found, given.effort, true);
    }
    if (given.goals || given.names.empty()) {
        bench::print_goals(found);
    }
    bench::print_method();
    if (!given.json.empty()) {
        bench::write_json(found, given.effort, given.json);
    }
    return EXIT_SUCCESS;
}
