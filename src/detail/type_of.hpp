// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_TYPE_OF_HPP
#define STRATA_CORE_DETAIL_TYPE_OF_HPP

#include <memory_resource>
#include <string>
#include <type_traits>
#include <typeinfo>

namespace strata::detail {

[[nodiscard]] const std::type_info* type_at(const void* object) noexcept;

/// The `typeid` of an object with virtual functions. Null if the program that made the object was
/// compiled without RTTI; `typeid` would crash then.
template <class Object>
[[nodiscard]] const std::type_info* type_of(const Object& object) noexcept {
    static_assert(std::is_polymorphic_v<Object>);
    return type_at(&object);
}

/// The name of a foreign resource: the name of its type, if its program has RTTI.
[[nodiscard]] std::string type_name(const std::pmr::memory_resource& of);

}  // namespace strata::detail

#endif
