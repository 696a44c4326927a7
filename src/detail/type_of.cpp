// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "type_of.hpp"

#include <cstring>

#include "demangled.hpp"

namespace strata::detail {

// An object begins with a pointer into its virtual table. Right before that place, the table has a
// pointer to the `type_info`, or null (Itanium C++ ABI, 2.5.2).
const std::type_info* type_at(const void* object) noexcept {
    const std::type_info* const* functions = nullptr;
    std::memcpy(&functions, object, sizeof functions);
    return functions[-1];
}

std::string type_name(const std::pmr::memory_resource& of) {
    if (&of == std::pmr::new_delete_resource()) {
        return "std::pmr::new_delete_resource()";
    }
    if (&of == std::pmr::null_memory_resource()) {
        return "std::pmr::null_memory_resource()";
    }
    const std::type_info* const type = type_of(of);
    return type == nullptr ? "std::pmr::memory_resource" : demangled(type->name());
}

}  // namespace strata::detail
