// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/chunk_options.hpp>

#include <strata/core/detail/size_units.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

namespace strata {
namespace {

std::string first_above_largest(std::size_t first_chunk, std::size_t largest_chunk) {
    return first_chunk <= largest_chunk
               ? ""
               : "expected a first_chunk of at most the largest_chunk, which is " +
                     detail::exact_size(largest_chunk);
}

template <class Pool>
std::string contradiction_of_pool(const Pool& of) {
    const std::size_t largest = of.largest_chunk == 0 ? Pool{}.largest_chunk : of.largest_chunk;
    return first_above_largest(of.first_chunk, largest);
}

}  // namespace

std::string arena::contradiction() const {
    return first_above_largest(first_chunk, largest_chunk);
}

std::string concurrent_arena::contradiction() const {
    return first_above_largest(first_chunk, largest_chunk);
}

std::string pool::contradiction() const {
    return contradiction_of_pool(*this);
}

std::string concurrent_pool::contradiction() const {
    return contradiction_of_pool(*this);
}

}  // namespace strata
