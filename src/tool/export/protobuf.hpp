// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXPORT_PROTOBUF_HPP
#define STRATA_TOOL_EXPORT_PROTOBUF_HPP

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tool/trace/varint.hpp"

namespace strata::tool::exporting {

/// A message in the encoding of protocol buffers, field by field. Each begins with its number and
/// its type: 0 is a varint, 2 are bytes after their count.
class protobuf_message {
public:
    protobuf_message& number(std::uint32_t field, std::uint64_t value) {
        trace::append_varint(bytes_, field << 3u);
        trace::append_varint(bytes_, value);
        return *this;
    }
    protobuf_message& bytes(std::uint32_t field, std::string_view value) {
        trace::append_varint(bytes_, field << 3u | 2u);
        trace::append_varint(bytes_, value.size());
        bytes_ += value;
        return *this;
    }
    protobuf_message& message(std::uint32_t field, const protobuf_message& value) {
        return bytes(field, value.bytes_);
    }
    protobuf_message& numbers(std::uint32_t field, std::span<const std::uint64_t> values) {
        std::string packed;
        for (const std::uint64_t each : values) {
            trace::append_varint(packed, each);
        }
        return bytes(field, packed);
    }

    [[nodiscard]] const std::string& content() const noexcept { return bytes_; }

private:
    std::string bytes_;
};

}  // namespace strata::tool::exporting

#endif
