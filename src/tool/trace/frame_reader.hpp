// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_FRAME_READER_HPP
#define STRATA_TOOL_TRACE_FRAME_READER_HPP

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tool/trace/event.hpp"
#include "tool/trace/operation.hpp"
#include "tool/trace/packed_format.hpp"

namespace strata::tool::trace {

/// The events of one frame.
class frame_reader {
public:
    frame_reader() = default;
    frame_reader(const frame_reader&) = delete;
    frame_reader& operator=(const frame_reader&) = delete;

    /// The payload, not compressed any more, of a frame with this header.
    void start(const frame_header& head, std::string payload);

    /// False at the end, and where the frame is broken: `take_problem` says then why.
    [[nodiscard]] bool next(event& to);
    /// Null if there is none.
    [[nodiscard]] const char* take_problem() noexcept { return std::exchange(problem_, nullptr); }

private:
    [[nodiscard]] bool read_columns();
    [[nodiscard]] bool read_operations();
    [[nodiscard]] bool fail(const char* why) noexcept;
    [[nodiscard]] bool take(column from, std::uint64_t& number) noexcept;
    [[nodiscard]] bool read_site(std::uint32_t& site) noexcept;
    [[nodiscard]] bool read_text(std::string_view& text) noexcept;
    [[nodiscard]] bool ends_well() noexcept;
    [[nodiscard]] std::string_view& of(column which) noexcept {
        return columns_[static_cast<std::size_t>(which)];
    }

    std::string payload_;
    std::array<std::string_view, columns> columns_;
    std::vector<operation> operations_;
    std::uint32_t events_left_ = 0;
    std::uint32_t thread_ = 0;
    bool has_sites_ = false;
    std::uint64_t next_block_ = 0;
    std::uint64_t microseconds_ = 0;
    const char* problem_ = nullptr;
};

}  // namespace strata::tool::trace

#endif
