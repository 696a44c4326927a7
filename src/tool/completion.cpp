// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "tool/commands.hpp"
#include "tool/options.hpp"

// What shells complete after `strata`: commands, their options, words and files. For `run` and
// `record`, the shell completes the program and its arguments as it does without them.
namespace strata::tool {
namespace {

bool runs_a_program(const CLI::App& command) {
    const auto all = positionals_of(command);
    return !all.empty() && value_name(*all.front()).starts_with("PROGRAM");
}

// In single quotes of a shell; `quote` is how a quote is written there.
std::string quoted(std::string_view text, const char* quote) {
    std::string all = "'";
    for (const char each : text) {
        all += each == '\'' ? quote : std::string(1, each);
    }
    return all + "'";
}

// --- bash ---------------------------------------------------------------------------------------

void print_bash(std::ostream& to, const CLI::App& program) {
    std::string names;
    std::string cases;
    std::string values;
    for (const CLI::App* const command : commands_of(program)) {
        names.append(names.empty() ? "" : " ").append(command->get_name());
        std::string options;
        for (const CLI::Option* const each : options_of(*command)) {
            options.append(options.empty() ? "" : " ").append(names_of(*each, " "));
            const std::string words = words_for(*each);
            if (!words.empty()) {
                const std::string before = command->get_name() + "\\ ";
                values.append("        ").append(before).append(names_of(*each, "|" + before));
                values.append(") words='").append(words).append("' ;;\n");
            }
        }
        cases.append("        ").append(command->get_name());
        cases.append(") words='").append(options).append("' ;;\n");
    }
    to << "# Completion of strata for bash.\n"
          "_strata() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command=${COMP_WORDS[1]} words= i\n"
          "    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W '"
       << names
       << " --help --version' -- \"$word\"))\n"
          "        return\n"
          "    fi\n"
          "    for ((i = 2; i < COMP_CWORD; ++i)); do\n"
          "        if [[ ${COMP_WORDS[i]} == -- ]]; then\n"
          "            declare -F _command_offset >/dev/null && _command_offset $((i + 1))\n"
          "            return\n"
          "        fi\n"
          "    done\n"
          "    case \"$command $before\" in\n"
       << values
       << "    esac\n"
          "    if [[ -n $words ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "        return\n"
          "    fi\n"
          "    case $command in\n"
       << cases
       << "    esac\n"
          "    if [[ $word == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "    fi\n"
          "}\n"
          "complete -o default -F _strata strata\n";
}

// --- zsh ----------------------------------------------------------------------------------------

// Brackets and colons separate the parts of what `_arguments` takes.
std::string zsh_text(std::string_view text) {
    std::string all;
    for (const char each : text) {
        all += each == '[' || each == ']' || each == ':' || each == '\\' ? std::string{"\\"} + each
                                                                         : std::string(1, each);
    }
    return all;
}

void print_zsh_option(std::ostream& to, const CLI::Option& of) {
    const std::string words = words_for(of);
    const std::string value =
        value_name(of).empty()
            ? ""
            : ":" + value_name(of) + ":" + (words.empty() ? "_files" : "(" + words + ")");
    const auto print = [&](const std::string& name) {
        to << " \\\n                "
           << quoted("*" + name + "[" + zsh_text(of.get_description()) + "]" + value, "'\\''");
    };
    for (const std::string& each : of.get_snames()) {
        print("-" + each);
    }
    for (const std::string& each : of.get_lnames()) {
        print("--" + each);
    }
}

void print_zsh(std::ostream& to, const CLI::App& program) {
    to << "#compdef strata\n# Completion of strata for zsh.\n"
          "_strata() {\n"
          "    local -a commands=(\n";
    for (const CLI::App* const each : commands_of(program)) {
        to << "        "
           << quoted(each->get_name() + ":" + zsh_text(each->get_description()), "'\\''") << '\n';
    }
    to << "    )\n"
          "    if ((CURRENT == 2)); then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    ((CURRENT--))\n"
          "    case $command in\n";
    for (const CLI::App* const command : commands_of(program)) {
        to << "        " << command->get_name() << ")\n            _arguments";
        for (const CLI::Option* const each : options_of(*command)) {
            print_zsh_option(to, *each);
        }
        to << " \\\n                "
           << (runs_a_program(*command) ? "'*::program:_normal'" : "'*:file:_files'")
           << "\n            ;;\n";
    }
    to << "    esac\n}\n_strata \"$@\"\n";
}

// --- fish ---------------------------------------------------------------------------------------

void print_fish(std::ostream& to, const CLI::App& program) {
    to << "# Completion of strata for fish.\n";
    for (const CLI::App* const each : commands_of(program)) {
        to << "complete -c strata -n __fish_use_subcommand -f -a " << each->get_name() << " -d "
           << quoted(each->get_description(), "\\'") << '\n';
    }
    for (const CLI::App* const command : commands_of(program)) {
        for (const CLI::Option* const each : options_of(*command)) {
            to << "complete -c strata -n '__fish_seen_subcommand_from " << command->get_name()
               << "'";
            for (const std::string& name : each->get_snames()) {
                to << " -s " << name;
            }
            for (const std::string& name : each->get_lnames()) {
                to << " -l " << name;
            }
            const std::string words = words_for(*each);
            to << (value_name(*each).empty() ? "" : " -r")
               << (words.empty() ? "" : " -f -a '" + words + "'") << " -d "
               << quoted(each->get_description(), "\\'") << '\n';
        }
    }
}

}  // namespace

void add_completion(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "completion", "Prints what a shell needs to complete commands of strata");
    const auto shell = std::make_shared<std::string>();
    command.add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command.footer(
        "Example: strata completion bash >~/.local/share/bash-completion/completions/strata");
    command.callback([&to, shell] {
        (*shell == "bash" ? print_bash : *shell == "zsh" ? print_zsh : print_fish)(std::cout, to);
    });
}

}  // namespace strata::tool
