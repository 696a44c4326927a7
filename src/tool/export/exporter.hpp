// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXPORT_EXPORTER_HPP
#define STRATA_TOOL_EXPORT_EXPORTER_HPP

#include <memory>
#include <ostream>
#include <span>

#include "tool/export/measure.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool::exporting {

/// What is known at the end of a trace.
struct whole_trace {
    const trace::trace_info& info;
    const trace::trace_summary& sums;
    const trace::call_sites& sites;  ///< with names
};

/// Writes a trace in a format of another tool.
class exporter {
public:
    exporter(const exporter&) = delete;
    exporter& operator=(const exporter&) = delete;
    virtual ~exporter();

    /// Before the events, if the format groups stacks: the call stacks, with names.
    virtual void begin(const trace::call_sites& sites);
    /// The next event, and the sums up to it, with it. Formats of sums alone need none.
    virtual void add(const trace::event& next, const trace::trace_summary& sums);
    /// A change of what is live, by the event that is added next.
    virtual void change(const trace::live_change& next);
    virtual void finish(const whole_trace& of) = 0;

protected:
    exporter() = default;
};

/// A format, as `--to` names it.
struct format {
    const char* name;
    bool is_binary;
    bool has_measures;   ///< takes `--what`
    bool groups_stacks;  ///< needs to know which call stacks look the same, see `begin`
    /// Without a measure: all of them, or the first one.
    std::unique_ptr<exporter> (*make)(std::ostream& to, const trace::trace_info& of,
                                      const measure* what);
};

[[nodiscard]] std::span<const format> formats() noexcept;

}  // namespace strata::tool::exporting

#endif
