// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_THREAD_SAFETY_HPP
#define STRATA_CORE_THREAD_SAFETY_HPP

namespace strata {

/// How many threads may use a layer at once.
enum class thread_safety {
    one_at_a_time,  ///< one
    as_below,       ///< as many as may use the layers it draws from
    full            ///< any number, whatever it draws from
};

}  // namespace strata

#endif
