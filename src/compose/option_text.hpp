// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_COMPOSE_OPTION_TEXT_HPP
#define STRATA_SRC_COMPOSE_OPTION_TEXT_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include <strata/core/option_list.hpp>

namespace strata::detail {

// The value of an option as a strategy text has it: `4KiB`, `1.5`, `true`.
[[nodiscard]] std::string option_text(std::uint64_t number, option_type type);
[[nodiscard]] std::string option_text(double fraction, option_type type);
[[nodiscard]] std::string option_text(bool flag, option_type type);
[[nodiscard]] std::string option_text(std::string_view text, option_type type);

/// The options of a resource as a strategy text has them between parentheses.
class listed_options final : public option_list {
public:
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    void add_text(std::string_view name, std::string_view value, option_type type) override;
    void add_number(std::string_view name, std::uint64_t value, option_type type) override;
    void add_fraction(std::string_view name, double value) override;
    void append(std::string_view name, const std::string& value);

    std::string text_;
};

}  // namespace strata::detail

#endif
