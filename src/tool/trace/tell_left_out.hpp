// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_TELL_LEFT_OUT_HPP
#define STRATA_TOOL_TRACE_TELL_LEFT_OUT_HPP

#include "tool/trace/event_source.hpp"

namespace strata::tool::trace {

/// Tells on standard error what `--salvage` has left out of a trace.
void tell_left_out(const damage& of);

}  // namespace strata::tool::trace

#endif
