// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/output_file.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/packing.hpp"
#include "tool/trace/tell_left_out.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

struct pack_request {
    std::string trace;
    std::string output;
    bool force = false;
    bool salvage = false;
};

std::string output_for(const pack_request& asked) {
    if (!asked.output.empty()) {
        return asked.output;
    }
    if (asked.trace == "-") {
        throw failure{"expected -o FILE: standard input has no name to make one of"};
    }
    const fs::path path{asked.trace};
    return path.extension() == ".live" ? fs::path{path}.replace_extension(".trace").string()
                                       : asked.trace + ".trace";
}

void pack(const pack_request& asked) {
    const std::string output = output_for(asked);
    refuse_to_replace(output, asked.force);
    const auto source = trace::open_trace(asked.trace, trace::salvage_if(asked.salvage));
    const trace::packed_trace written = trace::pack_to(output, *source);
    trace::tell_left_out(source->left_out());
    trace::tell(written, output == "-" ? std::cerr : std::cout,
                output == "-" ? "standard output" : output);
}

}  // namespace

void add_pack(CLI::App& to) {
    CLI::App& command =
        *to.add_subcommand("pack", "Packs a live trace: a fiftieth of the size, and no addresses");
    const auto asked = std::make_shared<pack_request>();
    command.add_option("trace", asked->trace, "The trace (-: standard input, if it is packed)")
        ->required()
        ->type_name("LIVE");
    command
        .add_option("-o,--output", asked->output,
                    "Where to (-: standard output); LIVE with the ending .trace if not given")
        ->type_name("FILE");
    command.add_flag("--force", asked->force, "Write over a file that exists");
    command.add_flag("--salvage", asked->salvage, "Read what is whole of a broken trace");
    command.footer("Example: strata pack app.live -o app.trace");
    command.callback([asked] { pack(*asked); });
}

}  // namespace strata::tool
