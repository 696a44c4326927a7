// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "option_text.hpp"

#include <algorithm>

#include <strata/core/label.hpp>
#include <strata/detail/size_units.hpp>
#include <strata/detail/text.hpp>

namespace strata::detail {

std::string option_text(std::uint64_t number, option_type type) {
    return type == option_type::size ? exact_size(number) : decimal(number);
}

std::string option_text(double fraction, option_type /*type*/) {
    return decimal(fraction);
}

std::string option_text(bool flag, option_type /*type*/) {
    return flag ? "true" : "false";
}

std::string option_text(std::string_view text, option_type type) {
    const bool is_plain =
        type == option_type::name   ? std::ranges::all_of(text, is_of_plain_name)
        : type == option_type::path ? std::ranges::all_of(text, is_of_plain_path)
                                    : true;
    return is_plain ? std::string{text} : '"' + std::string{text} + '"';
}

void listed_options::add_text(std::string_view name, std::string_view value, option_type type) {
    append(name, option_text(value, type));
}

void listed_options::add_number(std::string_view name, std::uint64_t value, option_type type) {
    append(name, option_text(value, type));
}

void listed_options::add_fraction(std::string_view name, double value) {
    append(name, option_text(value, option_type::factor));
}

void listed_options::append(std::string_view name, const std::string& value) {
    text_.append(text_.empty() ? "" : ", ");
    text_.append(name).append(name.empty() ? "" : "=").append(value);
}

}  // namespace strata::detail
