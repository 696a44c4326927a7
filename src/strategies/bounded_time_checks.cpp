// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Finds misuse and broken lists in a bounded-time heap. Unchecked calls need none of it.
#include <cstddef>
#include <cstdint>

#include <strata/diagnostics/poison.hpp>
#include <strata/strategies/bounded_time_resource.hpp>

#include "strategies/granules.hpp"

namespace strata {

using namespace detail::granules;

const char* bounded_time_resource::objection_to(const void* block, layout as) const noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const std::size_t offset = address - reinterpret_cast<std::uintptr_t>(begin_);
    const std::size_t begin = offset / granule;
    const std::size_t last = last_granule_of(as.size);
    const bool may_be_live = offset % granule == 0 && begin < granules_ &&
                             last < granules_ - begin && (address & (as.alignment - 1)) == 0 &&
                             are_around_live({edges_, static_cast<index>(begin)},
                                             {edges_, static_cast<index>(begin + last + 1)});
    return may_be_live ? nullptr
                       : "which is not live, or was served with another size or alignment";
}

bool bounded_time_resource::is_free_block(index block, list in) const noexcept {
    if (block >= granules_) {
        return false;
    }
    const index size = read_free(begin_ + block * granule).size;
    return size != 0 && size <= granules_ - block && lists_.list_of(size) == in &&
           read_word(begin_ + (block + size) * granule - sizeof(word)) == size &&
           edge{edges_, block}.has_live(before) && !edge{edges_, block}.has_live(behind) &&
           !edge{edges_, block + size}.has_live(before) &&
           edge{edges_, block + size}.has_live(behind);
}

bool bounded_time_resource::is_consistent() const noexcept {
    const detail::among_poison here{guard_.is_watching()};
    std::size_t found = 0;
    for (list in{0, 0}; in != lists_.no_list; in = lists_.next_after(in)) {
        index previous = none;
        for (index block = lists_.head(in); block != none;) {
            const free_block it = read_free(begin_ + block * granule);
            if (!is_free_block(block, in) || it.previous != previous) {
                return false;
            }
            found += it.size;
            if (found > free_granules_) {
                return false;  // or a list has no end
            }
            previous = block;
            block = it.next;
        }
    }
    return found == free_granules_;
}

}  // namespace strata
