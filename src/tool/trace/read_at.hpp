// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_READ_AT_HPP
#define STRATA_TOOL_TRACE_READ_AT_HPP

#include <cstdint>
#include <istream>

namespace strata::tool::trace {

/// Reads a part of a file as it is in memory. False if the file ends before that.
template <class Part>
bool read_at(std::istream& from, std::uint64_t offset, Part& to) {
    from.clear();
    from.seekg(static_cast<std::streamoff>(offset));
    from.read(reinterpret_cast<char*>(&to), sizeof to);
    return from.gcount() == sizeof to;
}

}  // namespace strata::tool::trace

#endif
