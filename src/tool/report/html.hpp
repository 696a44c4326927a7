// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_HTML_HPP
#define STRATA_TOOL_REPORT_HTML_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// How the page writes texts and numbers. Names come from the recorded program: whatever they have
// in them, only these functions bring them into the page.
namespace strata::tool::report {

inline constexpr std::size_t longest_shown = 200;

/// A name from a trace on one line, cut to `most` bytes: control characters and others that are not
/// to be seen are escaped, as in all texts of the command. Not yet for HTML: see `html_text`.
[[nodiscard]] std::string shown_name(std::string_view name, std::size_t most = longest_shown);

/// A text for HTML, in an element or in an attribute with quotation marks.
[[nodiscard]] std::string html_text(std::string_view text);

/// Both, for names.
[[nodiscard]] std::string html_name(std::string_view name, std::size_t most = longest_shown);

/// JSON as the content of a `script` element, which must not have an end tag in it.
[[nodiscard]] std::string json_in_html(std::string json);

/// "64.0 KiB".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
/// A power of two in its largest unit: "512 B", "4 KiB".
[[nodiscard]] std::string power_text(std::uint64_t number);
/// "1.234 s", "0.52 ms".
[[nodiscard]] std::string time_text(std::uint64_t microseconds);
/// A round time, without zeros at the end: "1.5 s", "20 ms".
[[nodiscard]] std::string short_time_text(std::uint64_t microseconds);

}  // namespace strata::tool::report

#endif
