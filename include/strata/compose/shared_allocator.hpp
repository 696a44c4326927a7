// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_SHARED_ALLOCATOR_HPP
#define STRATA_COMPOSE_SHARED_ALLOCATOR_HPP

#include <cstddef>
#include <limits>
#include <memory>
#include <memory_resource>
#include <type_traits>
#include <utility>

#include <strata/compose/shared_resource.hpp>
#include <strata/containers/deeply_pmr.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {

/// An allocator that owns its resource together with all its copies: a container keeps the resource
/// alive until its last block is freed.
///
///     template <class T>
///     using shared_vector = std::vector<T, strata::shared_allocator<T>>;
///
///     shared_vector<int> read() {
///         strata::shared_resource memory{strata::arena{}};
///         return shared_vector<int>(1000, memory);                // the arena lives as long as it
///     }
///
/// Elements that take an allocator of this kind get this one, as in a pmr container: without a
/// `std::scoped_allocator_adaptor`, which does not compile with it. Elements that take a
/// `std::pmr::polymorphic_allocator` get one on the resource; it does not own that. Such an element
/// must not be moved out of the container and outlive it.
/// An element of this kind that is assigned by a move takes the resource of the other:
/// `words[0] = std::move(word)`, and in a vector also `words.insert(at, std::move(word))` if it has
/// room. That is safe, since each owns its resource. An element that is copied, or added at the
/// end, draws from that of the container.
///
/// Routing: to the resource.
/// Lifetime: the resource ends after the last copy. A container copies and moves its resource to
/// the new container. Copy assignment keeps the memory of the target, which may be one of many
/// elements on a resource. Move assignment and `swap` take the other's resource along: no element
/// is copied, and the resources need not be equal. They throw only where the container itself
/// allocates: libstdc++'s `std::deque`, in move assignment.
/// Overhead: none a block; 8 bytes for the object, and so for each container; a virtual call.
/// Complexity, threads: those of `shared_resource`; copies are an atomic operation.
/// Errors: what the resource throws; `std::bad_array_new_length` for sizes that no memory can hold.
template <class T>
class shared_allocator {
public:
    /// What it allocates.
    using value_type = T;
    /// Two may own different resources.
    using is_always_equal = std::false_type;
    /// A container that is assigned a copy keeps its resource.
    using propagate_on_container_copy_assignment = std::false_type;
    /// A container that is moved to takes the resource along, so no element is moved.
    using propagate_on_container_move_assignment = std::true_type;
    /// Containers swap their resources, too.
    using propagate_on_container_swap = std::true_type;

    shared_allocator(const shared_resource& from) noexcept : from_{from} {}
    template <class Other>
    shared_allocator(const shared_allocator<Other>& other) noexcept : from_{other.handle()} {}

    /// The new container shares the resource of the old one.
    [[nodiscard]] shared_allocator select_on_container_copy_construction() const noexcept {
        return *this;
    }

    [[nodiscard]] T* allocate(std::size_t count) {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) [[unlikely]] {
            detail::raise_array_too_long();
        }
        return static_cast<T*>(from_->allocate(count * sizeof(T), alignof(T)));
    }
    void deallocate(T* block, std::size_t count) noexcept {
        from_->deallocate(block, count * sizeof(T), alignof(T));
    }
    /// Hands itself to an element that takes an allocator.
    template <class Object, class... Args>
    void construct(Object* at, Args&&... args) {
        std::uninitialized_construct_using_allocator(at, *this, std::forward<Args>(args)...);
    }

    /// The share of the resource that it holds.
    [[nodiscard]] const shared_resource& handle() const noexcept { return from_; }
    [[nodiscard]] strata::resource* resource() const noexcept { return from_.get(); }

    /// For elements of pmr types; it does not own the resource.
    template <class Object>
    [[nodiscard]] operator std::pmr::polymorphic_allocator<Object>() const noexcept {
        return from_.get();
    }

    /// Whether both own the same resource.
    template <class Other>
    [[nodiscard]] friend bool operator==(const shared_allocator& a,
                                         const shared_allocator<Other>& b) noexcept {
        return a.handle() == b.handle();
    }

private:
    shared_resource from_;
};

namespace detail {

// For `deeply_pmr` and `uses_resource`.
template <class T>
struct pmr_family<shared_allocator<T>> {
    using type = shared_allocator<std::byte>;

    [[nodiscard]] static bool is_on(const shared_allocator<T>& one,
                                    const std::pmr::memory_resource& wanted) {
        return *one.resource() == wanted;
    }
    [[nodiscard]] static const std::pmr::memory_resource* used_by(const shared_allocator<T>& one) {
        return one.resource();
    }
};

}  // namespace detail

}  // namespace strata

#endif
