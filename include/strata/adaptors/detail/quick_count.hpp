// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_QUICK_COUNT_HPP
#define STRATA_ADAPTORS_DETAIL_QUICK_COUNT_HPP

#include <cstdint>

namespace strata::detail {

/// What a tally's quick count of a call did. It calls no other function.
enum class quick_count : std::uint8_t {
    done,
    look_due,  // counted; now the thread has to call `look`
    refused    // counted nothing: `allocated` or `deallocated` has to do it
};

}  // namespace strata::detail

#endif
