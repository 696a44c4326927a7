// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_CORE_SYMBOL_TABLE_HPP
#define STRATA_SRC_CORE_SYMBOL_TABLE_HPP

#include <link.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace strata::detail {

/// The function symbols of an ELF file. It also has functions that are not exported, which dladdr()
/// lacks: most functions of a test program.
///
/// Errors: from a damaged or truncated file, it takes the symbols that can be read.
class symbol_table {
public:
    /// The names stay in the bytes of the file, which must outlive this object.
    explicit symbol_table(std::span<const char> file);

    /// The function that contains an address of the file; null if none is known.
    [[nodiscard]] const char* name_at(ElfW(Addr) address) const noexcept;

private:
    struct function {
        ElfW(Addr) begin;
        std::uint64_t bytes;
        const char* name;
    };

    [[nodiscard]] std::span<const char> part(std::uint64_t offset,
                                             std::uint64_t bytes) const noexcept;
    template <class T>
    [[nodiscard]] bool get(T& to, std::uint64_t table, std::uint64_t index = 0) const noexcept;
    void read(const ElfW(Shdr) & symbols, const ElfW(Shdr) & names);

    std::span<const char> file_;
    std::vector<function> functions_;
};

}  // namespace strata::detail

#endif
