// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/import/byte_source.hpp"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "tool/failure.hpp"

namespace strata::tool::importing {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

}  // namespace

byte_source::byte_source(std::unique_ptr<std::istream> from, std::string name)
    : from_{std::move(from)},
      name_{std::move(name)},
      buffer_(buffer_bytes) {
    (void)fill();
    const std::string_view begin{left_.data(), left_.size()};
    if (begin.starts_with("\x1F\x8B")) {
        throw failure{name_ + ": is compressed with gzip; expected it decompressed, as by zcat"};
    }
    if (begin.starts_with("\x28\xB5\x2F\xFD")) {
        zstd_.reset(ZSTD_createDStream());
        if (zstd_ == nullptr) {
            throw std::bad_alloc{};
        }
    }
}

bool byte_source::fill() {
    from_->read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    left_ = std::span{buffer_}.first(static_cast<std::size_t>(from_->gcount()));
    bytes_ += left_.size();
    if (from_->bad()) {
        throw failure{name_ + ": offset " + std::to_string(bytes_) + ": cannot be read"};
    }
    return !left_.empty();
}

std::size_t byte_source::read(std::span<char> to) {
    if (zstd_ != nullptr) {
        return decompress(to);
    }
    if (left_.empty() && !fill()) {
        return 0;
    }
    const std::size_t count = std::min(left_.size(), to.size());
    std::ranges::copy(left_.first(count), to.begin());
    left_ = left_.subspan(count);
    return count;
}

// A frame may make no bytes, so it goes on until there are some.
std::size_t byte_source::decompress(std::span<char> to) {
    ZSTD_outBuffer out{to.data(), to.size(), 0};
    while (out.pos == 0) {
        const bool is_at_end = left_.empty() && !fill();
        ZSTD_inBuffer in{left_.data(), left_.size(), 0};
        const std::size_t expected = ZSTD_decompressStream(zstd_.get(), &out, &in);
        if (ZSTD_isError(expected) != 0) {
            throw failure{name_ + ": offset " + std::to_string(bytes_ - left_.size()) +
                          ": expected what zstd can decompress: " + ZSTD_getErrorName(expected)};
        }
        left_ = left_.subspan(in.pos);
        if (is_at_end && out.pos == 0) {
            if (is_within_frame_) {
                throw failure{name_ + ": offset " + std::to_string(bytes_) +
                              ": expected the rest of a zstd frame; the file ends"};
            }
            return 0;
        }
        is_within_frame_ = is_at_end ? is_within_frame_ : expected != 0;
    }
    return out.pos;
}

}  // namespace strata::tool::importing
