// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_SHARED_RESOURCE_HPP
#define STRATA_COMPOSE_SHARED_RESOURCE_HPP

#include <atomic>
#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>

#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/core/resource.hpp>

namespace strata {

namespace detail {

/// The layers of a shared resource, and the number of its handles.
class shared_layers {
public:
    shared_layers(const shared_layers&) = delete;
    shared_layers& operator=(const shared_layers&) = delete;
    virtual ~shared_layers();

    [[nodiscard]] resource& whole() const noexcept { return *whole_; }
    void add_handle() noexcept { handles_.fetch_add(1, std::memory_order_relaxed); }
    // The thread that ends the layers sees all that others did with them.
    void drop_handle() noexcept {
        if (handles_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

protected:
    shared_layers() = default;
    void set_whole(resource& whole) noexcept { whole_ = &whole; }

private:
    resource* whole_ = nullptr;
    std::atomic<std::size_t> handles_ = 1;
};

template <class... Descriptions>
class shared_stack final : public shared_layers {
public:
    explicit shared_stack(const Descriptions&... descriptions) : stack_{descriptions...} {
        set_whole(stack_);
    }

private:
    stack<Descriptions...> stack_;
};

}  // namespace detail

/// A reference-counted handle, which owns a resource together with its copies: the last one ends
/// the resource. For containers that outlive the scope that made their resource.
///
///     strata::shared_resource memory{strata::stats{}, strata::pool{}, strata::arena{}};
///     strata::shared_resource chosen{"stats > pool > arena"};
///     std::vector<int, strata::shared_allocator<int>> numbers{memory};  // shared_allocator.hpp
///
/// Made from descriptions as a `stack` is, from the text of a `strategy`, or from a
/// `built_strategy`. Handles are never empty: a move is a copy.
///
/// Routing: `*memory` and `memory.get()` are the resource: a `stack`, or a built strategy.
/// Lifetime: the last handle ends the layers, from the top down. Users of `memory.get()` without a
/// handle must end before it. A resource whose address ends the descriptions must outlive all
/// handles. A handle in a block of its own resource keeps the resource until that block is freed.
/// Overhead: 8 bytes a handle. One block of `operator new` has the layers, and 24 bytes for the
/// count of handles: the resource cannot serve the block that it lies in itself. From a text or a
/// `built_strategy`, this block has 32 bytes, beside the memory of the `built_strategy`.
/// Complexity: O(1); a handle is copied, and ends, by one atomic operation.
/// Errors: those of `stack`, `strategy::parse` and `strategy::build`; copies never throw.
/// Threads: distinct handles may be copied and ended by distinct threads. The resource is as
/// thread-safe as its layers. The last handle may end on any thread, and this thread sees all that
/// others did through theirs. A `debug` that is tied to a thread reports an end on another one.
class shared_resource {
public:
    template <class First, class... Rest>
        // The last two are mistakes, which `layer_or_error` explains.
        requires(description_of_layer<First> || detail::resource_pointer<First> ||
                 std::derived_from<First, std::pmr::memory_resource> ||
                 detail::pointer_to_const<First>)
    explicit shared_resource(const First& first, const Rest&... rest)
        : layers_{new detail::shared_stack<detail::layer_or_error<First>,
                                           detail::layer_or_error<Rest>...>{first, rest...}} {}
    explicit shared_resource(std::string_view text);
    explicit shared_resource(built_strategy&& built);

    shared_resource(const shared_resource& other) noexcept : layers_{other.layers_} {
        layers_->add_handle();
    }
    shared_resource& operator=(const shared_resource& other) noexcept {
        other.layers_->add_handle();
        std::exchange(layers_, other.layers_)->drop_handle();
        return *this;
    }
    ~shared_resource() { layers_->drop_handle(); }

    [[nodiscard]] resource* get() const noexcept { return &layers_->whole(); }
    [[nodiscard]] resource& operator*() const noexcept { return layers_->whole(); }
    [[nodiscard]] resource* operator->() const noexcept { return &layers_->whole(); }

    /// Whether both own the same resource. Resources that compare equal, such as two heaps, differ
    /// here: one may end while blocks that it served are freed through the other.
    friend bool operator==(const shared_resource& a, const shared_resource& b) noexcept {
        return a.layers_ == b.layers_;
    }

private:
    detail::shared_layers* layers_;
};

}  // namespace strata

#endif
