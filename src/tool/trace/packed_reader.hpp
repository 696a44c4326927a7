// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_PACKED_READER_HPP
#define STRATA_TOOL_TRACE_PACKED_READER_HPP

#include <cstdint>
#include <istream>
#include <memory>
#include <string>

#include "tool/trace/event_source.hpp"
#include "tool/trace/frame_reader.hpp"
#include "tool/trace/packed_format.hpp"
#include "tool/trace/site_frames.hpp"

namespace strata::tool::trace {

/// Reads a packed trace from front to back, so also from a pipe. The index at its end is checked
/// against the frames: none is missing.
///
/// Overhead: one frame, of at most 16 MiB, packed and unpacked.
class packed_reader final : public event_source {
public:
    /// The first 8 bytes have been read.
    packed_reader(std::unique_ptr<std::istream> from, const std::string& name, on_damage policy);

    bool next(event& to) override;
    [[nodiscard]] std::uint64_t bytes() const override { return offset_; }

private:
    void read_header();
    [[nodiscard]] bool next_frame();
    [[nodiscard]] bool find_frame(frame_header& head);
    void read_sites(const std::string& payload);
    void read_end(const frame_header& head, std::uint64_t offset, const std::string& payload);
    [[nodiscard]] std::size_t read(void* to, std::size_t bytes);

    std::unique_ptr<std::istream> from_;
    std::uint64_t offset_ = 8;
    frame_reader frame_;
    site_frame_reader site_frames_;
    bool are_sites_lost_ = false;  ///< of a frame; so the later ones have other numbers
    std::uint64_t frame_offset_ = 0;
    std::uint64_t events_ = 0;  ///< as the headers of the frames so far have it
    std::string index_;         ///< as it must be
    std::uint64_t indexed_bytes_ = 0;
    bool is_at_end_ = false;
};

}  // namespace strata::tool::trace

#endif
