// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_LINK_CODE_HPP
#define STRATA_STRATEGIES_DETAIL_LINK_CODE_HPP

#include <cstdint>

#include <strata/strategies/detail/link.hpp>

namespace strata::detail {

/// How the links of free blocks are written: as they are, or coded with a secret, so that what was
/// not written as a link is not read as one. Whatever bit of a coded link changes, the address that
/// it is read as is most likely none that a block can have.
class link_code {
public:
    /// Links as they are.
    link_code() = default;
    /// Coded, differently for each pool.
    static link_code of(const void* pool) noexcept;

    [[nodiscard]] bool is_on() const noexcept { return secret_ != 0; }

    [[nodiscard]] link* read(const link* from) const noexcept {
        link* const stored = next_of(from);
        return is_on() ? decoded(stored, from) : stored;
    }
    void write(link* from, link* next) const noexcept {
        set_next(from, is_on() ? coded(next, from) : next);
    }

private:
    [[nodiscard]] link* coded(const link* next, const link* at) const noexcept;
    [[nodiscard]] link* decoded(const link* stored, const link* at) const noexcept;

    std::uintptr_t secret_ = 0;
};

}  // namespace strata::detail

#endif
