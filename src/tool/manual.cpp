// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <iostream>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "tool/commands.hpp"
#include "tool/options.hpp"

// The manual page, made from what `--help` prints, in the language of man(7).
namespace strata::tool {
namespace {

// So that troff takes nothing for its own: a backslash, a leading dot or quote, a minus.
std::string escaped(std::string_view text) {
    std::string all;
    bool is_first = true;
    for (const char each : text) {
        if (is_first && (each == '.' || each == '\'')) {
            all += "\\&";
        }
        all += each == '\\' ? "\\e" : each == '-' ? "\\-" : std::string(1, each);
        is_first = each == '\n';
    }
    return all;
}

void print_option(std::ostream& to, const CLI::Option& of) {
    const std::string value = value_name(of);
    to << ".TP\n\\fB" << escaped(names_of(of, ", ")) << "\\fR"
       << (value.empty() ? "" : " \\fI" + escaped(value) + "\\fR") << '\n'
       << escaped(of.get_description()) << '\n';
}

void print_command(std::ostream& to, const CLI::App& of) {
    to << ".SS strata " << escaped(of.get_name());
    for (const CLI::Option* const each : positionals_of(of)) {
        to << ' ' << escaped(value_name(*each));
    }
    to << '\n' << escaped(of.get_description()) << ".\n";
    for (const CLI::Option* const each : options_of(of)) {
        print_option(to, *each);
    }
    if (const std::string footer = of.get_footer(); !footer.empty()) {
        to << ".PP\n.nf\n" << escaped(footer) << "\n.fi\n";
    }
}

void print_manual(std::ostream& to, const CLI::App& of) {
    to << ".TH STRATA 1 \"\" \"strata " STRATA_VERSION "\"\n"
          ".SH NAME\nstrata \\- memory strategies for programs\n"
          ".SH SYNOPSIS\n\\fBstrata\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n"
          ".SH DESCRIPTION\n"
       << escaped(of.get_description()) << "\n.SH COMMANDS\n";
    for (const CLI::App* const each : commands_of(of)) {
        print_command(to, *each);
    }
    to << ".SH EXIT STATUS\n"
          ".TP\n0\nSuccess.\n"
          ".TP\n125\nA wrong use, or a failure of strata itself.\n"
          ".TP\n126\nThe program was found, but cannot be run.\n"
          ".TP\n127\nThe program was not found.\n"
          ".PP\nOtherwise the status of the program, or its signal.\n"
          ".SH ENVIRONMENT\n"
          ".TP\nNO_COLOR\nIf set, there are neither colours nor lines of progress.\n"
          ".TP\nCOLUMNS\nThe width of what is printed.\n";
}

}  // namespace

void add_manual(CLI::App& to) {
    CLI::App& command = *to.add_subcommand("manual", "Prints the manual page, for man");
    command.footer("Example: strata manual | man -l -");
    command.callback([&to] { print_manual(std::cout, to); });
}

}  // namespace strata::tool
