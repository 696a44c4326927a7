// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_DESCRIBED_POOL_HPP
#define STRATA_STRATEGIES_DETAIL_DESCRIBED_POOL_HPP

#include <concepts>
#include <memory_resource>

#include <strata/core/detail/layer.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/strategies/detail/chunk_options.hpp>
#include <strata/strategies/detail/pool_base.hpp>

namespace strata::detail {

/// A pool with a description: its options and constructors, with the constructors of the standard's
/// pools.
template <class Self, class Description>
class described_pool : public layer<Self, Description, pool_base> {
public:
    described_pool() : described_pool{std::pmr::get_default_resource()} {}
    explicit described_pool(std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND);
    explicit described_pool(const std::pmr::pool_options& options)
        : described_pool{options, std::pmr::get_default_resource()} {}
    described_pool(const std::pmr::pool_options& options,
                   std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND)
        : described_pool{from_standard<Description>(options), upstream} {}
    // A template, so that `{{blocks, bytes}, &upstream}` means std::pmr::pool_options, as for the
    // standard's class.
    template <std::derived_from<Description> Given>
    explicit described_pool(const Given& description,
                            std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                                std::pmr::get_default_resource())
        : described_pool{upstream, description} {}

    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept {
        return this->chunks_.upstream();
    }
    /// The options in force: no field is 0, and the largest block is a size class. `profile` refers
    /// to text inside the pool.
    [[nodiscard]] detail::pool_options_in_force<Description> options() const noexcept;

protected:
    void do_list_options(option_list& to) const override;

private:
    struct sizes;

    described_pool(const sizes& valid, const strata::label& name,
                   std::pmr::memory_resource* upstream) noexcept;
    described_pool(std::pmr::memory_resource* upstream, const Description& description);
};

}  // namespace strata::detail

#endif
