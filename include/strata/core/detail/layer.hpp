// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_LAYER_HPP
#define STRATA_CORE_DETAIL_LAYER_HPP

#include <cstddef>
#include <string_view>

#include <strata/core/resource.hpp>

// Bases of the library's resources. They hold what every class would repeat.
namespace strata::detail {

/// The calls of a resource whose type is known. If `Self` declares `do_allocate` and
/// `do_deallocate` as `final`, these calls are not virtual. `Self` makes this class its friend,
/// because the two are not public:
///
///     class shelf_resource : public detail::direct_calls<shelf_resource> {
///         friend direct_calls;
template <class Self, class Base = resource>
class direct_calls : public Base {
public:
    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t)) {
        return static_cast<Self*>(this)->do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) {
        static_cast<Self*>(this)->do_deallocate(block, bytes, alignment);
    }

protected:
    using Base::Base;
};

/// The same, for a class with a description: `Description::layer_name` is its name, and `find`
/// finds it by its type.
template <class Self, class Description, class Base = resource>
class layer : public direct_calls<Self, Base> {
protected:
    using direct_calls<Self, Base>::direct_calls;

    [[nodiscard]] std::string_view do_name() const noexcept override {
        // A copy: the variable itself could be unique in the process, and keep a plugin loaded.
        constexpr std::string_view name = Description::layer_name;
        return name;
    }
    [[nodiscard]] const void* do_part(type_key wanted) const noexcept override {
        return resource::as_part(static_cast<const Self*>(this), wanted);
    }
};

}  // namespace strata::detail

#endif
