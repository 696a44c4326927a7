// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/chunk_options.hpp>

#include <strata/detail/size_units.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

namespace strata {
namespace {

// A first chunk of the usual size gives way to a smaller largest chunk without a word.
template <class Description>
std::string first_above_largest(const Description& of) {
    return of.first_chunk <= of.largest_chunk || of.first_chunk == Description{}.first_chunk
               ? ""
               : "expected a first_chunk of at most the largest_chunk, which is " +
                     detail::exact_size(of.largest_chunk);
}

}  // namespace

std::string arena::contradiction() const {
    return first_above_largest(*this);
}

std::string concurrent_arena::contradiction() const {
    return first_above_largest(*this);
}

std::string pool::contradiction() const {
    return first_above_largest(*this);
}

std::string concurrent_pool::contradiction() const {
    return first_above_largest(*this);
}

}  // namespace strata
