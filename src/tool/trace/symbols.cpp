// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/symbols.hpp"

#ifndef STRATA_BACKTRACE

namespace strata::tool::trace {

void name_places(call_sites& /*of*/) {}

}  // namespace strata::tool::trace

#else

#include <backtrace.h>
#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "detail/demangled.hpp"
#include "tool/trace/read_at.hpp"
#include "trace/build_id.hpp"

namespace strata::tool::trace {
namespace {

std::string hexadecimal(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte each : bytes) {
        text += digits[std::to_integer<std::size_t>(each >> 4u)];
        text += digits[std::to_integer<std::size_t>(each & std::byte{15})];
    }
    return text;
}

/// What has to be known of an ELF file.
struct object_file {
    bool is_readable = false;
    bool is_movable = false;  ///< its addresses begin with 0
    std::string build_id;
};

object_file look_at(const std::string& path) {
    constexpr std::uint64_t most_notes = 64 * 1024;
    object_file all;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return all;
    }
    std::ifstream file{path, std::ios::binary};
    ElfW(Ehdr) head{};
    if (!read_at(file, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) {
        return all;
    }
    all.is_readable = true;
    all.is_movable = head.e_type == ET_DYN;
    for (unsigned i = 0; i != head.e_phnum; ++i) {
        ElfW(Phdr) part{};
        if (!read_at(file, head.e_phoff + i * sizeof part, part) || part.p_type != PT_NOTE ||
            part.p_filesz > most_notes) {
            continue;
        }
        std::vector<std::byte> notes(part.p_filesz);
        file.seekg(static_cast<std::streamoff>(part.p_offset));
        file.read(reinterpret_cast<char*>(notes.data()),
                  static_cast<std::streamsize>(notes.size()));
        all.build_id = hexadecimal(detail::build_id_in(notes));
        if (!all.build_id.empty()) {
            break;
        }
    }
    return all;
}

// libbacktrace reads a file as if it were this program's, so at its addresses.
std::uint64_t bias_of_this_program() {
    std::uint64_t bias = 0;
    (void)dl_iterate_phdr(
        [](dl_phdr_info* first, std::size_t /*bytes*/, void* to) {
            *static_cast<std::uint64_t*>(to) = first->dlpi_addr;
            return 1;
        },
        &bias);
    return bias;
}

void ignore_error(void* /*data*/, const char* /*message*/, int /*number*/) {}

int add_line(void* to, std::uintptr_t /*address*/, const char* file, int line,
             const char* function) {
    if (file != nullptr || function != nullptr) {
        static_cast<code_place*>(to)->names.push_back(
            {function == nullptr ? "" : detail::demangled(function), file == nullptr ? "" : file,
             line < 0 ? 0 : static_cast<std::uint32_t>(line)});
    }
    return 0;
}

// The name in the symbol table is complete; that of debug information may lack the arguments.
void take_symbol(void* to, std::uintptr_t /*address*/, const char* name, std::uintptr_t /*value*/,
                 std::uintptr_t /*size*/) {
    auto& names = static_cast<code_place*>(to)->names;
    if (name == nullptr) {
        return;
    }
    if (names.empty()) {
        names.emplace_back();
    }
    names.back().function = detail::demangled(name);
}

/// The symbols of one module.
class module_symbols {
public:
    explicit module_symbols(const code_module& of) {
        const object_file file = look_at(of.path);
        if (!file.is_readable || (!of.build_id.empty() && of.build_id != file.build_id)) {
            return;
        }
        path_ = of.path;
        state_ = backtrace_create_state(path_.c_str(), 0, ignore_error, nullptr);
        bias_ = file.is_movable ? bias_of_this_program() : 0;
    }
    void name(code_place& place) const {
        if (state_ == nullptr) {
            return;
        }
        const auto at = static_cast<std::uintptr_t>(bias_ + place.address);
        backtrace_pcinfo(state_, at, add_line, ignore_error, &place);
        backtrace_syminfo(state_, at, take_symbol, ignore_error, &place);
    }

private:
    std::string path_;  // libbacktrace keeps a pointer to it
    backtrace_state* state_ = nullptr;
    std::uint64_t bias_ = 0;
};

// libbacktrace frees nothing, and a trace that is watched is read again and again: so each file is
// read once.
const module_symbols& symbols_of(const code_module& module) {
    static std::map<std::pair<std::string, std::string>, std::unique_ptr<module_symbols>> all;
    auto& symbols = all[{module.path, module.build_id}];
    if (symbols == nullptr) {
        symbols = std::make_unique<module_symbols>(module);
    }
    return *symbols;
}

}  // namespace

void name_places(call_sites& of) {
    for (code_place& each : of.places()) {
        if (each.module != 0 && each.module < of.modules().size() && each.names.empty()) {
            symbols_of(of.modules()[each.module]).name(each);
        }
    }
}

}  // namespace strata::tool::trace

#endif
