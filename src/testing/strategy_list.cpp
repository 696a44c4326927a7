// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/strategy_list.hpp>

#include <cstdlib>
#include <stdexcept>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

std::vector<std::string> split_strategies(std::string_view list) {
    std::vector<std::string> strategies;
    int depth = 0;
    bool is_quoted = false;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= list.size(); ++at) {
        const char c = at == list.size() ? '\0' : list[at];
        is_quoted ^= c == '"';
        depth += c == '(' && !is_quoted ? 1 : 0;
        depth -= c == ')' && !is_quoted ? 1 : 0;
        // A list that ends inside parentheses is wrong; the strategy's parser reports that.
        if (at == list.size() || (c == ';' && depth <= 0 && !is_quoted)) {
            if (const auto text = trimmed(list.substr(begin, at - begin)); !text.empty()) {
                strategies.emplace_back(text);
            }
            begin = at + 1;
        }
    }
    return strategies;
}

std::vector<std::string> strategies_under_test(std::string_view list, const char* variable) {
    const char* instead = std::getenv(variable);
    const bool overridden = instead != nullptr && *instead != '\0';
    std::vector<std::string> strategies = split_strategies(overridden ? instead : list);
    if (strategies.empty()) {
        detail::raise_error(std::invalid_argument{
            "there is no strategy to test in " + detail::quoted(overridden ? instead : list) +
            (overridden ? " (from " + std::string{variable} + ")" : std::string{})});
    }
    return strategies;
}

}  // namespace strata
