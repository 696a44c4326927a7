// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/trace_resource.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <stdexcept>

#include <strata/core/label.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {

namespace {

// A path that a strategy text cannot have would make `describe` print another one.
std::string problem_of(std::string_view path) {
    if (path.empty()) {
        return "expected its file, as in trace(file=run.trace)";
    }
    return std::ranges::all_of(path, detail::is_of_label)
               ? ""
               : "expected a path without control characters, quotation marks and backslashes";
}

}  // namespace

std::string trace::contradiction() const {
    const std::string problem = problem_of(file);
    return !problem.empty() ? problem
           : on_full == on_finding::throw_
               ? "expected ignore, report or abort: nothing can be thrown when the file is full"
               : "";
}

namespace detail {
namespace {

// Not from the heap, for which this may record.
const char* reason_of(int error) noexcept {
    switch (error) {
        case ENOSPC:
            return "the disk is full";
        case EDQUOT:
            return "the quota of the user is used up";
        case EFBIG:
            return "the limit for the size of files is reached";
        case EBADF:
            return "the program has closed it";
        case ENOMEM:
            return "there is no memory to map it";
        default:
            return "the system refuses it";
    }
}

}  // namespace

std::string_view path_of(const trace& description) {
    const std::string problem = problem_of(description.file);
    if (!problem.empty()) {
        raise_error(std::invalid_argument{
            "strata: " + printable(title{trace::layer_name, description.name}.text()) + ": " +
            problem});
    }
    return description.file;
}

void report_full(const char* whose, on_finding what, const open_trace& of) noexcept {
    std::array<char, 512> text{};
    text_writer{text}
        .print("%s: no more room in ", whose)
        .quoted(of.file())
        .print(": %s (error %d); events are dropped until there is room", reason_of(of.reason()),
               of.reason());
    tell(what, text.data());
}

void report_dropped(const char* whose, on_finding what, const open_trace& of) noexcept {
    const std::uint64_t count = of.dropped();
    std::array<char, 512> text{};
    text_writer{text}
        .print("%s: %" PRIu64 " %s not recorded: no room in ", whose, count,
               count == 1 ? "event was" : "events were")
        .quoted(of.file());
    tell(what, text.data());
}

}  // namespace detail

template class trace_resource<std::pmr::memory_resource>;

}  // namespace strata
