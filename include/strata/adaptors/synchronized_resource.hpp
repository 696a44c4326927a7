// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_SYNCHRONIZED_RESOURCE_HPP
#define STRATA_ADAPTORS_SYNCHRONIZED_RESOURCE_HPP

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <mutex>
#include <string_view>
#include <tuple>
#include <utility>

#include <strata/adaptors/adaptor.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/detail/unwinding.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource, class Mutex = detail::call_mutex>
class synchronized_resource;

/// Describes a `synchronized_resource` with a mutex of a given type. `strata::synchronized` has the
/// library's own mutex, which suits most programs.
template <class Mutex>
struct basic_synchronized {
    label name = {};

    template <class Upstream>
    using resource_type = synchronized_resource<Upstream, Mutex>;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "synchronized";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return thread_safety::full;
    }
    static constexpr std::tuple<> option_table() { return {}; }

    friend constexpr bool operator==(const basic_synchronized&,
                                     const basic_synchronized&) = default;
};

/// Describes a `synchronized_resource` with a mutex of the library's own. The thread that holds it
/// may lock it again, and in the child of a fork it is free if another thread of the parent held
/// it.
using synchronized = basic_synchronized<detail::call_mutex>;

/// Lets one thread at a time through to its upstream, so that several may use it.
///
///     strata::pool_resource pool;
///     strata::synchronized_resource shared{&pool};
///     shared.with_lock([](strata::pool_resource& upstream) { upstream.trim(); });
///
/// Routing: every call goes on to the upstream unchanged, under the lock.
/// Lifetime: holds no blocks. The upstream must outlive it.
/// Overhead: none a block; 40 bytes for the object beside the mutex (16); a lock a call.
/// Complexity: O(1) beside the upstream's.
/// Errors: exceptions of the upstream pass through; the lock is released.
/// Threads: safe, as long as all threads use the upstream through this resource. A callback of the
/// upstream may use this resource. `describe` reads the layers below without the lock: while other
/// threads allocate, call it inside `with_lock`. After `fork`, parent and child may both go on. If
/// a call by another thread lasts longer than 100 ms, the child finds the upstream in the middle of
/// it. With a mutex of another type, the child waits for ever if another thread held the mutex.
template <class Upstream, class Mutex>
class synchronized_resource
    : public adaptor<synchronized_resource<Upstream, Mutex>, basic_synchronized<Mutex>, Upstream> {
public:
    synchronized_resource()
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : synchronized_resource{std::pmr::get_default_resource()} {}
    explicit synchronized_resource(Upstream* upstream STRATA_LIFETIME_BOUND)
        : synchronized_resource{basic_synchronized<Mutex>{}, upstream} {}
    explicit synchronized_resource(const basic_synchronized<Mutex>& description)
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : synchronized_resource{description, std::pmr::get_default_resource()} {}
    synchronized_resource(const basic_synchronized<Mutex>& description,
                          Upstream* upstream STRATA_LIFETIME_BOUND)
        : synchronized_resource::adaptor{description.name, upstream} {}

    /// Calls `f` with the upstream under the lock, and returns the result of `f`. Use it to do
    /// several operations as one, or operations that only the upstream has. `f` may call this
    /// resource if the mutex is recursive, as the library's own is. It may call `describe` with any
    /// mutex.
    template <std::invocable<Upstream&> F>
    decltype(auto) with_lock(F&& f) {
        const std::lock_guard lock{mutex_};
        return std::apply(std::forward<F>(f),
                          std::forward_as_tuple(*this->upstream_resource()));
    }

    [[nodiscard]] basic_synchronized<Mutex> options() const noexcept {
        return {.name = this->label()};
    }

protected:
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override {
        const std::lock_guard lock{mutex_};
        return this->usable_size_below(block, as);
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        const std::lock_guard lock{mutex_};
        return this->try_expand_below(block, as, bytes);
    }
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override {
        const std::lock_guard lock{mutex_};
        return synchronized_resource::adaptor::do_owns(block);
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        return detail::within<std::lock_guard<Mutex>>(
            [&] { return this->allocate_below(bytes, alignment); }, mutex_);
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (block == nullptr) [[unlikely]] {
            return this->null_freed(bytes, alignment);
        }
        const std::lock_guard lock{mutex_};
        this->deallocate_below(block, bytes, alignment);
    }

private:
    friend typename synchronized_resource::direct_calls;

    mutable Mutex mutex_;
};

extern template class synchronized_resource<std::pmr::memory_resource>;

template <class Upstream>
synchronized_resource(Upstream*) -> synchronized_resource<Upstream>;
template <class Mutex, class Upstream>
synchronized_resource(basic_synchronized<Mutex>, Upstream*)
    -> synchronized_resource<Upstream, Mutex>;

}  // namespace strata

#endif
