// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/stack_trace.hpp>

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "demangled.hpp"

namespace strata {
namespace {

// The functions of one module, read from its file: unlike dladdr() it knows those that are not
// exported, and so nearly every function of a test program.
class symbol_table {
public:
    explicit symbol_table(const char* file) {
        const int descriptor = open(file, O_RDONLY | O_CLOEXEC);
        struct stat status {};
        if (descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_size > 0) {
            size_ = static_cast<std::size_t>(status.st_size);
            // Mapped for good: the names stay in there.
            void* mapped = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
            file_ = mapped == MAP_FAILED ? nullptr : static_cast<const char*>(mapped);
        }
        if (descriptor >= 0) {
            close(descriptor);
        }
        if (file_ != nullptr) {
            read();
        }
    }

    // Null where no function is known to hold the address.
    [[nodiscard]] const char* name_at(ElfW(Addr) address) const {
        auto after = std::ranges::upper_bound(functions_, address, {}, &function::begin);
        if (after == functions_.begin()) {
            return nullptr;
        }
        --after;
        return address - after->begin < after->bytes ? after->name : nullptr;
    }

private:
    struct function {
        ElfW(Addr) begin;
        std::uint64_t bytes;
        const char* name;
    };

    // Null where the file does not go that far.
    template <class T>
    [[nodiscard]] const T* at(std::uint64_t offset, std::uint64_t count = 1) const {
        const bool inside = offset <= size_ && count <= (size_ - offset) / sizeof(T);
        return inside ? reinterpret_cast<const T*>(file_ + offset) : nullptr;
    }

    void read() {
        const auto* header = at<ElfW(Ehdr)>(0);
        if (header == nullptr || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
            return;
        }
        const auto* sections = at<ElfW(Shdr)>(header->e_shoff, header->e_shnum);
        if (sections == nullptr) {
            return;
        }
        for (const auto* section = sections; section != sections + header->e_shnum; ++section) {
            if ((section->sh_type == SHT_SYMTAB || section->sh_type == SHT_DYNSYM) &&
                section->sh_link < header->e_shnum) {
                read(*section, sections[section->sh_link]);
            }
        }
        std::ranges::stable_sort(functions_, {}, &function::begin);
    }

    void read(const ElfW(Shdr) & table, const ElfW(Shdr) & names) {
        const std::uint64_t count = table.sh_size / sizeof(ElfW(Sym));
        const auto* symbols = at<ElfW(Sym)>(table.sh_offset, count);
        const auto* text = at<char>(names.sh_offset, names.sh_size);
        if (symbols == nullptr || text == nullptr) {
            return;
        }
        for (const auto* symbol = symbols; symbol != symbols + count; ++symbol) {
            if ((symbol->st_info & 0xF) == STT_FUNC && symbol->st_size != 0 &&
                symbol->st_name < names.sh_size) {
                functions_.push_back({symbol->st_value, symbol->st_size, text + symbol->st_name});
            }
        }
    }

    const char* file_ = nullptr;
    std::size_t size_ = 0;
    std::vector<function> functions_;
};

const symbol_table& symbols_of(const link_map& module) {
    static std::mutex mutex;
    // Never destroyed, for traces that are printed by destructors of statics.
    static auto& tables = *new std::map<ElfW(Addr), symbol_table>;
    const std::lock_guard lock{mutex};
    const auto found = tables.find(module.l_addr);
    if (found != tables.end()) {
        return found->second;
    }
    // The program itself has no name here.
    const char* file = *module.l_name == '\0' ? "/proc/self/exe" : module.l_name;
    return tables.emplace(module.l_addr, file).first->second;
}

}  // namespace

std::string function_at(const void* address) {
    Dl_info info{};
    void* extra = nullptr;
    if (dladdr1(address, &info, &extra, RTLD_DL_LINKMAP) == 0 || extra == nullptr) {
        return "?";
    }
    const auto& module = *static_cast<const link_map*>(extra);
    const auto offset = reinterpret_cast<ElfW(Addr)>(address) - module.l_addr;
    if (const char* name = symbols_of(module).name_at(offset)) {
        return detail::demangled(name);
    }
    char text[32];
    std::snprintf(text, sizeof text, "+0x%zx", static_cast<std::size_t>(offset));
    return (info.dli_fname == nullptr ? "?" : info.dli_fname) + std::string{text};
}

}  // namespace strata
