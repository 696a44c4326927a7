// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_TYPE_OF_HPP
#define STRATA_CORE_DETAIL_TYPE_OF_HPP

#include <memory_resource>
#include <string>
#include <type_traits>
#include <typeinfo>

namespace strata::detail {

[[nodiscard]] const std::type_info* type_at(const void* object) noexcept;

/// What `typeid` tells of an object with virtual functions; null where the program that made it was
/// compiled without RTTI, at which `typeid` would crash.
template <class Object>
[[nodiscard]] const std::type_info* type_of(const Object& object) noexcept {
    static_assert(std::is_polymorphic_v<Object>);
    return type_at(&object);
}

/// The name of a resource of somebody else's: that of its type, as far as that is known.
[[nodiscard]] std::string type_name(const std::pmr::memory_resource& of);

}  // namespace strata::detail

#endif
