// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "strategy_parser.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <strata/core/label.hpp>
#include <strata/detail/size_units.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "detail/spelling.hpp"
#include "largest_block.hpp"
#include "layer_registry.hpp"

// strategy := layer { ">" layer }
// layer    := name [ "(" [ argument { "," argument } ] ")" ]
// argument := name "=" value | value | strategy
// A value is a word. A name or a path may be a text in quotation marks.

namespace strata::detail {
namespace {

constexpr std::size_t most_branches = 8;
constexpr double largest_factor = 1e6;

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '.';
}

class parser {
public:
    explicit parser(std::string_view text) : text_{text} {}

    strategy::layers_type whole() {
        if (text_.size() > strategy::longest_text) {
            fail(strategy::longest_text,
                 "the text is longer than " + decimal(strategy::longest_text) + " bytes");
        }
        auto layers = chain(0);
        if (at_ != text_.size()) {
            fail(at_, "expected \">\" and a layer, or the end of the text");
        }
        return layers;
    }

private:
    [[noreturn]] void fail(std::size_t column, const std::string& problem) const {
        raise_error(strategy_error{text_, column, "strategy: " + problem});
    }

    // --- the text, character by character -----------------------------------------------------

    void skip_blanks() {
        while (at_ != text_.size() && is_blank(text_[at_])) {
            ++at_;
        }
    }

