// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_DETAIL_DEMANGLED_HPP
#define STRATA_SRC_DETAIL_DEMANGLED_HPP

#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace strata::detail {

/// A symbol's name as in the source. A name that is not mangled is returned unchanged, and so is
/// any where there is no memory to demangle it.
[[nodiscard]] inline std::string demangled(const char* name) {
    // libc++abi ends the program if the demangler finds no memory. With room for the text, it calls
    // malloc for very long names alone.
    std::size_t size = std::size_t{16} * 1024;
    std::unique_ptr<char, decltype(&std::free)> readable{static_cast<char*>(std::malloc(size)),
                                                         &std::free};
    int status = 0;
    char* const written =
        readable == nullptr ? nullptr : abi::__cxa_demangle(name, readable.get(), &size, &status);
    if (written == nullptr) {
        return name;
    }
    (void)readable.release();  // moved, if it was too small
    readable.reset(written);
    std::string text = readable.get();
    // Inline namespaces of libc++ and libstdc++, which the source leaves out.
    for (const std::string_view part : {"::__1::", "::__cxx11::"}) {
        for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos;) {
            text.erase(at, part.size() - 2);
        }
    }
    return text;
}

}  // namespace strata::detail

#endif
