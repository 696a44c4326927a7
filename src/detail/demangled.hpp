// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_CORE_DEMANGLED_HPP
#define STRATA_SRC_CORE_DEMANGLED_HPP

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace strata::detail {

/// A symbol's name as in the source; a name that is not mangled is returned unchanged.
[[nodiscard]] inline std::string demangled(const char* name) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> readable{
        abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free};
    return status == 0 ? readable.get() : name;
}

}  // namespace strata::detail

#endif
