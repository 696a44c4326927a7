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
///         return shared_vector<int>(1000, memory);                // it owns the arena, too
///     }
///
/// Elements that take an allocator of this kind get that of the container, as in a pmr container.
/// `std::scoped_allocator_adaptor` is not needed, and does not compile with it. Elements that take
/// a `std::pmr::polymorphic_allocator` get one on the resource, which does not own the resource.
/// Such an element, if it is moved out of the container, must not outlive it.
/// An element of this kind takes the other's resource if it is move-assigned:
/// `words[0] = std::move(word)`, and in a vector that has room also
/// `words.insert(at, std::move(word))`. That is safe, since each element owns its resource. An
/// element that is copied, or added at the end, draws from the resource of the container.
///
/// Routing: to the resource.
/// Lifetime: the resource ends with the last copy. A new container that is copied or moved from
/// another one gets its resource. Copy assignment keeps the resource of the target, which may be
/// one of many elements on it. Move assignment and `swap` take the other's resource along: no
/// element is copied, and the resources need not be equal. They throw only where the container
/// itself allocates: libstdc++'s `std::deque`, in move assignment.
/// Overhead: none a block; 8 bytes for the object, and so for each container; a virtual call.
/// Complexity, threads: those of `shared_resource`; a copy takes one atomic operation.
/// Errors: what the resource throws; `std::bad_array_new_length` for sizes that no memory can hold.
template <class T>
class shared_allocator {
public:
    /// The type of the objects that it allocates.
    using value_type = T;
    /// Two may own different resources.
    using is_always_equal = std::false_type;
    /// A container that is copy-assigned keeps its resource.
    using propagate_on_container_copy_assignment = std::false_type;
    /// A container that is move-assigned takes the other's resource, so no element is moved.
    using propagate_on_container_move_assignment = std::true_type;
    /// `swap` swaps the resources of containers, too.
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

    /// The handle that it holds.
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
