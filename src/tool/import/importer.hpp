// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_IMPORT_IMPORTER_HPP
#define STRATA_TOOL_IMPORT_IMPORTER_HPP

#include <istream>
#include <memory>
#include <string>

#include "tool/import/line_reader.hpp"
#include "tool/trace/event_source.hpp"

namespace strata::tool::importing {

/// The formats, as `--from` names them.
enum class format { heaptrack, mtrace };

/// The events of a recording of heaptrack.
[[nodiscard]] std::unique_ptr<trace::event_source> read_heaptrack(
    std::unique_ptr<line_reader> from);

/// The events of what glibc's `mtrace` writes.
[[nodiscard]] std::unique_ptr<trace::event_source> read_mtrace(std::unique_ptr<line_reader> from);

/// The events of a recording in a format; null: the one that its first line looks like. The name is
/// for messages. Call stacks are complete at the end.
/// Errors: `failure`, which names file and line.
[[nodiscard]] std::unique_ptr<trace::event_source> read_recording(
    std::unique_ptr<std::istream> from, const std::string& name, const format* of);

}  // namespace strata::tool::importing

#endif
