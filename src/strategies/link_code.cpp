// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/link_code.hpp>

#include <unistd.h>

namespace strata::detail {

std::uint64_t link_code::secret_of_process() noexcept {
    static const std::uint64_t secret = [] {
        std::uint64_t random = 0;
        // If the system has no random number, an address on the stack has to do.
        return getentropy(&random, sizeof(random)) == 0 ? random : number(&random);
    }();
    return secret;
}

link_code link_code::of(const void* pool) noexcept {
    link_code code;
    code.secret_ = (secret_of_process() ^ number(pool)) * multiplier | 1;
    return code;
}

}  // namespace strata::detail
