// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "module_at.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "build_id.hpp"
#include "detail/shield.hpp"
#include "frame_rule.hpp"

namespace strata::detail {
namespace {

class line_writer {
public:
    explicit line_writer(std::span<char> to) noexcept : to_{to} {}

    void add(std::string_view text) noexcept {
        const std::size_t count = std::min(text.size(), to_.size() - used_);
        std::copy_n(text.begin(), count, to_.begin() + static_cast<std::ptrdiff_t>(used_));
        used_ += count;
    }
    void add_hexadecimal(std::span<const std::byte> bytes) noexcept {
        constexpr std::string_view digits = "0123456789abcdef";
        for (const std::byte each : bytes) {
            add(digits.substr(std::to_integer<std::size_t>(each >> 4u), 1));
            add(digits.substr(std::to_integer<std::size_t>(each & std::byte{15}), 1));
        }
    }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }

private:
    std::span<char> to_;
    std::size_t used_ = 0;
};

// The first page of a module is its header, unless a linker script says otherwise.
std::span<const std::byte> build_id_of(const loaded_module& of) noexcept {
    constexpr std::size_t page = 4096;
    if (of.end - of.begin < page) {
        return {};
    }
    const auto* const begin = reinterpret_cast<const std::byte*>(of.begin);
    ElfW(Ehdr) head{};
    std::memcpy(&head, begin, sizeof head);
    if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phentsize != sizeof(ElfW(Phdr)) ||
        head.e_phoff > page || head.e_phnum > (page - head.e_phoff) / sizeof(ElfW(Phdr))) {
        return {};
    }
    for (std::size_t i = 0; i != head.e_phnum; ++i) {
        ElfW(Phdr) part{};
        std::memcpy(&part, begin + head.e_phoff + i * sizeof part, sizeof part);
        const std::uintptr_t at = of.bias + part.p_vaddr;
        if (part.p_type == PT_NOTE && of.has(at) && part.p_memsz <= of.end - at) {
            const auto found = build_id_in({reinterpret_cast<const std::byte*>(at), part.p_memsz});
            if (!found.empty()) {
                return found;
            }
        }
    }
    return {};
}

}  // namespace

loaded_module module_at(std::uintptr_t address) noexcept {
    auto* const at = reinterpret_cast<void*>(address);
#ifdef DLFO_STRUCT_HAS_EH_DBASE
    dl_find_object found{};
    if (_dl_find_object(at, &found) != 0) {
        return {};
    }
    return {reinterpret_cast<std::uintptr_t>(found.dlfo_map_start),
            reinterpret_cast<std::uintptr_t>(found.dlfo_map_end),
            found.dlfo_link_map->l_addr,
            found.dlfo_link_map->l_name,
            found.dlfo_link_map,
            found.dlfo_eh_frame};
#else
    Dl_info known{};
    link_map* found = nullptr;
    if (dladdr1(at, &known, reinterpret_cast<void**>(&found), RTLD_DL_LINKMAP) == 0 ||
        found == nullptr) {
        return {};
    }
    // Where it ends is not told.
    const auto begin = reinterpret_cast<std::uintptr_t>(known.dli_fbase);
    return {begin, address + 1, found->l_addr, found->l_name, found, nullptr};
#endif
}

bool is_loaded(const loaded_module& which) noexcept {
    auto* const last = reinterpret_cast<void*>(which.end - 1);
#ifdef DLFO_STRUCT_HAS_EH_DBASE
    dl_find_object found{};
    return _dl_find_object(last, &found) == 0 &&
           reinterpret_cast<std::uintptr_t>(found.dlfo_map_start) == which.begin &&
           reinterpret_cast<std::uintptr_t>(found.dlfo_map_end) == which.end &&
           found.dlfo_link_map == which.entry && found.dlfo_eh_frame == which.frames;
#else
    Dl_info known{};
    link_map* found = nullptr;
    return dladdr1(last, &known, reinterpret_cast<void**>(&found), RTLD_DL_LINKMAP) != 0 &&
           reinterpret_cast<std::uintptr_t>(known.dli_fbase) == which.begin && found == which.entry;
#endif
}

std::uint64_t unloaded_modules() noexcept {
    std::uint64_t count = 0;
    (void)dl_iterate_phdr(
        [](dl_phdr_info* first, std::size_t /*bytes*/, void* to) {
            *static_cast<std::uint64_t*>(to) = first->dlpi_subs;
            return 1;
        },
        &count);
    return count;
}

std::size_t describe_module(const loaded_module& of, std::span<char> to) noexcept {
    const shield here;
    line_writer line{to};
    line.add_hexadecimal(build_id_of(of));
    line.add(" ");
    if (of.path != nullptr && *of.path != '\0') {
        line.add(of.path);
        return line.used();
    }
    std::array<char, 1024> program{};  // the loader knows it without a name
    const auto length = readlink("/proc/self/exe", program.data(), program.size());
    line.add({program.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))});
    return line.used();
}

}  // namespace strata::detail
