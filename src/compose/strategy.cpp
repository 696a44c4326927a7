// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/compose/strategy.hpp>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <utility>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "built_resource.hpp"
#include "layer_registry.hpp"
#include "option_text.hpp"
#include "strategy_parser.hpp"

namespace strata {

strategy::strategy(layers_type layers) : layers_{std::move(layers)} {}

strategy strategy::parse(std::string_view text) {
    return strategy{detail::parse_layers(text)};
}

strategy strategy::from_env(const char* variable, std::string_view otherwise) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') {
        return parse(otherwise);
    }
    try {
        const detail::attempt here;
        return parse(value);
    } catch (const strategy_error& wrong) {
        detail::raise_error(
            strategy_error{value, wrong.column(),
                           detail::printable(variable) + ": " + wrong.problem()});
    }
}

void* built_strategy::find_layer(detail::type_key wanted) const noexcept {
    return static_cast<const detail::built_resource*>(whole_)->find_layer(wanted);
}

// --- text -------------------------------------------------------------------------------------

std::string text_of(const option_value& value, option_type type) {
    return std::visit([&](const auto& known) { return detail::option_text(known, type); }, value);
}

namespace {

std::string text_of(const strategy::layers_type& layers);

std::string text_of(const strategy::layer& layer) {
    const layer_kind* kind = detail::find_layer_kind(layer.name);
    std::vector<std::string> arguments;
    for (const layer_option& option : layer.options) {
        const option_kind& known =
            *std::ranges::find(kind->options, option.name, &option_kind::name);
        arguments.push_back((known.positional ? "" : option.name + "=") +
                            text_of(option.value, known.type));
    }
    for (const strategy::layers_type& branch : layer.branches) {
        arguments.push_back(text_of(branch));
    }
    std::string text;
    for (const std::string& argument : arguments) {
        text += (text.empty() ? "" : ", ") + argument;
    }
    return text.empty() ? layer.name : layer.name + "(" + text + ")";
}

std::string text_of(const strategy::layers_type& layers) {
    std::string text;
    for (const strategy::layer& layer : layers) {
        text += (text.empty() ? "" : " > ") + text_of(layer);
    }
    return text;
}

// --- comparison -------------------------------------------------------------------------------

std::span<const strategy::layer> without_final_heap(const strategy::layers_type& layers) {
    const bool has_one = layers.size() > 1 && layers.back().name == "heap";
    return {layers.data(), layers.size() - (has_one ? 1 : 0)};
}

bool same(const strategy::layers_type& a, const strategy::layers_type& b) {
    return std::ranges::equal(
        without_final_heap(a), without_final_heap(b),
        [](const strategy::layer& left, const strategy::layer& right) {
            return left.name == right.name && left.options == right.options &&
                   std::ranges::equal(left.branches, right.branches, same);
        });
}

}  // namespace

std::string to_string(const strategy& of) {
    return text_of(of.layers_);
}

bool operator==(const strategy& a, const strategy& b) {
    return same(a.layers_, b.layers_);
}

// --- threads ----------------------------------------------------------------------------------

namespace {

bool is_thread_safe(std::span<const strategy::layer> chain) {
    if (chain.empty()) {
        return true;  // the bottom
    }
    const strategy::layer& top = chain.front();
    const layer_kind& kind = *detail::find_layer_kind(top.name);
    switch (kind.threads ? kind.threads(layer_options{top.options})
                         : thread_safety::one_at_a_time) {
        case thread_safety::one_at_a_time:
            return false;
        case thread_safety::full:
            return true;
        case thread_safety::as_below:
            break;
    }
    return kind.shape == layer_shape::branches
               ? std::ranges::all_of(top.branches,
                                     [](const auto& branch) { return is_thread_safe(branch); })
               : is_thread_safe(chain.subspan(1));
}

}  // namespace

bool strategy::is_thread_safe() const {
    return strata::is_thread_safe(layers_);
}

// --- what is built ----------------------------------------------------------------------------

namespace {

// Makes the layers of one chain from the bottom up, and returns the top one.
std::pmr::memory_resource* make(const strategy::layers_type& layers,
                                std::pmr::memory_resource* bottom, detail::layer_list& made) {
    std::pmr::memory_resource* top = bottom;
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        const layer_kind* kind = detail::find_layer_kind(layer->name);
        // From the last branch to the first, so that `made`, read from its end, has the order of
        // `describe`.
        std::vector<std::pmr::memory_resource*> upstreams(layer->branches.size());
        for (std::size_t i = upstreams.size(); i-- != 0;) {
            upstreams[i] = make(layer->branches[i], bottom, made);
        }
        if (kind->shape == layer_shape::adaptor) {
            upstreams.push_back(top);
        }
        made.push_back(kind->make(layer_options{layer->options}, upstreams));
        if (made.back().get() == nullptr) {
            detail::raise_error(
                std::logic_error{"strategy: the maker of \"" + layer->name + "\" made nothing"});
        }
        top = made.back().get();
    }
    return top;
}

}  // namespace

built_strategy strategy::build(std::pmr::memory_resource* bottom) const {
    if (layers_.empty()) {
        detail::raise_error(std::logic_error{"strategy: it was moved from and cannot be built"});
    }
    detail::layer_list made;
    (void)make(layers_, bottom, made);
    return built_strategy{new detail::built_resource{std::move(made)}};
}

}  // namespace strata
