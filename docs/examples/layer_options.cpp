// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Prints the layers that a strategy text can name, with their options, as tables.
#include <iostream>
#include <span>
#include <string>

#include <strata/compose/layer_kind.hpp>

namespace {

std::string draws_from(const strata::layer_kind& kind) {
    switch (kind.shape) {
        case strata::layer_shape::source:
            return kind.name == "fixed_buffer" ? "nothing: its buffer is a block of the heap"
                                               : "nothing";
        case strata::layer_shape::adaptor:
            return "the next layer";
        case strata::layer_shape::branches:
            return "its 2 to 8 strategies";
    }
    return "";
}

}  // namespace

int main() {
    for (const strata::layer_kind& kind : strata::layers()) {
        std::cout << "## " << kind.name << "\n\nIn a text: `"
                  << strata::template_of(kind) << "`; draws from " << draws_from(kind) << ".\n\n";
        // Every kind has a name as its last option, which the page says once.
        const std::size_t shown = kind.options.size() - 1;
        if (shown != 0) {
            std::cout << "| Option | Values | Default | What it does |\n|---|---|---|---|\n";
        }
        for (const strata::option_kind& option : std::span{kind.options}.first(shown)) {
            std::cout << "| `" << option.name << "`"
                      << (option.positional ? ", without its name" : "") << " | "
                      << strata::values_in_words(option, "`") << " | " << strata::default_in_words(option, "`") << " | " << option.what
                      << (option.zero.empty() ? "" : "; 0: " + option.zero) << " |\n";
        }
        std::cout << "\n";
    }
}
