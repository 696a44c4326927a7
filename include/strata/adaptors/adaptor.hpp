// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_ADAPTOR_HPP
#define STRATA_ADAPTORS_ADAPTOR_HPP

#include <concepts>
#include <cstddef>
#include <memory_resource>

#include <strata/adaptors/detail/upstream_calls.hpp>
#include <strata/core/detail/guard.hpp>
#include <strata/core/detail/layer.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/option_list.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>

namespace strata {

/// The base of a resource with one upstream. It keeps the pointer to the upstream and passes
/// questions on. The derived class adds its constructor, `options()`, `do_allocate` and
/// `do_deallocate`:
///
///     template <class Upstream>
///     class my_resource : public strata::adaptor<my_resource<Upstream>, my, Upstream> {
///     public:
///         my_resource(const my& options, Upstream* upstream)
///             : my_resource::adaptor{options.name, upstream}, options_{options} {}
///         const my& options() const { return options_; }
///
///     private:
///         friend typename my_resource::direct_calls;  // calls the two functions below
///         void* do_allocate(std::size_t bytes, std::size_t alignment) final {
///             return this->allocate_below(bytes, alignment);
///         }
///         void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
///             this->deallocate_below(block, bytes, alignment);
///         }
///         my options_;
///     };
///
/// `allocate` and `deallocate` of an object of the class call these two directly. Calls of the
/// upstream are direct too if `Upstream` is a resource of this library or is derived like this
/// class. An adaptor may count bytes or ask for other sizes. So by default a block's usable size is
/// the size asked for, and no block grows in place. If an adaptor does neither, its description
/// says `static constexpr bool passes_sizes_on = true`, and the upstream answers. The upstream also
/// answers `owns`.
template <class Self, class Description, class Upstream = std::pmr::memory_resource>
class adaptor : public detail::layer<Self, Description> {
public:
    [[nodiscard]] Upstream* upstream_resource() const noexcept { return upstream_; }

protected:
    adaptor(const strata::label& name, Upstream* upstream STRATA_LIFETIME_BOUND)
        : adaptor::layer{name}, upstream_{upstream} {}

    /// Allocates from the upstream, whose exceptions pass through.
    [[nodiscard]] void* allocate_below(std::size_t bytes, std::size_t alignment) {
        return detail::allocate_from(*upstream_, bytes, alignment);
    }
    /// Allocates from the upstream; returns null instead of any exception.
    [[nodiscard]] void* try_allocate_below(layout wanted) noexcept {
        return detail::allocate_or_null(*upstream_, wanted);
    }
    [[nodiscard]] std::size_t usable_size_below(const void* block, layout as) const noexcept {
        return detail::usable_size(*upstream_, block, as);
    }
    [[nodiscard]] bool try_expand_below(void* block, layout as, std::size_t bytes) noexcept {
        return detail::try_expand(*upstream_, block, as, bytes);
    }
    /// Gives a block back to the upstream. A null pointer is a misuse in checked builds.
    void deallocate_below(void* block, std::size_t bytes, std::size_t alignment) {
        if (block == nullptr) [[unlikely]] {
            return null_freed(bytes, alignment);
        }
        upstream_->deallocate(block, bytes, alignment);
    }
    /// Handles a null pointer, for a `do_deallocate` with more to do than to call the upstream. If
    /// it is not a misuse, the upstream gets it.
    [[gnu::always_inline]] inline void null_freed(std::size_t bytes, std::size_t alignment) {
        detail::null_freed(*this, *upstream_, bytes, alignment);
    }

    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override {
        return index == 0 ? upstream_ : nullptr;
    }
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override {
        return detail::owns(*upstream_, block);
    }
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override {
        return passes_sizes_on() ? usable_size_below(block, as) : as.size;
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        return passes_sizes_on() && try_expand_below(block, as, bytes);
    }
    void do_list_options(option_list& to) const override {
        if constexpr (described_by_table<Description>) {
            to.add(static_cast<const Self*>(this)->options());
        }
    }

private:
    [[nodiscard]] static constexpr bool passes_sizes_on() noexcept {
        return requires { requires Description::passes_sizes_on; };
    }

    Upstream* upstream_;
};

}  // namespace strata

#endif
