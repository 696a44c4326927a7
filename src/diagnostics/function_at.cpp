// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <span>
#include <string>

#include <strata/detail/text.hpp>

#include "detail/demangled.hpp"
#include "detail/shield.hpp"
#include "named_function.hpp"
#include "stack_room.hpp"
#include "symbol_table.hpp"

namespace strata {
namespace {

// A file, or nothing if it cannot be read.
class mapped_file {
public:
    explicit mapped_file(const char* name) noexcept {
        const detail::shield here;
        const int descriptor = open(name, O_RDONLY | O_CLOEXEC);
        struct stat status {};
        if (descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_size > 0) {
            const auto size = static_cast<std::size_t>(status.st_size);
            void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
            if (mapped != MAP_FAILED) {
                bytes_ = {static_cast<const char*>(mapped), size};
            }
        }
        if (descriptor >= 0) {
            close(descriptor);
        }
    }
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;
    ~mapped_file() {
        if (!bytes_.empty()) {
            const detail::shield here;
            munmap(const_cast<char*>(bytes_.data()), bytes_.size());
        }
    }

    [[nodiscard]] std::span<const char> bytes() const noexcept { return bytes_; }

private:
    std::span<const char> bytes_;
};

struct module_symbols {
    explicit module_symbols(const char* name) : file{name}, table{file.bytes()} {}

    mapped_file file;
    detail::symbol_table table;
};

const detail::symbol_table& symbols_of(const link_map& module) {
    static constinit detail::call_mutex mutex;  // the map takes its nodes from operator new
    // Never destroyed, for traces that are printed by destructors of statics.
    static constinit std::map<ElfW(Addr), module_symbols>* made = nullptr;
    const std::lock_guard lock{mutex};
    if (made == nullptr) {
        made = new std::map<ElfW(Addr), module_symbols>;
    }
    auto& tables = *made;
    const auto found = tables.find(module.l_addr);
    if (found != tables.end()) {
        return found->second.table;
    }
    // The program itself has an empty name here.
    const char* file = *module.l_name == '\0' ? "/proc/self/exe" : module.l_name;
    return tables.emplace(module.l_addr, file).first->second.table;
}

}  // namespace

std::string detail::named_function_at(const void* address) {
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
    return (info.dli_fname == nullptr ? "?" : info.dli_fname) +
           detail::formatted("+0x%zx", static_cast<std::size_t>(offset));
}

std::string function_at(const void* address) {
    return detail::with_stack_room([&] { return detail::named_function_at(address); });
}

}  // namespace strata
