// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_OUTPUT_FILE_HPP
#define STRATA_TOOL_OUTPUT_FILE_HPP

#include <functional>
#include <ostream>
#include <string>

namespace strata::tool {

/// Fails if a regular file has this path, unless `force`. "-" is standard output.
void refuse_to_replace(const std::string& path, bool force);

/// Before long work: fails if there can be no file with this path.
void expect_writable(const std::string& path);

/// Calls `write` with a stream to the file, which has its name only when it is complete. "-" is
/// standard output. A device or a pipe cannot be replaced, so it is written to as it is.
/// Errors: `failure`, if it cannot be written; what `write` throws.
void write_output(const std::string& path, const std::function<void(std::ostream&)>& write);

/// Fails if the stream to the file has failed.
void expect_written(const std::ostream& stream, const std::string& path);

}  // namespace strata::tool

#endif
