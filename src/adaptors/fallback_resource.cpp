// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/fallback_resource.hpp>

#include <strata/core/layer_tree.hpp>

namespace strata {

namespace detail {
namespace {

bool knows_its_own(const std::pmr::memory_resource& one) {
    static constexpr char nobodys = 0;  // no resource can own it: the answer is `no`,
    return owns(one, &nobodys) != ownership::unknown;  // or `unknown` if it cannot tell
}

// A stack is another object than its top layer, but has the same blocks.
const std::pmr::memory_resource* identity_of(const std::pmr::memory_resource& one) {
    const resource* const known = as_resource(one);
    return known == nullptr ? &one : &known->identity();
}

// Whether both may own the same address, because one draws from the other, or both from a third.
bool share_blocks(const std::pmr::memory_resource* one, const std::pmr::memory_resource* other) {
    return any_layer(*one, [&](const auto& part, std::size_t /*depth*/) {
        return knows_its_own(part) &&
               any_layer(*other, [&](const auto& candidate, std::size_t /*depth*/) {
                   return identity_of(candidate) == identity_of(part);
               });
    });
}

}  // namespace

telling_apart tell_apart(std::span<std::pmr::memory_resource* const> all) noexcept {
    std::size_t unknowing = 0;
    std::size_t default_to = all.size() - 1;
    for (std::size_t i = 0; i != all.size(); ++i) {
        for (std::size_t j = i + 1; j != all.size(); ++j) {
            if (share_blocks(all[i], all[j])) {
                return {.by_owns = false, .default_to = 0};
            }
        }
        if (!knows_its_own(*all[i])) {
            ++unknowing;
            default_to = i;
        }
    }
    return {.by_owns = unknowing <= 1, .default_to = default_to};
}

}  // namespace detail

template class fallback_resource<std::pmr::memory_resource, std::pmr::memory_resource>;

}  // namespace strata
