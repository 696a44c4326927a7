// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/expect_stats.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include <strata/detail/size_units.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "detail/spelling.hpp"

namespace strata {
namespace {

struct figure {
    std::string_view name;
    std::int64_t allocation_stats::*member;
    bool in_bytes;
};

constexpr std::array figures{
    figure{"live", &allocation_stats::live_bytes, true},
    figure{"live_bytes", &allocation_stats::live_bytes, true},
    figure{"live_blocks", &allocation_stats::live_blocks, false},
    figure{"peak", &allocation_stats::peak_bytes, true},
    figure{"peak_bytes", &allocation_stats::peak_bytes, true},
    figure{"peak_blocks", &allocation_stats::peak_blocks, false},
    figure{"blocks", &allocation_stats::allocations, false},
    figure{"allocations", &allocation_stats::allocations, false},
    figure{"bytes", &allocation_stats::allocated_bytes, true},
    figure{"allocated_bytes", &allocation_stats::allocated_bytes, true},
    figure{"deallocations", &allocation_stats::deallocations, false},
    figure{"deallocated_bytes", &allocation_stats::deallocated_bytes, true},
    figure{"failures", &allocation_stats::failures, false},
};

struct comparison {
    std::string_view sign;
    bool (*holds)(std::int64_t, std::int64_t);
};

// Signs that begin with another one come before it.
constexpr std::array comparisons{
    comparison{"<=", [](std::int64_t a, std::int64_t b) { return a <= b; }},
    comparison{">=", [](std::int64_t a, std::int64_t b) { return a >= b; }},
    comparison{"==", [](std::int64_t a, std::int64_t b) { return a == b; }},
    comparison{"!=", [](std::int64_t a, std::int64_t b) { return a != b; }},
    comparison{"<", [](std::int64_t a, std::int64_t b) { return a < b; }},
    comparison{">", [](std::int64_t a, std::int64_t b) { return a > b; }},
    comparison{"=", [](std::int64_t a, std::int64_t b) { return a == b; }},
};

template <class Named, std::size_t Count>
std::string suggestion_of(std::string_view unknown, const std::array<Named, Count>& known) {
    std::vector<std::string> names;
    for (const Named& one : known) {
        names.emplace_back(one.name);
    }
    return detail::suggestion(unknown, names);
}

// Reads an expectation from the left.
class reader {
public:
    explicit reader(std::string_view text) : text_{text} {}

    [[nodiscard]] bool at_end() {
        skip_blanks();
        return at_ == text_.size();
    }

    void comma() {
        if (!take(",")) {
            fail(at_, "expected a comma");
        }
    }

    const figure& name() {
        const std::string_view word = letters();
        const auto found = std::ranges::find(figures, word, &figure::name);
        if (found == figures.end()) {
            fail(at_ - word.size(), word.empty() ? "expected a name" + suggestion_of(word, figures)
                                                 : "there is no figure " + detail::quoted(word) +
                                                       suggestion_of(word, figures));
        }
        return *found;
    }

    const comparison& sign() {
        skip_blanks();
        const auto found = std::ranges::find_if(
            comparisons, [&](const comparison& one) { return take(one.sign); });
        if (found == comparisons.end()) {
            fail(at_, "expected one of = == != < <= > >=");
        }
        return *found;
    }

    std::int64_t number(bool in_bytes) {
        skip_blanks();
        const std::size_t begin = at_;
        std::int64_t value = 0;
        const auto [after, error] =
            std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (error == std::errc::invalid_argument) {
            fail(begin, "expected a number");
        }
        at_ = static_cast<std::size_t>(after - text_.data());
        const std::int64_t factor = unit(in_bytes);
        const std::int64_t most = std::numeric_limits<std::int64_t>::max() / factor;
        if (error != std::errc{} || value > most || value < -most) {
            fail(begin, "the number is too large");
        }
        return value * factor;
    }

private:
    void skip_blanks() { at_ = std::min(text_.find_first_not_of(' ', at_), text_.size()); }

    bool take(std::string_view token) {
        const bool here = text_.substr(at_).starts_with(token);
        at_ += here ? token.size() : 0;
        return here;
    }

    std::string_view letters() {
        skip_blanks();
        const std::string_view rest = text_.substr(at_);
        const auto of_a_word = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        };
        const auto end = std::ranges::find_if_not(rest, of_a_word);
        const auto length = static_cast<std::size_t>(end - rest.begin());
        at_ += length;
        return rest.substr(0, length);
    }

    // In bytes; 1 where none is given.
    std::int64_t unit(bool in_bytes) {
        const std::string_view word = letters();
        if (word.empty()) {
            return 1;
        }
        if (!in_bytes) {
            fail(at_ - word.size(), "only bytes have a unit");
        }
        const auto found = std::ranges::find(detail::size_units, word, &detail::size_unit::name);
        if (found == detail::size_units.end()) {
            fail(at_ - word.size(), "there is no unit " + detail::quoted(word) +
                                        suggestion_of(word, detail::size_units));
        }
        return static_cast<std::int64_t>(found->bytes);
    }

    [[noreturn]] void fail(std::size_t column, const std::string& problem) const {
        detail::raise_error(
            std::invalid_argument{"expect_stats: " + problem + "\n  " + detail::printable(text_) +
                                  "\n  " + std::string(column, ' ') + "^"});
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const stats_expectation& result) {
    return detail::put(out, result ? "as expected" : std::string_view{result.message});
}

stats_expectation expect_stats(const allocation_stats& actual, std::string_view expected) {
    stats_expectation result;
    reader text{expected};
    for (;;) {
        const figure& wanted = text.name();
        const comparison& compared = text.sign();
        const std::int64_t number = text.number(wanted.in_bytes);
        const std::int64_t value = actual.*wanted.member;
        if (!compared.holds(value, number)) {
            std::string& message = result.message;
            message.append(result ? "" : "\n").append(wanted.name).append(" is ");
            message.append(detail::decimal(value)).append(", expected ").append(compared.sign);
            message.append(" ").append(detail::decimal(number));
        }
        if (text.at_end()) {
            return result;
        }
        text.comma();
    }
}

stats_expectation expect_stats(const stats_source& actual, std::string_view expected) {
    return expect_stats(actual.snapshot(), expected);
}

stats_expectation expect_stats(const stats_scope& actual, std::string_view expected) {
    return expect_stats(actual.stats(), expected);
}

}  // namespace strata