    bool take(char wanted) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != wanted) {
            return false;
        }
        ++at_;
        skip_blanks();
        return true;
    }

    std::string_view take_word(bool (*belongs)(char) = is_word) {
        const std::size_t begin = at_;
        while (at_ != text_.size() && belongs(text_[at_])) {
            ++at_;
        }
        return text_.substr(begin, at_ - begin);
    }

    // --- layers -------------------------------------------------------------------------------

    strategy::layers_type chain(std::size_t depth) {
        strategy::layers_type layers;
        const std::size_t first_request = requests_.size();
        skip_blanks();
        do {
            const std::size_t begin = at_;
            if (!layers.empty() && kind_of(layers.back())->shape != layer_shape::adaptor) {
                fail(begin, "nothing can stand below " + quoted(layers.back().name) +
                                "; expected the end of the strategy");
            }
            const std::size_t before = requests_.size();
            layers.push_back(one_layer(depth));
            for (request& each : std::span{requests_}.subspan(before)) {
                each.layer = layers.size() - 1;
            }
        } while (take('>'));
        check_requests(layers, first_request);
        return layers;
    }

    // The size of a block that a layer will request from below, and its place in the text.
    struct request {
        std::size_t layer;
        std::string_view option;
        std::uint64_t bytes;
        std::size_t column;
    };

    // Checks the requests from `first` on, and forgets them.
    void check_requests(std::span<const strategy::layer> layers, std::size_t first) {
        for (const request& each : std::span{requests_}.subspan(first)) {
            const auto bound = largest_block(layers.subspan(each.layer + 1));
            if (bound && each.bytes > bound->bytes) {
                fail(each.column, "expected a " + std::string{each.option} + " of at most " +
                                      exact_size(bound->bytes) + ", the largest block that " +
                                      quoted(bound->by) + " below can serve");
            }
        }
        requests_.resize(first);
    }

    static const layer_kind* kind_of(const strategy::layer& layer) {
        return find_layer_kind(layer.name);
    }

    strategy::layer one_layer(std::size_t depth) {
        const std::size_t begin = at_;
        const std::string_view name = take_word();
        if (name.empty()) {
            fail(begin, "expected the name of a layer");
        }
        const layer_kind* kind = find_layer_kind(name);
        if (kind == nullptr) {
            fail(begin, "there is no layer " + quoted(name) + suggestion(name, layer_kind_names()));
        }
        strategy::layer layer{.name = kind->name};
        if (take('(') && !take(')')) {
            do {
                argument(*kind, layer, depth);
            } while (take(','));
            if (!take(')')) {
                fail(at_, "expected \",\" or \")\"");
            }
        }
        check(*kind, layer, begin);
        return layer;
    }

    void check(const layer_kind& kind, strategy::layer& layer, std::size_t begin) const {
        const std::size_t branches = layer.branches.size();
        if (kind.shape == layer_shape::branches && (branches < 2 || branches > most_branches)) {
            fail(begin, quoted(kind.name) + " takes 2 to " + decimal(most_branches) +
                            " strategies in its parentheses");
        }
        std::ranges::stable_sort(layer.options, {}, [&](const layer_option& option) {
            return std::ranges::find(kind.options, option.name, &option_kind::name);
        });
        if (kind.check) {
            const std::string problem = kind.check(layer_options{layer.options}, branches);
            if (!problem.empty()) {
                fail(begin, quoted(kind.name) + ": " + problem);
            }
        }
    }

    // --- arguments ----------------------------------------------------------------------------

    void argument(const layer_kind& kind, strategy::layer& layer, std::size_t depth) {
        const std::size_t begin = at_;
        if (begin != text_.size() && is_digit(text_[begin])) {
            const auto takes = std::ranges::find(kind.options, true, &option_kind::positional);
            if (takes == kind.options.end()) {
                fail(begin, quoted(kind.name) + " takes no value without a name" +
                                known_options(kind));
            }
            option(*takes, layer, begin);
            return;
        }
        const std::string_view name = take_word();
        if (take('=')) {
            const auto takes = std::ranges::find(kind.options, name, &option_kind::name);
            if (takes == kind.options.end()) {
                fail(begin, quoted(kind.name) + " has no option " + quoted(name) +
                                known_options(kind, name));
            }
            option(*takes, layer, begin);
            return;
        }
        if (kind.shape != layer_shape::branches) {
            fail(at_, name.empty() ? "expected an option of " + quoted(kind.name) +
                                         known_options(kind)
                                   : "expected \"=\" and the value of an option");
        }
        if (depth == strategy::deepest_nesting) {
            fail(begin, "parentheses are nested more than " + decimal(strategy::deepest_nesting) +
                            " deep");
        }
        at_ = begin;
        layer.branches.push_back(chain(depth + 1));
    }

    static std::string known_options(const layer_kind& kind, std::string_view unknown = {}) {
        if (kind.options.empty()) {
            return "; it has no options";
        }
        std::vector<std::string> names;
        std::ranges::transform(kind.options, std::back_inserter(names), &option_kind::name);
        return suggestion(unknown, names);
    }

    void option(const option_kind& kind, strategy::layer& layer, std::size_t begin) {
        const std::size_t column = at_;
        layer_option given{kind.name, value(kind)};
        const auto* const bytes = std::get_if<std::uint64_t>(&given.value);
        if (bytes != nullptr && kind.asks_below) {
            requests_.push_back({0, kind.name, *bytes, column});
        }
        const auto earlier = std::ranges::find(layer.options, kind.name, &layer_option::name);
        if (earlier != layer.options.end() && !kind.repeated) {
            fail(begin, quoted(kind.name) + " is given twice");
        }
        if (earlier != layer.options.end() && !(layer.options.back().value < given.value)) {
            fail(begin, "expected a larger value than the one before");
        }
        layer.options.push_back(std::move(given));
    }

    // --- values -------------------------------------------------------------------------------

    option_value value(const option_kind& kind) {
        const std::size_t begin = at_;
        if (kind.type == option_type::name) {
            return quotable(begin, is_of_plain_name, "a name, such as orders or \"new orders\"",
                            label::longest);
        }
        if (kind.type == option_type::path) {
            return quotable(begin, is_of_plain_path,
                            "a path, such as /tmp/run.trace or \"/tmp/my run.trace\"", kind.most);
        }
        const std::string_view text = take_word();
        if (kind.may_be_auto && text == "auto") {
            return std::string{text};
        }
        switch (kind.type) {
            case option_type::size:
                return in_range(size(text, begin), kind, begin);
            case option_type::count:
                return in_range(number(text, begin, "a whole number").value, kind, begin);
            case option_type::factor: return factor(text, kind, begin);
            case option_type::flag: return one_of(text, begin, {"true", "false"}) == "true";
            case option_type::word: return word(text, kind, begin);
            case option_type::name:
            case option_type::path: break;  // above
        }
        fail(begin, "expected a value");
    }

    template <class Number>
    Number in_range(Number value, const option_kind& kind, std::size_t begin) const {
        if (value < static_cast<Number>(kind.least)) {
            fail(begin, "expected at least " + text_of(option_value{kind.least}, kind.type));
        }
        if (value > static_cast<Number>(kind.most)) {
            fail(begin, "expected at most " + text_of(option_value{kind.most}, kind.type));
        }
        return value;
    }

    struct number_and_rest {
        std::uint64_t value;
        std::string_view rest;
    };

    number_and_rest digits(std::string_view text, std::size_t begin, const char* expected) const {
        std::uint64_t value = 0;
        const char* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc::result_out_of_range) {
            fail(begin, "the number is too large");
        }
        if (error != std::errc{}) {
            fail(begin, std::string{"expected "} + expected);
        }
        return {value, {rest, static_cast<std::size_t>(end - rest)}};
    }

    number_and_rest number(std::string_view text, std::size_t begin, const char* expected) const {
        const auto found = digits(text, begin, expected);
        if (!found.rest.empty()) {
            fail(begin + (text.size() - found.rest.size()), std::string{"expected "} + expected);
        }
        return found;
    }

    std::uint64_t size(std::string_view text, std::size_t begin) const {
        const auto [count, unit] =
            digits(text, begin, "a size in bytes or with a unit, such as 4096 or 4KiB");
        if (unit.empty()) {
            return count;
        }
        const auto known = std::ranges::find(size_units, unit, &size_unit::name);
        if (known == size_units.end()) {
            fail(begin + (text.size() - unit.size()), "expected a unit: B, KiB, MiB, GiB or TiB");
        }
        if (count > std::numeric_limits<std::uint64_t>::max() / known->bytes) {
            fail(begin, "the size is too large");
        }
        return count * known->bytes;
    }

    double factor(std::string_view text, const option_kind& kind, std::size_t begin) const {
        const std::optional<double> value = decimal_in(text);
        if (!value || !(*value <= largest_factor)) {
            fail(begin, "expected a number of at most 1000000, such as 1.5");
        }
        return in_range(*value, kind, begin);
    }

    std::string quotable(std::size_t begin, bool (*is_plain)(char), const char* expected,
                         std::uint64_t most) {
        const bool is_quoted = at_ != text_.size() && text_[at_] == '"';
        at_ += is_quoted ? 1 : 0;
        const std::string_view text = take_word(is_quoted ? is_of_label : is_plain);
        const bool is_closed = !is_quoted || (at_ != text_.size() && text_[at_] == '"');
        at_ += is_quoted && is_closed ? 1 : 0;
        if (text.empty() || !is_closed) {
            fail(begin, std::string{"expected "} + expected);
        }
        if (text.size() > most) {
            fail(begin, "expected at most " + decimal(most) + " bytes");
        }
        return std::string{text};
    }

    std::string word(std::string_view text, const option_kind& kind, std::size_t begin) const {
        if (text.size() > kind.most) {
            fail(begin, "expected at most " + decimal(kind.most) + " characters");
        }
        return one_of(text, begin, kind.words);
    }

    std::string one_of(std::string_view text, std::size_t begin,
                       const std::vector<std::string>& words) const {
        const bool is_known = std::ranges::find(words, text) != words.end();
        if (words.empty() ? text.empty() : !is_known) {
            std::string list = words.empty() ? "a word" : "";
            for (const std::string& word : words) {
                list += (list.empty() ? "" : " or ") + quoted(word);
            }
            fail(begin, "expected " + list);
        }
        return std::string{text};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<request> requests_;
};

}  // namespace

strategy::layers_type parse_layers(std::string_view text) {
    return parser{text}.whole();
}

}  // namespace strata::detail
