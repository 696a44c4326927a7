// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

#include "tool/commands.hpp"
#include "tool/failure.hpp"

namespace {

using strata::tool::exit_status;

int fail(const std::exception& why, exit_status status) {
    std::cerr << "strata: " << why.what() << '\n';
    return static_cast<int>(status);
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App program{
        "Runs programs on memory strategies, records and replays what they allocate, and explains "
        "strategies."};
    program.name("strata");
    program.set_version_flag("--version", STRATA_VERSION);
    program.require_subcommand(1);
    strata::tool::add_run(program);
    strata::tool::add_record(program);
    strata::tool::add_replay(program);
    strata::tool::add_tune(program);
    strata::tool::add_advise(program);
    strata::tool::add_check(program);
    strata::tool::add_diff(program);
    strata::tool::add_export(program);
    strata::tool::add_import(program);
    strata::tool::add_report(program);
    strata::tool::add_pack(program);
    strata::tool::add_info(program);
    strata::tool::add_top(program);
    strata::tool::add_describe(program);
    strata::tool::add_layers(program);
    strata::tool::add_manual(program);
    strata::tool::add_completion(program);
    try {
        program.parse(count, arguments);
        if (!std::cout.flush()) {
            throw strata::tool::failure{"standard output: cannot be written to"};
        }
        return static_cast<int>(exit_status::done);
    } catch (const CLI::Success& help) {
        return program.exit(help);
    } catch (const CLI::ParseError& wrong) {
        program.exit(wrong, std::cerr, std::cerr);
        return static_cast<int>(exit_status::wrong);
    } catch (const strata::tool::failure& why) {
        return fail(why, why.status());
    } catch (const std::exception& why) {
        return fail(why, exit_status::wrong);
    }
}
