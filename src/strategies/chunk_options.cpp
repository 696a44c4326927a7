// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/chunk_options.hpp>

#include <strata/detail/size_units.hpp>

namespace strata::detail {

std::string contradiction_of_chunks(std::size_t first, std::size_t usual_first,
                                    std::size_t largest) {
    return first <= largest || first == usual_first
               ? ""
               : "expected a first_chunk of at most the largest_chunk, which is " +
                     exact_size(largest);
}

std::string contradiction_of_profiles(std::size_t first) {
    return first == auto_size ? "" : "expected first_chunk=auto beside a profile";
}

}  // namespace strata::detail
