// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What the preloaded library does at the start and at the end of a process.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/interop/global_new.hpp>

#include "detail/shield.hpp"
#include "tool/preload/blocks.hpp"
#include "tool/preload/environment.hpp"

// The linker's: where this library begins, and where its code ends.
extern "C" [[gnu::visibility("hidden")]] const std::byte __ehdr_start;
extern "C" [[gnu::visibility("hidden")]] const std::byte etext;

namespace strata::tool {
namespace {

namespace program = global::detail;

constinit std::array<char, 128> allocating{};

void say(std::string_view text) noexcept {
    const detail::shield here;
    (void)!::write(STDERR_FILENO, text.data(), text.size());
}

// A program that brings a malloc of its own gets it before any preloaded library. One that takes
// the address of malloc has an entry for it too, but does not define it.
void tell_if_not_used() {
    const void* const used = dlsym(RTLD_DEFAULT, "malloc");
    Dl_info place{};
    Dl_info here{};
    const Elf64_Sym* symbol = nullptr;
    if (dladdr1(used, &place, reinterpret_cast<void**>(const_cast<Elf64_Sym**>(&symbol)),
                RTLD_DL_SYMENT) != 0 &&
        dladdr(&__ehdr_start, &here) != 0 && place.dli_fbase != here.dli_fbase &&
        symbol != nullptr && symbol->st_shndx != SHN_UNDEF) {
        say("strata: " + detail::printable(program_invocation_short_name) +
            " has a malloc of its own, in " + detail::printable(place.dli_fname) +
            ": the strategy does not serve it\n");
    }
}

void report_as_asked() {
    const char* const what = std::getenv(report_variable);
    if (what == nullptr) {
        return;
    }
    blocks::deallocate(blocks::allocate(1));  // makes the strategy, if nothing did
    const std::string_view asked{what};
    global::report_at_exit(asked == "stats"   ? global::exit_report::stats
                           : asked == "leaks" ? global::exit_report::leaks
                                              : global::exit_report::all);
}

[[gnu::constructor]] void at_start() {
    const detail::shield here;
    detail::text_writer{allocating}
        .write("malloc of ")
        .printable(program_invocation_short_name)
        .print(" (process %d)", getpid());
    detail::library_module = {&__ehdr_start, &etext};
    program::names = {allocating.data(), "free", "strata run"};
    tell_if_not_used();
    report_as_asked();
}

std::string figures(const allocation_stats& counted) {
    std::string line = "{\"program\": " + detail::json_string(program_invocation_short_name) +
                       ", \"process\": " + detail::decimal(getpid());
    if (const char* const strategy = std::getenv(strategy_variable)) {
        line += ", \"strategy\": " + detail::json_string(strategy);
    }
    return line + ", \"stats\": " + to_json(counted) + "}\n";
}

// One write, so that the lines of several processes do not mix.
void append(const char* file, std::string_view line) noexcept {
    const detail::shield here;
    const int to = ::open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (to < 0 || ::write(to, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        say("strata: the figures could not be written to " + detail::printable(file) + ": " +
            std::string{::strerrordesc_np(errno)} + "\n");
    }
    if (to >= 0) {
        (void)::close(to);
    }
}

[[gnu::destructor]] void at_end() {
    const char* const file = std::getenv(json_variable);
    std::pmr::memory_resource* const served_by = program::initial.load();
    if (file == nullptr || served_by == nullptr) {
        return;
    }
    if (const auto* const counter = find<stats_source>(*served_by)) {
        append(file, figures(counter->snapshot()));
    }
}

}  // namespace
}  // namespace strata::tool
