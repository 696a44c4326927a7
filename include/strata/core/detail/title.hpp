// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_TITLE_HPP
#define STRATA_CORE_DETAIL_TITLE_HPP

#include <array>
#include <string_view>

#include <strata/core/label.hpp>

namespace strata {

class resource;

namespace detail {

/// The words for a resource in messages: its kind and, if it has one, its name: `pool "orders"`.
/// Nothing is escaped here: each message escapes unprintable characters. Allocates nothing.
class title {
public:
    explicit title(const resource& of) noexcept;
    title(std::string_view kind, const label& name) noexcept;

    [[nodiscard]] std::string_view text() const noexcept { return text_.data(); }
    [[nodiscard]] const char* c_str() const noexcept { return text_.data(); }

private:
    std::array<char, 256> text_;
};

}  // namespace detail

}  // namespace strata

#endif
