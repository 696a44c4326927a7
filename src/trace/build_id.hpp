// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_BUILD_ID_HPP
#define STRATA_SRC_TRACE_BUILD_ID_HPP

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace strata::detail {

/// The build id among the notes of a segment of an ELF file; empty if it is not there.
inline std::span<const std::byte> build_id_in(std::span<const std::byte> notes) noexcept {
    constexpr std::string_view owner{"GNU\0", 4};
    constexpr std::size_t longest = 64;
    const auto padded = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
    while (notes.size() >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note{};
        std::memcpy(&note, notes.data(), sizeof note);
        const std::size_t name = padded(note.n_namesz);
        const std::size_t whole = sizeof note + name + padded(note.n_descsz);
        if (whole > notes.size()) {
            break;
        }
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == owner.size() &&
            std::memcmp(notes.data() + sizeof note, owner.data(), owner.size()) == 0) {
            return notes.subspan(sizeof note + name, std::min<std::size_t>(note.n_descsz, longest));
        }
        notes = notes.subspan(whole);
    }
    return {};
}

}  // namespace strata::detail

#endif
