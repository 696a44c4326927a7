// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The report about operator new at the end of a program.
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cinttypes>
#include <string_view>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/detail/block_checker.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/core/detail/title.hpp>
#include <strata/core/format_bytes.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/detail/text.hpp>
#include <strata/interop/global_new.hpp>

#include "detail/at_exit.hpp"
#include "detail/shield.hpp"

extern "C"
    [[gnu::visibility("hidden")]] void* __dso_handle;  // of the module that contains this code

namespace strata::global {
namespace {

constinit std::atomic<bool> wants_stats{false};
constinit std::atomic<bool> wants_leaks{false};

// Composes a text without a call of operator new.
class text_in_place : public strata::detail::text_writer {
public:
    text_in_place() : text_writer{place_} {}

    void write_to(int file) const {
        const strata::detail::shield here;
        std::string_view rest = text();
        while (!rest.empty()) {
            const ssize_t written = ::write(file, rest.data(), rest.size());
            if (written <= 0) {
                return;
            }
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }

private:
    std::array<char, 8192> place_;
};

// Writes the name of the function and, if it has a name, the resource that counts it.
void write_subject(strata::detail::text_writer& to, const resource* counted_by) {
    to.write(detail::names.allocate);
    if (counted_by != nullptr && !counted_by->label().empty()) {
        to.write(" (").printable(strata::detail::title{*counted_by}.text()).write(")");
    }
}

void write_leaks(strata::detail::text_writer& to, const allocation_stats& counted,
                 const resource* counted_by) {
    if (counted.live_blocks == 0) {
        to.write("strata: no block of ");
        write_subject(to, counted_by);
        to.write(" is live at the exit\n");
        return;
    }
    to.print("strata: %" PRId64 " block%s (%s) of ", counted.live_blocks,
             counted.live_blocks == 1 ? "" : "s", format_bytes(counted.live_bytes).c_str());
    write_subject(to, counted_by);
    to.write(" still live at the exit\n");
}

template <class Part>
const resource* layer_with(const std::pmr::memory_resource& in) {
    const resource* found = nullptr;
    (void)strata::detail::any_layer(in, [&](const auto& layer, std::size_t /*depth*/) {
        const resource* const known = strata::detail::as_resource(layer);
        const bool has_it = known != nullptr && strata::detail::part_of<Part>(known->identity());
        found = has_it ? &known->identity() : nullptr;
        return has_it;
    });
    return found;
}

void report() {
    const bool stats = wants_stats.load();
    const bool leaks = wants_leaks.load();
    if (!stats && !leaks) {
        return;
    }
    std::pmr::memory_resource* const in = detail::initial.load();
    const resource* const counted_by = in == nullptr ? nullptr : layer_with<stats_source>(*in);
    const auto* const counter =
        counted_by == nullptr ? nullptr : strata::detail::part_of<stats_source>(*counted_by);
    auto* const checker = in == nullptr ? nullptr : find<strata::detail::block_checker>(*in);

    text_in_place text;
    if (counter == nullptr && (stats || checker == nullptr)) {
        text.print("strata: no report: the resource of %s has no stats", detail::names.allocate)
            .write(leaks ? " and no debug\n" : "\n");
    }
    if (counter != nullptr) {
        const allocation_stats counted = counter->snapshot();
        if (stats) {
            text.write("strata: ");
            write_subject(text, counted_by);
            text.write(" at the exit\n");
            strata::detail::write(text, counted);
        }
        if (leaks && checker == nullptr) {
            write_leaks(text, counted, counted_by);
        }
    }
    text.write_to(STDERR_FILENO);
    if (leaks && checker != nullptr && checker->check_at_exit() == 0) {
        text_in_place nothing;
        write_leaks(nothing, {}, checker);
        nothing.write_to(STDERR_FILENO);
    }
}

// At an exit, the function below is called twice: by a registered function, and at the end of the
// library. Which call comes last depends on whether the first allocation came before `main`. Only
// the last call reports, because more destructors have run by then.
constinit std::atomic<bool> had_a_chance{false};

void take_second_chance() {
    if (had_a_chance.exchange(true)) {
        report();
    }
}

// Whether this code is in the program or in a library that was loaded with it. In the list of
// modules, those come before the loader; plugins are added at the end. A library that only other
// libraries need may come after the loader too; its report then comes a little earlier.
bool is_never_unloaded() noexcept {
    const auto look = [](dl_phdr_info* loaded, std::size_t /*size*/, void* /*unused*/) {
        const auto holds = [&](const void* address) {
            const auto at = reinterpret_cast<ElfW(Addr)>(address) - loaded->dlpi_addr;
            return std::any_of(loaded->dlpi_phdr, loaded->dlpi_phdr + loaded->dlpi_phnum,
                               [&](const ElfW(Phdr) & part) {
                                   return part.p_type == PT_LOAD &&
                                          at - part.p_vaddr < part.p_memsz;
                               });
        };
        constexpr int is_loader = 2;
        constexpr int is_here = 1;
        if (holds(&wants_leaks)) {
            return is_here;
        }
        return loaded->dlpi_addr == getauxval(AT_BASE) ? is_loader : 0;
    };
    return dl_iterate_phdr(look, nullptr) == 1;
}

// Runs at the end of this library, after the end of the program and of libraries that were
// initialised later.
[[gnu::destructor]] void at_end_of_library() {
    take_second_chance();
}

}  // namespace

void detail::register_for_exit() noexcept {
    // The child of a fork may call this again.
    static constinit std::atomic<bool> is_registered{false};
    if (is_registered.exchange(true)) {
        return;
    }
    // A function that belongs to no library and is registered before `main` runs after the end of
    // all libraries. A function in a library that may be unloaded must belong to that library.
    strata::detail::call_at_exit([](void*) { take_second_chance(); }, nullptr,
                                 is_never_unloaded() ? nullptr : &__dso_handle);
}

void report_at_exit(exit_report what) {
    detail::require_resource();
    if (what != exit_report::leaks) {
        wants_stats = true;
    }
    if (what != exit_report::stats) {
        wants_leaks = true;
    }
}

}  // namespace strata::global
