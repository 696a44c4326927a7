// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_ASSETS_HPP
#define STRATA_TOOL_REPORT_ASSETS_HPP

#include <string_view>

// The style and the script of the page, as embed.py brings them into the tool.
namespace strata::tool::report {

extern const std::string_view page_style;
extern const std::string_view page_script;
/// The only script that a browser runs in the page: "sha256-..." of it, in base64.
extern const std::string_view page_script_hash;

}  // namespace strata::tool::report

#endif
