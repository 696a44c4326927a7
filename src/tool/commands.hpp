// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_COMMANDS_HPP
#define STRATA_TOOL_COMMANDS_HPP

#include <CLI/CLI.hpp>

// The commands of `strata`, a file each. Each function adds its command, with its options, to the
// program, and what to do as its callback. A failure is a `failure`.
namespace strata::tool {

void add_advise(CLI::App& to);
void add_check(CLI::App& to);
void add_completion(CLI::App& to);
void add_describe(CLI::App& to);
void add_diff(CLI::App& to);
void add_export(CLI::App& to);
void add_import(CLI::App& to);
void add_info(CLI::App& to);
void add_layers(CLI::App& to);
void add_manual(CLI::App& to);
void add_pack(CLI::App& to);
void add_record(CLI::App& to);
void add_replay(CLI::App& to);
void add_report(CLI::App& to);
void add_run(CLI::App& to);
void add_top(CLI::App& to);
void add_tune(CLI::App& to);

}  // namespace strata::tool

#endif
