// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_EVENT_SOURCE_HPP
#define STRATA_TOOL_TRACE_EVENT_SOURCE_HPP

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tool/trace/call_sites.hpp"
#include "tool/trace/event.hpp"

namespace strata::tool::trace {

/// What the head of a trace tells.
struct trace_info {
    std::string program;
    std::uint64_t process = 0;
    std::uint64_t started = 0;  ///< nanoseconds since 1970
    bool is_packed = false;
    std::uint64_t file_bytes = 0;  ///< 0 if it is no file
    /// 0: everything was recorded; otherwise a sample, see `sample_weights`.
    std::uint64_t sample_distance = 0;
};

/// What a reader does with a broken file.
enum class on_damage {
    refuse,  ///< throws a `failure` that names file, offset, and what was expected there
    salvage  ///< notes that, and goes on with what is whole
};
[[nodiscard]] constexpr on_damage salvage_if(bool wanted) {
    return wanted ? on_damage::salvage : on_damage::refuse;
}

/// What a reader has left out of a broken file.
struct damage {
    std::uint64_t places = 0;
    std::vector<std::string> messages;  ///< of the first places

    static constexpr std::size_t most_messages = 10;
};

/// The events of a trace, one after the other, in an order that keeps causality.
///
///     const auto source = open_trace("app.trace", on_damage::refuse);
///     for (event each; source->next(each);) { ... }
///
/// Lifetime: the text of an event lives until the next call of `next`.
/// Complexity: memory for what is live in the program, not for the length of the trace.
/// Errors: `failure`, see `on_damage`.
class event_source {
public:
    event_source(const event_source&) = delete;
    event_source& operator=(const event_source&) = delete;
    virtual ~event_source();

    /// False at the end of the trace.
    virtual bool next(event& to) = 0;
    /// How many bytes of the file the events so far took.
    [[nodiscard]] virtual std::uint64_t bytes() const = 0;

    [[nodiscard]] const trace_info& info() const noexcept { return info_; }
    /// The call stacks of events, if they were recorded. Complete at the end of the trace.
    [[nodiscard]] const call_sites& sites() const noexcept { return sites_; }
    [[nodiscard]] const damage& left_out() const noexcept { return left_out_; }

protected:
    event_source(std::string name, on_damage policy) : name_{std::move(name)}, policy_{policy} {}

    /// Throws, or notes the damage and returns.
    void damaged(std::uint64_t offset, const std::string& what);
    /// For what cannot be salvaged.
    [[noreturn]] void unreadable(std::uint64_t offset, const std::string& what) const;

    friend std::unique_ptr<event_source> open_trace(const std::string& path, on_damage policy);

    trace_info info_;
    call_sites sites_;

private:
    std::string name_;
    on_damage policy_;
    damage left_out_;
};

/// The reader for the format that the stream has, with a name for messages. A live trace needs a
/// stream that can be read at any place.
[[nodiscard]] std::unique_ptr<event_source> read_trace(std::unique_ptr<std::istream> from,
                                                       const std::string& name, on_damage policy);

/// The same of a file; "-" is standard input.
[[nodiscard]] std::unique_ptr<event_source> open_trace(const std::string& path, on_damage policy);

}  // namespace strata::tool::trace

#endif
