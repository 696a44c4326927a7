// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_RETRY_RESOURCE_HPP
#define STRATA_ADAPTORS_RETRY_RESOURCE_HPP

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <tuple>
#include <utility>

#include <strata/adaptors/adaptor.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/detail/function.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/diagnostics/detail/caught.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource>
class retry_resource;

/// Calls the handler of `std::set_new_handler`, as `operator new` does, and returns true. Returns
/// false if no handler is installed.
[[nodiscard]] bool ask_new_handler(layout wanted, unsigned attempt);

/// Describes a `retry_resource`.
struct retry {
    /// How often at most to ask the upstream for one block; at least once.
    unsigned attempts = 3;
    /// Called when an attempt (counted from 1) has failed and another is left. It frees what it
    /// can, but nothing of the container that asks, and returns whether to try again. If it is
    /// empty, the first failure is the last.
    detail::function<bool(layout wanted, unsigned attempt)> callback = ask_new_handler;
    label name = {};

    template <class Upstream>
    using resource_type = retry_resource<Upstream>;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    // `try_expand` does not call the callback: if a block cannot grow, a new one may still be
    // served.
    static constexpr bool passes_sizes_on = true;
    static constexpr std::string_view layer_name = "retry";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return thread_safety::as_below;
    }

    template <class Self = retry>
    static constexpr auto option_table() {
        return std::tuple{option{&Self::attempts,
                                 {.name = "attempts",
                                  .what = "how often at most the upstream is asked for one block",
                                  .type = option_type::count,
                                  .least = 1,
                                  .most = 1000}}};
    }
};

/// Asks a callback before it gives up: a chance to free a cache and to try again.
///
///     const auto shrink = [&](strata::layout wanted, auto) { return cache.drop(wanted.size); };
///     strata::retry_resource memory{strata::retry{.callback = shrink}, &upstream};
///
/// The callback may free caches, and whatever else the program does not use just now. It must not
/// free memory of the container that asks: that container is in the middle of growing, and has
/// noted already which elements it will move. With `v.pop_back()` in a callback for `v`, it
/// moves a destroyed element. A `debug_resource` below this one reports that the memory of the
/// element was freed twice, first by the callback. A `debug_resource` above this one reports every
/// block that the callback frees through it, as a call from its own upstream.
///
/// Routing: every call goes on to the upstream unchanged. An allocation is repeated as long as the
/// upstream throws `std::bad_alloc`, attempts are left and the callback returns true.
/// Lifetime: holds no blocks. The upstream must outlive it; so must all objects that the callback
/// refers to.
/// Overhead: none a block; 104 bytes for the object.
/// Complexity: O(attempts) calls of the upstream.
/// Errors: the exception of the last attempt passes through unchanged. Any other exception than
/// `std::bad_alloc` of the upstream, and every exception of the callback, passes through at once.
/// Threads: as the upstream and the callback. The resource holds no lock while it calls the
/// callback, which may use the resource; its own allocations may in turn be retried.
template <class Upstream>
class retry_resource : public adaptor<retry_resource<Upstream>, retry, Upstream> {
public:
    retry_resource() requires std::same_as<Upstream, std::pmr::memory_resource>
        : retry_resource{std::pmr::get_default_resource()} {}
    explicit retry_resource(Upstream* upstream STRATA_LIFETIME_BOUND)
        : retry_resource{retry{}, upstream} {}
    explicit retry_resource(retry description)
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : retry_resource{std::move(description), std::pmr::get_default_resource()} {}
    retry_resource(retry description, Upstream* upstream STRATA_LIFETIME_BOUND)
        : retry_resource::adaptor{description.name, upstream},
          options_{std::move(description)} {
        options_.attempts = options_.attempts == 0 ? 1 : options_.attempts;
    }

    /// The options in force: at least one attempt.
    [[nodiscard]] const retry& options() const noexcept { return options_; }

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        for (unsigned attempt = 1;; ++attempt) {
            bool is_repeated = false;
            void* const block = detail::null_if_no_memory(
                [&] { return this->allocate_below(bytes, alignment); },
                [&] {
                    is_repeated = attempt < options_.attempts &&
                                  wants_another({bytes, alignment}, attempt);
                    return is_repeated;
                });
            if (!is_repeated) {
                return block;
            }
        }
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        this->deallocate_below(block, bytes, alignment);
    }

private:
    friend typename retry_resource::direct_calls;

    [[nodiscard]] bool wants_another(layout wanted, unsigned attempt) const {
        return options_.callback && options_.callback(wanted, attempt);
    }

    retry options_;
};

extern template class retry_resource<std::pmr::memory_resource>;

template <class Upstream>
retry_resource(Upstream*) -> retry_resource<Upstream>;
template <class Upstream>
retry_resource(retry, Upstream*) -> retry_resource<Upstream>;

}  // namespace strata

#endif
