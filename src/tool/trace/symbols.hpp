// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_SYMBOLS_HPP
#define STRATA_TOOL_TRACE_SYMBOLS_HPP

#include "tool/trace/call_sites.hpp"

namespace strata::tool::trace {

/// Looks up functions, files and lines of the places that have no names yet, in the files of their
/// modules. A file that is not the recorded one, by its build id, tells nothing.
///
/// Overhead: the debug information of the modules stays in memory.
void name_places(call_sites& of);

}  // namespace strata::tool::trace

#endif
