// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_MODULE_AT_HPP
#define STRATA_SRC_TRACE_MODULE_AT_HPP

#include <cstdint>
#include <span>

namespace strata::detail {

/// A file that is loaded in the process.
struct loaded_module {
    std::uintptr_t begin = 0;  ///< its addresses; none if there is no module
    std::uintptr_t end = 0;
    std::uintptr_t bias = 0;  ///< so much was added to the addresses of the file
    const char* path = nullptr;
    const void* entry = nullptr;   ///< what the loader knows of it
    const void* frames = nullptr;  ///< where its unwind information begins, if that is known

    [[nodiscard]] bool has(std::uintptr_t address) const noexcept {
        return address - begin < end - begin;
    }
};

/// The module that an address is in. Takes no memory.
[[nodiscard]] loaded_module module_at(std::uintptr_t address) noexcept;

/// False if the module was unloaded. Reads nothing of it, and with glibc 2.35 or later waits for no
/// lock. Another module passes for this one if all of its addresses are the same, with those of its
/// entry and of its unwind information.
[[nodiscard]] bool is_loaded(const loaded_module& which) noexcept;

/// How many modules the process has unloaded so far. Waits for the loader.
[[nodiscard]] std::uint64_t unloaded_modules() noexcept;

/// Writes the build id of the module in hexadecimal, a space, and its path; both may be empty.
/// What does not fit is left out. Returns the length.
[[nodiscard]] std::size_t describe_module(const loaded_module& of, std::span<char> to) noexcept;

}  // namespace strata::detail

#endif
