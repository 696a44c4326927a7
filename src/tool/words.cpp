// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/words.hpp"

namespace strata::tool {

std::string draws_from(const layer_kind& of) {
    switch (of.shape) {
        case layer_shape::source:
            return "nothing";
        case layer_shape::adaptor:
            return "the next layer";
        case layer_shape::branches:
            return "its 2 to 8 strategies";
    }
    return "";
}

std::string threads_of(const layer_kind& of, std::span<const layer_option> given) {
    switch (of.threads ? of.threads(layer_options{given}) : thread_safety::one_at_a_time) {
        case thread_safety::one_at_a_time:
            return "one at a time";
        case thread_safety::as_below:
            return "as the layers below";
        case thread_safety::full:
            return "any number";
    }
    return "";
}

std::string purpose(const option_kind& of) {
    return of.zero.empty() ? of.what : of.what + "; 0: " + of.zero;
}

}  // namespace strata::tool
