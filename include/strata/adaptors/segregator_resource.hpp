// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_SEGREGATOR_RESOURCE_HPP
#define STRATA_ADAPTORS_SEGREGATOR_RESOURCE_HPP

#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <string_view>

#include <strata/adaptors/detail/upstream_calls.hpp>
#include <strata/adaptors/detail/upstreams.hpp>
#include <strata/adaptors/thresholds.hpp>
#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/guard.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>

namespace strata {

namespace detail {

struct named_segregator {
    static constexpr std::string_view layer_name = "segregator";
};

/// Throws `std::invalid_argument` unless each bound is above the one before it.
void check_ascending(std::span<const std::size_t> bounds);

/// Adds the bounds, and `by=alignment` if they are bounds of alignments.
void list_thresholds(option_list& to, bool of_alignments, std::span<const std::size_t> bounds);

}  // namespace detail

/// Sends each request to one of several resources, by its size or by its alignment.
///
///     strata::segregator_resource by_size{strata::up_to{64, 4096}, &small, &middle, &large};
///     strata::segregator_resource by_alignment{strata::alignment_up_to{16}, &plain, &aligned};
///
/// Routing: to the first resource whose bound the request does not exceed, or to the last, which
/// has none. A block goes back the same way, since its size and alignment are known again.
/// `try_expand` lets no block grow beyond the bound of its resource.
/// Lifetime: holds no blocks. The resources must outlive it.
/// Overhead: none a block; 40 bytes for the object, 8 a bound and 8 a resource.
/// Complexity: O(resources) beside the resource's.
/// Errors: exceptions of the resource pass through; no other resource is asked. The constructor
/// throws `std::invalid_argument` for bounds that do not ascend.
/// Threads: as the resources.
template <class... Upstreams>
class segregator_resource
    : public detail::adaptor_of_several<segregator_resource<Upstreams...>, detail::named_segregator,
                                        Upstreams...> {
public:
    template <std::size_t Count>
    explicit segregator_resource(const up_to<Count>& sizes,
                                 Upstreams*... upstreams STRATA_LIFETIME_BOUND)
        : segregator_resource{strata::label{}, sizes, upstreams...} {}
    template <std::size_t Count>
    explicit segregator_resource(const alignment_up_to<Count>& alignments,
                                 Upstreams*... upstreams STRATA_LIFETIME_BOUND)
        : segregator_resource{strata::label{}, alignments, upstreams...} {}
    template <std::size_t Count>
    segregator_resource(const strata::label& name, const up_to<Count>& sizes,
                        Upstreams*... upstreams STRATA_LIFETIME_BOUND)
        : segregator_resource{name, key::size, sizes.bounds, upstreams...} {}
    template <std::size_t Count>
    segregator_resource(const strata::label& name, const alignment_up_to<Count>& alignments,
                        Upstreams*... upstreams STRATA_LIFETIME_BOUND)
        : segregator_resource{name, key::alignment, alignments.bounds, upstreams...} {}

    /// The largest size or alignment for each resource but the last.
    [[nodiscard]] std::span<const std::size_t> bounds() const noexcept { return bounds_; }

protected:
    void do_list_options(option_list& to) const override {
        detail::list_thresholds(to, by_ == key::alignment, bounds_);
    }

    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return upstreams_.call_with(
            index_for(wanted), [&](auto& to) { return detail::allocate_or_null(to, wanted); });
    }
    // At most the bound: a block that is freed with a larger size would go to another resource.
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override {
        const std::size_t index = index_for(as);
        const std::size_t usable = upstreams_.call_with(
            index, [&](auto& of) { return detail::usable_size(of, block, as); });
        const bool is_bounded = by_ == key::size && index < bounds_.size();
        return is_bounded && bounds_[index] < usable ? bounds_[index] : usable;
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        const std::size_t index = index_for(as);
        return index == index_for({bytes, as.alignment}) &&
               upstreams_.call_with(index, [&](auto& of) {
                   return detail::try_expand(of, block, as, bytes);
               });
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        return upstreams_.call_with(index_for({bytes, alignment}), [&](auto& to) {
            return detail::allocate_from(to, bytes, alignment);
        });
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        upstreams_.call_with(index_for({bytes, alignment}), [&](auto& to) {
            if (block == nullptr) [[unlikely]] {
                return detail::null_freed(*this, to, bytes, alignment);
            }
            to.deallocate(block, bytes, alignment);
        });
    }

private:
    friend typename segregator_resource::direct_calls;
    using segregator_resource::adaptor_of_several::upstreams_;

    enum class key { size, alignment };

    template <std::size_t Count>
    segregator_resource(const strata::label& name, key by,
                        const std::array<std::size_t, Count>& bounds, Upstreams*... upstreams)
        : segregator_resource::adaptor_of_several{name, upstreams...}, by_{by}, bounds_{bounds} {
        static_assert(Count + 1 == sizeof...(Upstreams),
                      "strata: a segregator needs one resource more than it has bounds");
        detail::check_ascending(bounds_);
    }

    [[nodiscard]] std::size_t index_for(layout wanted) const noexcept {
        const std::size_t value = by_ == key::size ? wanted.size : wanted.alignment;
        std::size_t exceeded = 0;
        for (const std::size_t bound : bounds_) {
            exceeded += value > bound ? 1U : 0U;
        }
        return exceeded;
    }

    key by_;
    std::array<std::size_t, sizeof...(Upstreams) - 1> bounds_;
};

extern template class segregator_resource<std::pmr::memory_resource, std::pmr::memory_resource>;

}  // namespace strata

#endif
