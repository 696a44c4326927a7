// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_OPTIONS_HPP
#define STRATA_TOOL_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

// What the commands and their options are, for the manual page and for the shells.
namespace strata::tool {

/// `--budget`, the time for a search of strategies, in seconds: of 1 second to a day.
CLI::Option& add_budget(CLI::App& to, std::uint64_t& seconds, const std::string& what);

/// How many words of this process's command line are after the first `--`. CLI11 gives all words to
/// the first positional that takes several, and does not tell where that was.
[[nodiscard]] std::size_t words_after_dashes();

/// In the order of `--help`.
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& program);
[[nodiscard]] std::vector<const CLI::Option*> options_of(const CLI::App& command);
[[nodiscard]] std::vector<const CLI::Option*> positionals_of(const CLI::App& command);

/// "-o, --output".
[[nodiscard]] std::string names_of(const CLI::Option& of, const std::string& between);
/// "FILE"; empty if it takes no value.
[[nodiscard]] std::string value_name(const CLI::Option& of);
/// The words among which a value is, if there are such: "none first line all".
[[nodiscard]] std::string words_for(const CLI::Option& of);

}  // namespace strata::tool

#endif
