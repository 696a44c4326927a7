// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_IMPORT_BYTE_SOURCE_HPP
#define STRATA_TOOL_IMPORT_BYTE_SOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <zstd.h>

namespace strata::tool::importing {

/// The bytes of a stream, from front to back; decompressed, if they are zstd's.
/// Errors: `failure`, if they are no whole frames of zstd, or compressed with gzip.
class byte_source {
public:
    byte_source(std::unique_ptr<std::istream> from, std::string name);

    /// How many bytes it wrote there; 0 at the end.
    [[nodiscard]] std::size_t read(std::span<char> to);
    /// How many bytes of the stream were read.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    struct free_stream {
        void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
    };

    /// False at the end of the stream.
    [[nodiscard]] bool fill();
    [[nodiscard]] std::size_t decompress(std::span<char> to);

    std::unique_ptr<std::istream> from_;
    std::string name_;
    std::uint64_t bytes_ = 0;
    std::vector<char> buffer_;
    std::span<const char> left_;                       ///< of the buffer
    std::unique_ptr<ZSTD_DStream, free_stream> zstd_;  ///< null: not compressed
    bool is_within_frame_ = false;
};

}  // namespace strata::tool::importing

#endif
