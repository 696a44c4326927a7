// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/progress_line.hpp"
#include "tool/replay/contender.hpp"
#include "tool/replay/outcome.hpp"
#include "tool/replay/pause.hpp"
#include "tool/replay/planner.hpp"
#include "tool/replay/read_plan.hpp"
#include "tool/replay/results.hpp"
#include "tool/replay/touches.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

struct replay_request {
    std::string trace;
    std::vector<std::string> strategies;
    std::vector<std::string> libraries;
    bool only_strategies = false;
    std::size_t rounds = 7;
    std::string touches = "line";
    std::size_t work = 0;
    std::optional<std::uint64_t> pause;  // null: as in the program
    bool aged = false;
    bool one_thread = false;
    bool json = false;
    bool salvage = false;
};

std::vector<replay::contender> contenders(const replay_request& asked, const replay::plan& plays) {
    const bool of_resources = plays.is_of_resources;
    std::vector<replay::contender> all{replay::system_malloc(of_resources)};
    for (const std::string& each : asked.strategies) {
        all.push_back(replay::strategy_contender(each, of_resources, plays.head.threads));
    }
    for (const std::string& each : asked.libraries) {
        if (!fs::is_regular_file(each)) {
            throw failure{each + ": there is no such library"};
        }
        all.push_back(replay::preloaded(each, of_resources));
    }
    if (!asked.only_strategies) {
        for (const fs::path& each : replay::installed_allocators()) {
            all.push_back(replay::preloaded(each, of_resources));
        }
    }
    all.push_back(replay::nobody());
    return all;
}

replay::settings settings_for(const replay_request& asked, const replay::planned_trace& planned) {
    replay::settings with{
        .touches = static_cast<replay::touch>(std::ranges::find(replay::touches, asked.touches) -
                                              replay::touches.begin()),
        .work = asked.work,
        .aged = asked.aged};
    if (asked.pause) {
        with.pause = *asked.pause;
    } else {
        progress_line line;
        line.show("how long threads pause between calls");
        with.pause = replay::pause_as_in_program(planned.plays, planned.nanoseconds, with);
    }
    return with;
}

// Each round has another order, so that none always comes after the same.
void play_rounds(const replay_request& asked, replay::results& to) {
    const std::size_t count = to.all.size();
    const std::size_t whole = count * (asked.rounds + 1);
    std::size_t begun = 0;
    progress_line line;
    const auto show = [&](const replay::contender& who) {
        line.show(std::to_string(++begun) + " of " + std::to_string(whole) + ": " + who.name);
    };
    replay::settings watching = to.asked;
    watching.watches = true;
    for (replay::result& each : to.all) {
        show(each.who);
        each.watched = replay::play_once(to.plays, each.who, watching);
        each.rounds.resize(asked.rounds);
    }
    std::mt19937 dice{42};
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t round = 0; round != asked.rounds; ++round) {
        std::ranges::shuffle(order, dice);
        for (const std::size_t at : order) {
            replay::result& next = to.all[at];
            show(next.who);
            if (next.problem().empty()) {
                next.rounds[round] = replay::play_once(to.plays, next.who, to.asked);
            }
        }
    }
}

void require_complete(const replay::results& of) {
    if (!of.all.back().problem().empty()) {
        throw failure{"the driver's own cost could not be measured: " + of.all.back().problem()};
    }
    const auto count = std::ranges::count_if(
        of.all, [](const replay::result& each) { return !each.problem().empty(); });
    if (count != 0) {
        throw failure{std::to_string(count) + " of " + std::to_string(of.all.size() - 1) +
                      " could not play the trace"};
    }
}

void play(const replay_request& asked) {
    replay::planned_trace planned = replay::read_plan(
        asked.trace, trace::salvage_if(asked.salvage),
        asked.one_thread ? replay::threads_as::one : replay::threads_as::recorded);
    std::vector<replay::contender> who = contenders(asked, planned.plays);
    const replay::settings with = settings_for(asked, planned);
    replay::results measured{
        .of = planned.of, .plays = std::move(planned.plays), .asked = with, .all = {}};
    for (replay::contender& each : who) {
        measured.all.push_back({.who = std::move(each), .rounds = {}, .watched = {}});
    }
    play_rounds(asked, measured);
    if (asked.json) {
        print_json(std::cout, measured);
    } else {
        print_text(std::cout, measured);
    }
    require_complete(measured);
}

}  // namespace

void add_replay(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "replay", "Plays a trace on strategies and on installed allocators, and compares them");
    const auto asked = std::make_shared<replay_request>();
    command.add_option("trace", asked->trace, "The trace, live or packed (-: standard input)")
        ->required()
        ->type_name("FILE");
    command
        .add_option("-s,--strategy", asked->strategies, "A strategy; may be given several times")
        ->type_name("TEXT")
        ->allow_extra_args(false);
    command
        .add_option("--preload", asked->libraries,
                    "A library that replaces malloc; may be given several times")
        ->type_name("LIBRARY")
        ->allow_extra_args(false);
    command.add_flag("--only", asked->only_strategies,
                     "No installed allocators but glibc's and those that are given");
    command.add_option("--rounds", asked->rounds, "How often each plays the trace")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command.add_option("--touch", asked->touches, "What is written of each block")
        ->check(CLI::IsMember(replay::touches))
        ->capture_default_str();
    command
        .add_option("--work", asked->work,
                    "So many cache lines of other memory, 32 MiB, are read between two calls")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    command
        .add_option_function<std::uint64_t>(
            "--pause", [asked](std::uint64_t turns) { asked->pause = turns; },
            "So many turns of a loop are done between two calls. Not given: searched, if threads call "
            "at the same time, so that the replay on the heap takes as long as the program did")
        ->check(CLI::Range(0, 1'000'000))
        ->type_name("TURNS");
    command.add_flag("--aged", asked->aged, "On heaps in which earlier work left holes");
    command.add_flag("--one-thread", asked->one_thread,
                     "One thread makes all calls, in the recorded order");
    command.add_flag("--json", asked->json, "Print JSON");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer(
        "Example: strata replay app.trace --strategy concurrent_pool --strategy \"pool > pages\"");
    command.callback([asked] { play(*asked); });
}

}  // namespace strata::tool
