// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_OUT_OF_ROOM_HPP
#define STRATA_CORE_OUT_OF_ROOM_HPP

#include <array>
#include <cstddef>
#include <new>
#include <string_view>

#include <strata/core/layout.hpp>

namespace strata {

/// A resource of bounded size throws it for a block that it has no room for. `what()` has the
/// figures:
///
///     strata: fixed_buffer has no room for 128 B (aligned to 16 B): 40 B left of 1000 B
///
/// Neither its constructor nor its copy allocates.
class out_of_room : public std::bad_alloc {
public:
    /// The format, in the syntax of `printf`, makes the text after the colon. A text that is too
    /// long is cut off.
    [[gnu::format(printf, 5, 6)]] out_of_room(std::string_view resource, layout asked,
                                              std::size_t room_bytes, const char* format,
                                              ...) noexcept;

    [[nodiscard]] const char* what() const noexcept override { return text_.data(); }

    /// The request that was refused.
    [[nodiscard]] layout asked() const noexcept { return asked_; }
    /// The size, in bytes, of a block that the resource could have served instead.
    [[nodiscard]] std::size_t room_bytes() const noexcept { return room_bytes_; }

private:
    layout asked_;
    std::size_t room_bytes_;
    std::array<char, 224> text_{};
};

}  // namespace strata

#endif
