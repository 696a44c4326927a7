// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_CORE_SYMBOL_TABLE_HPP
#define STRATA_SRC_CORE_SYMBOL_TABLE_HPP

#include <link.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace strata::detail {

/// The functions of an ELF file: unlike dladdr() it knows those that are not exported, and so
/// nearly every function of a test program.
///
/// Errors: of a file that is no such file, or is cut short, it knows what can be read of it.
class symbol_table {
public:
    /// The names stay in the bytes, which must outlive it.
    explicit symbol_table(std::span<const char> file);

    /// Null where no function is known to hold the address, which is one in the file.
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
