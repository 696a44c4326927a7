// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_UPSTREAMS_HPP
#define STRATA_ADAPTORS_DETAIL_UPSTREAMS_HPP

#include <array>
#include <cstddef>
#include <memory_resource>
#include <tuple>

#include <strata/core/detail/layer.hpp>
#include <strata/core/label.hpp>
#include <strata/core/resource.hpp>

namespace strata::detail {

/// Pointers to the upstreams of a resource that has several, each with its own type.
template <class... Upstreams>
class upstreams {
public:
    static constexpr std::size_t count = sizeof...(Upstreams);
    static_assert(count > 0, "strata: a resource over several others needs at least one");

    explicit upstreams(Upstreams*... all) noexcept : all_{all...} {}

    template <std::size_t Index>
    [[nodiscard]] auto& get() const noexcept {
        return *std::get<Index>(all_);
    }

    /// Calls `function` with the upstream at `index`, or with the last if there are fewer.
    template <std::size_t From = 0, class Function>
    decltype(auto) call_with(std::size_t index, const Function& function) const {
        if constexpr (From + 1 == count) {
            return function(get<From>());
        } else {
            return index == From ? function(get<From>()) : call_with<From + 1>(index, function);
        }
    }

    [[nodiscard]] std::array<std::pmr::memory_resource*, count> pointers() const noexcept {
        using pointer = std::pmr::memory_resource*;
        return std::apply([](auto*... all) { return std::array{pointer{all}...}; }, all_);
    }
    /// Null past the last.
    [[nodiscard]] std::pmr::memory_resource* at(std::size_t index) const noexcept {
        return index < count ? pointers()[index] : nullptr;
    }

    /// Whether any of them owns the block; unknown if none does and one cannot tell.
    [[nodiscard]] ownership owns(const void* block) const noexcept {
        ownership any = ownership::no;
        for (const std::pmr::memory_resource* each : pointers()) {
            const ownership one = strata::owns(*each, block);
            if (one == ownership::yes) {
                return one;
            }
            if (one == ownership::unknown) {
                any = one;
            }
        }
        return any;
    }

private:
    std::tuple<Upstreams*...> all_;
};

/// The base of an adaptor with several upstreams, as `adaptor` is for one. `Named` has the
/// `layer_name`.
template <class Self, class Named, class... Upstreams>
class adaptor_of_several : public layer<Self, Named> {
protected:
    adaptor_of_several(const label& name, Upstreams*... each)
        : adaptor_of_several::layer{name}, upstreams_{each...} {}

    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override {
        return upstreams_.at(index);
    }
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override {
        return upstreams_.owns(block);
    }

    upstreams<Upstreams...> upstreams_;
};

}  // namespace strata::detail

#endif
