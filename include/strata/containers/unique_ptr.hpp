// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CONTAINERS_UNIQUE_PTR_HPP
#define STRATA_CONTAINERS_UNIQUE_PTR_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <type_traits>
#include <utility>

#include <strata/detail/lifetime_bound.hpp>
#include <strata/detail/unwinding.hpp>
#include <strata/diagnostics/misuse.hpp>

namespace strata {

template <class T>
class deleter;

/// Owns an object, or with `T[]` an array, in memory from a memory resource, and returns the memory
/// to that resource with the right address, size and alignment.
///
///     strata::unique_ptr<shape> one = strata::make_unique<circle>(&memory, radius);
///     auto names = strata::make_unique<std::pmr::string[]>(&memory, 8);  // and their texts
///
/// A pointer to a derived class converts to a pointer to its base, wherever the base is in the
/// object, with or without a virtual destructor: the object is destroyed by its original type. (A
/// pointer to an array converts only to a pointer to const.)
///
/// Routing: one block of the resource for each object or array; parts that take a pmr allocator use
/// the same resource.
/// Lifetime: the resource must outlive the pointer. `reset(p)` gives the pointer an object whose
/// block it does not know: a misuse, which is reported when the pointer would destroy that object.
/// Assign from `make_unique` instead.
/// Overhead: none a block; the pointer itself takes 32 bytes, with `T[]` 24.
/// Complexity, threads: those of `std::unique_ptr` and the resource.
template <class T>
using unique_ptr = std::unique_ptr<T, deleter<T>>;

/// Destroys what `make_unique` made and gives its memory back.
template <class T>
class deleter {
public:
    deleter() = default;
    /// For an object that `std::pmr::polymorphic_allocator::new_object` made from the resource.
    deleter(std::pmr::memory_resource* resource STRATA_LIFETIME_BOUND, T* made) noexcept
        : resource_{resource},
          block_{const_cast<std::remove_cv_t<T>*>(made)},
          destroy_{&destroy<std::remove_cv_t<T>>} {}

    template <class Derived>
        requires std::convertible_to<Derived*, T*>
    deleter(const deleter<Derived>& other) noexcept
        : resource_{other.resource_}, block_{other.block_}, destroy_{other.destroy_} {}

    void operator()(T* object) const noexcept {
        if (destroy_ == nullptr) {
            misuse("unique_ptr: asked to destroy an object that make_unique did not make");
            return;
        }
        destroy_(resource_, block_, const_cast<std::remove_cv_t<T>*>(object));
    }

    /// The resource of the object's memory; null in a pointer that never owned an object.
    [[nodiscard]] std::pmr::memory_resource* resource() const noexcept { return resource_; }

    /// Whether the object's type is exactly `T`. False if that is not known.
    [[nodiscard]] bool made_as_this() const noexcept {
        return destroy_ == &destroy<std::remove_cv_t<T>>;
    }

private:
    template <class>
    friend class deleter;

    // Destroys the object by its original type, even if the pointer was converted since.
    template <class Made>
    static void destroy(std::pmr::memory_resource* to, void* block, const void* object) noexcept {
        const auto offset =
            reinterpret_cast<std::uintptr_t>(object) - reinterpret_cast<std::uintptr_t>(block);
        if (offset >= sizeof(Made)) {
            misuse("unique_ptr: asked to destroy an object that is not the one it was made for");
            return;
        }
        std::pmr::polymorphic_allocator<>{to}.delete_object(static_cast<Made*>(block));
    }

    std::pmr::memory_resource* resource_ = nullptr;
    void* block_ = nullptr;
    void (*destroy_)(std::pmr::memory_resource*, void*, const void*) noexcept = nullptr;
};

template <class T>
class deleter<T[]> {
public:
    deleter() = default;
    /// For an array of `size` elements that `polymorphic_allocator::allocate_object` took from the
    /// resource.
    deleter(std::pmr::memory_resource* resource STRATA_LIFETIME_BOUND, std::size_t size) noexcept
        : resource_{resource}, size_{size} {}

    template <class Other>
        requires std::convertible_to<Other (*)[], T (*)[]>
    deleter(const deleter<Other[]>& other) noexcept
        : resource_{other.resource_}, size_{other.size_} {}

    void operator()(T* elements) const noexcept {
        if (resource_ == nullptr) {
            misuse("unique_ptr: asked to destroy an array that make_unique did not make");
            return;
        }
        auto* first = const_cast<std::remove_cv_t<T>*>(elements);
        for (std::size_t i = size_; i != 0; --i) {
            std::destroy_at(first + i - 1);
        }
        std::pmr::polymorphic_allocator<>{resource_}.deallocate_object(first, size_);
    }

    /// The resource of the elements' memory; null in a pointer that never owned any.
    [[nodiscard]] std::pmr::memory_resource* resource() const noexcept { return resource_; }

    /// The number of elements.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    template <class>
    friend class deleter;

    std::pmr::memory_resource* resource_ = nullptr;
    std::size_t size_ = 0;
};

/// Makes a `T` from `args` in memory from a resource. A `T` that takes a pmr allocator is given
/// this resource, as in a pmr container.
///
/// Errors: what the resource or the constructor throws passes through; nothing is left behind.
template <class T, class... Args>
    requires(!std::is_array_v<T>)
[[nodiscard]] unique_ptr<T> make_unique(std::pmr::memory_resource* from STRATA_LIFETIME_BOUND,
                                        Args&&... args) {
    std::pmr::polymorphic_allocator<> allocator{from};
    auto* const made = allocator.template allocate_object<std::remove_cv_t<T>>();
    const auto construct = [&] {
        allocator.construct(made, std::forward<Args>(args)...);
        return nullptr;
    };
    (void)detail::or_undo(construct, [&] { allocator.deallocate_object(made); });
    return unique_ptr<T>{made, deleter<T>{from, made}};
}

/// Makes an array of `count` value-initialised elements: `make_unique<T[]>(&memory, count)`.
/// Elements that take a pmr allocator are given this resource.
///
/// Errors: as above; if the constructor of one element throws, the elements before it are
/// destroyed. `std::bad_array_new_length` for arrays that no memory can hold.
template <class Array>
    requires std::is_unbounded_array_v<Array>
[[nodiscard]] unique_ptr<Array> make_unique(std::pmr::memory_resource* from STRATA_LIFETIME_BOUND,
                                            std::size_t count) {
    using element = std::remove_cv_t<std::remove_extent_t<Array>>;
    std::pmr::polymorphic_allocator<> allocator{from};
    element* first = allocator.template allocate_object<element>(count);
    std::size_t made = 0;
    const auto construct = [&] {
        for (; made != count; ++made) {
            allocator.construct(first + made);
        }
        return nullptr;
    };
    (void)detail::or_undo(construct, [&] {
        while (made != 0) {
            std::destroy_at(first + --made);
        }
        allocator.deallocate_object(first, count);
    });
    return unique_ptr<Array>{first, deleter<Array>{from, count}};
}

}  // namespace strata

#endif
