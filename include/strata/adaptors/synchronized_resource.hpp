// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_SYNCHRONIZED_RESOURCE_HPP
#define STRATA_ADAPTORS_SYNCHRONIZED_RESOURCE_HPP

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory_resource>
#include <mutex>
#include <string_view>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/fork_gate.hpp>
#include <strata/core/detail/guard.hpp>
#include <strata/core/resource.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource, class Mutex = detail::call_mutex>
class synchronized_resource;

/// Describes a `synchronized_resource` with a mutex of a given type. `strata::synchronized` is the
/// usual one.
template <class Mutex>
struct basic_synchronized {
    template <class Upstream>
    using resource_type = synchronized_resource<Upstream, Mutex>;
    static constexpr bool is_source = false;

    friend constexpr bool operator==(const basic_synchronized&,
                                     const basic_synchronized&) = default;
};

/// Describes a `synchronized_resource` with a mutex of the library's own, which its holder may lock
/// again and which is free in the child of a fork.
using synchronized = basic_synchronized<detail::call_mutex>;

/// Lets one thread at a time through to its upstream, so that several may use it.
///
///     strata::pool_resource pool;
///     strata::synchronized_resource shared{&pool};
///     shared.with_lock([](strata::pool_resource& upstream) { upstream.trim(); });
///
/// Routing: every call goes on to the upstream unchanged, under the lock.
/// Lifetime: holds no blocks. The upstream must outlive it.
/// Overhead: none a block; 16 bytes for the object beside the mutex (16); a lock a call.
/// Complexity: O(1) beside the upstream's.
/// Errors: what the upstream throws passes through, the lock released.
/// Threads: safe, as long as all of them use the upstream through it. A callback of the upstream may
/// use this resource. `describe` reads the layers below without the lock: while others allocate, call
/// it inside `with_lock`. After `fork`, parent and child may both go on; with a mutex of another type
/// the child may not, if another thread had it.
template <class Upstream, class Mutex>
class synchronized_resource : public resource {
public:
    synchronized_resource()
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : synchronized_resource{std::pmr::get_default_resource()} {}
    explicit synchronized_resource(Upstream* upstream) : upstream_{upstream} {}
    synchronized_resource(const basic_synchronized<Mutex>& /*description*/, Upstream* upstream)
        : upstream_{upstream} {}

    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    /// Calls `f` with the upstream while no other thread is in it, and returns what it returns: for
    /// several operations as one, and for those that only the upstream has. Calling this resource
    /// inside it needs a recursive mutex, as the usual one is, save for `describe`.
    template <std::invocable<Upstream&> F>
    decltype(auto) with_lock(F&& f) {
        const std::lock_guard lock{mutex_};
        return std::invoke(std::forward<F>(f), *upstream_);
    }

    [[nodiscard]] Upstream* upstream_resource() const noexcept { return upstream_; }

protected:
    [[nodiscard]] std::string_view do_name() const noexcept override { return "synchronized"; }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override {
        return index == 0 ? upstream_ : nullptr;
    }
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override {
        const std::lock_guard lock{mutex_};
        return strata::owns(*upstream_, block);
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        const std::lock_guard lock{mutex_};
        return detail::allocate_from(*upstream_, bytes, alignment);
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (block == nullptr) [[unlikely]] {
            return detail::null_freed(*this, *upstream_, bytes, alignment);
        }
        const std::lock_guard lock{mutex_};
        upstream_->deallocate(block, bytes, alignment);
    }

private:
    Upstream* upstream_;
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
