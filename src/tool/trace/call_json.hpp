// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_CALL_JSON_HPP
#define STRATA_TOOL_TRACE_CALL_JSON_HPP

#include <nlohmann/json.hpp>

#include "tool/trace/call_sites.hpp"

namespace strata::tool::trace {

/// Function, file and line, and the module with its build id, as far as they are known; and the
/// address.
[[nodiscard]] inline nlohmann::ordered_json json_of(const shown_call& of) {
    nlohmann::ordered_json call;
    if (of.name != nullptr) {
        call["function"] = of.name->function;
        if (!of.name->file.empty()) {
            call["file"] = of.name->file;
            call["line"] = of.name->line;
        }
    }
    if (of.module != nullptr) {
        call["module"] = of.module->path;
        if (!of.module->build_id.empty()) {
            call["build_id"] = of.module->build_id;
        }
    }
    call["address"] = of.address;
    return call;
}

}  // namespace strata::tool::trace

#endif
