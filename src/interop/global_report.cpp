// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What a program says of operator new as it ends.
#include <cxxabi.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <locale>
#include <ostream>
#include <streambuf>
#include <string_view>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/detail/debug_base.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/core/detail/shield.hpp>
#include <strata/core/format_bytes.hpp>
#include <strata/interop/global_new.hpp>

#include "find_layer.hpp"

namespace strata::global {
namespace {

constinit std::atomic<bool> wants_stats{false};
constinit std::atomic<bool> wants_leaks{false};

// Text that needs no memory but its own; what is too long is cut off.
class text_in_place : private std::streambuf, public std::ostream {
public:
    text_in_place() : std::ostream{static_cast<std::streambuf*>(this)} {
        setp(place_.data(), place_.data() + place_.size());
        // Another may allocate, and write numbers in its own way.
        std::ostream::imbue(std::locale::classic());
    }

    void write_to(int file) {
        const strata::detail::shield here;
        std::string_view rest{pbase(), static_cast<std::size_t>(pptr() - pbase())};
        while (!rest.empty()) {
            const ssize_t written = ::write(file, rest.data(), rest.size());
            if (written <= 0) {
                return;
            }
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }

private:
    std::array<char, 8192> place_{};
};

void print_leaks(std::ostream& out, const allocation_stats& counted) {
    out << "strata: ";
    if (counted.live_blocks == 0) {
        out << "no block of operator new is live at the exit\n";
        return;
    }
    out << counted.live_blocks << (counted.live_blocks == 1 ? " block" : " blocks") << " ("
        << format_bytes(counted.live_bytes) << ") of operator new still live at the exit\n";
}

void report() {
    const bool stats = wants_stats.load();
    const bool leaks = wants_leaks.load();
    if (!stats && !leaks) {
        return;
    }
    std::pmr::memory_resource* const in = detail::usual.load();
    const auto* const counter = strata::detail::find_layer<stats_source>(in);
    auto* const debug = strata::detail::find_layer<strata::detail::debug_base>(in);

    text_in_place text;
    if (counter == nullptr && (stats || debug == nullptr)) {
        text << "strata: nothing under operator new counts: its resource has no stats"
             << (leaks ? " and no debug\n" : "\n");
    }
    if (counter != nullptr) {
        const allocation_stats counted = counter->snapshot();
        if (stats) {
            text << "strata: operator new at the exit\n" << counted;
        }
        if (leaks && debug == nullptr) {
            print_leaks(text, counted);
        }
    }
    text.write_to(STDERR_FILENO);
    if (leaks && debug != nullptr && debug->report_leaks() == 0) {
        text_in_place nothing;
        print_leaks(nothing, {});
        nothing.write_to(STDERR_FILENO);
    }
}

// Of the two chances there are at an exit, the second comes after more destructors: which one that
// is depends on whether the first allocation came before `main`.
constinit std::atomic<bool> had_a_chance{false};

void take_second_chance() {
    if (had_a_chance.exchange(true)) {
        report();
    }
}

// As this library ends, after the program and the libraries that were initialised later.
[[gnu::destructor]] void at_end_of_library() {
    take_second_chance();
}

}  // namespace

void detail::register_for_exit() noexcept {
    // It belongs to no library: if it is registered before `main`, all libraries end before it.
    (void)abi::__cxa_atexit([](void*) { take_second_chance(); }, nullptr, nullptr);
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
