// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/compression.hpp"

#include <memory>
#include <new>

#include <zstd.h>

#include "tool/failure.hpp"

namespace strata::tool::trace {
namespace {

// Three times as slow as the default level 3, a tenth smaller, and still faster than the reading of
// a live trace.
constexpr int level = 9;

struct free_context {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

std::string compressed(std::string_view content) {
    const std::unique_ptr<ZSTD_CCtx, free_context> context{ZSTD_createCCtx()};
    if (context == nullptr) {
        throw std::bad_alloc{};
    }
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string frame(ZSTD_compressBound(content.size()), '\0');
    const std::size_t bytes =
        ZSTD_compress2(context.get(), frame.data(), frame.size(), content.data(), content.size());
    if (ZSTD_isError(bytes) != 0) {
        throw failure{std::string{"zstd: "} + ZSTD_getErrorName(bytes)};
    }
    frame.resize(bytes);
    return frame;
}

std::optional<std::string> uncompressed(std::string_view frame, std::size_t bytes) {
    std::string content(bytes, '\0');
    const std::size_t found =
        ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size());
    if (ZSTD_isError(found) != 0 || found != bytes) {
        return std::nullopt;
    }
    return content;
}

}  // namespace strata::tool::trace
