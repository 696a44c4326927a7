// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "symbol_table.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace strata::detail {
namespace {

constexpr unsigned char native_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

}  // namespace

symbol_table::symbol_table(std::span<const char> file) : file_{file} {
    ElfW(Ehdr) header{};
    if (!get(header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != native_class) {
        return;
    }
    for (std::size_t index = 0; index != header.e_shnum; ++index) {
        ElfW(Shdr) section{};
        ElfW(Shdr) names{};
        if (get(section, header.e_shoff, index) &&
            (section.sh_type == SHT_SYMTAB || section.sh_type == SHT_DYNSYM) &&
            section.sh_link < header.e_shnum && get(names, header.e_shoff, section.sh_link)) {
            read(section, names);
        }
    }
    std::ranges::stable_sort(functions_, {}, &function::begin);
}

const char* symbol_table::name_at(ElfW(Addr) address) const noexcept {
    auto after = std::ranges::upper_bound(functions_, address, {}, &function::begin);
    if (after == functions_.begin()) {
        return nullptr;
    }
    --after;
    return address - after->begin < after->bytes ? after->name : nullptr;
}

// Empty if the file is shorter.
std::span<const char> symbol_table::part(std::uint64_t offset, std::uint64_t bytes) const noexcept {
    const bool inside = offset <= file_.size() && bytes <= file_.size() - offset;
    return inside ? file_.subspan(offset, bytes) : std::span<const char>{};
}

// Copied, because it may be misaligned in the file.
template <class T>
bool symbol_table::get(T& to, std::uint64_t table, std::uint64_t index) const noexcept {
    if (table > file_.size() || index > file_.size() / sizeof(T)) {
        return false;
    }
    const auto from = part(table + index * sizeof(T), sizeof(T));
    if (!from.empty()) {
        std::memcpy(&to, from.data(), sizeof(T));
    }
    return !from.empty();
}

void symbol_table::read(const ElfW(Shdr) & symbols, const ElfW(Shdr) & names) {
    const auto text = part(names.sh_offset, names.sh_size);
    if (text.empty() || text.back() != '\0') {
        return;  // the last name must end with a zero
    }
    const std::uint64_t count = symbols.sh_size / sizeof(ElfW(Sym));
    ElfW(Sym) symbol{};
    for (std::uint64_t index = 0; index != count && get(symbol, symbols.sh_offset, index);
         ++index) {
        if ((symbol.st_info & 0xF) == STT_FUNC && symbol.st_size != 0 &&
            symbol.st_name < text.size()) {
            functions_.push_back({symbol.st_value, symbol.st_size, text.data() + symbol.st_name});
        }
    }
}

}  // namespace strata::detail
