// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/import/importer.hpp"

#include <string_view>
#include <utility>

namespace strata::tool::importing {
namespace {

format format_of(line_reader& lines) {
    std::string_view first;
    const bool is_there = lines.next(first);
    if (is_there) {
        lines.again();
    }
    if (is_there && first.starts_with("v ")) {
        return format::heaptrack;
    }
    if (is_there && (first.starts_with("= ") || first.starts_with("@ "))) {
        return format::mtrace;
    }
    lines.fail("expected a recording of heaptrack, which begins with \"v \", or of mtrace, which "
               "begins with \"= Start\"");
}

}  // namespace

std::unique_ptr<trace::event_source> read_recording(std::unique_ptr<std::istream> from,
                                                    const std::string& name, const format* of) {
    auto lines = std::make_unique<line_reader>(std::move(from), name);
    const format known = of == nullptr ? format_of(*lines) : *of;
    return known == format::heaptrack ? read_heaptrack(std::move(lines))
                                      : read_mtrace(std::move(lines));
}

}  // namespace strata::tool::importing
