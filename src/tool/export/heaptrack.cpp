// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <unordered_map>
#include <utility>

#include <strata/detail/text.hpp>

#include "tool/export/formats.hpp"
#include "tool/export/stacks.hpp"

namespace strata::tool::exporting {
namespace {

// Version 3 of the format, which heaptrack 1.2 to 1.5 read. All numbers are hexadecimal. A line
// begins with what it is:
//   s bytes text               a text; all things are numbered from 1, 0 is none
//   i address module [function file line]...   a place in code, and what is inlined there
//   t place caller             a call, inside of another one
//   a size call                an allocation, numbered from 0: what blocks have in common
//   + allocation, - allocation
//   c milliseconds
// Readers look calls, places and texts up at the end, so these may come last: as in a trace.
class heaptrack_exporter final : public exporter {
public:
    heaptrack_exporter(std::ostream& to, const trace::trace_info& of) : to_{to} {
        to_ << "v 10400 3\nX " << clean(of.program) << "\nI 1000 0\n";
    }

    void add(const trace::event& next, const trace::trace_summary& /*sums*/) override {
        pass_to(next.microseconds);
    }
    void change(const trace::live_change& next) override {
        pass_to(next.microseconds);
        const std::uint64_t allocation = allocation_of(next);
        line(next.is_freed ? '-' : '+', {allocation});
    }

    // Call 1 is for what has no call stack; the calls of the trace have the numbers from 2 on.
    void finish(const whole_trace& of) override {
        line('i', {0, 0, text("(no call stack)"), 0, 0});
        line('t', {++places_, 0});
        const trace::call_sites& all = of.sites;
        for (const trace::code_place& each : all.places()) {
            write_place(all, each);
        }
        for (const trace::call_sites::call& each : all.calls().subspan(1)) {
            line('t', {each.place == 0 ? 0 : each.place + std::uint64_t{1},
                       each.caller == 0 ? 0 : each.caller + std::uint64_t{1}});
        }
        // A broken trace may have lost its calls.
        for (std::uint64_t each = all.calls().size(); each <= last_site_; ++each) {
            line('t', {1, 0});
        }
    }

private:
    void pass_to(std::uint64_t microseconds) {
        if (const std::uint64_t now = microseconds / 1000; now != milliseconds_) {
            milliseconds_ = now;
            line('c', {now});
        }
    }
    void line(char kind, std::initializer_list<std::uint64_t> numbers) {
        std::string text(1, kind);
        for (const std::uint64_t each : numbers) {
            append(text, each);
        }
        to_ << text << '\n';
    }
    static void append(std::string& to, std::uint64_t number) {
        to += detail::formatted(" %llx", static_cast<unsigned long long>(number));
    }

    std::uint64_t allocation_of(const trace::live_change& block) {
        const auto [at, is_new] =
            allocations_.try_emplace({block.bytes, block.site}, allocations_.size());
        if (is_new) {
            line('a', {block.bytes, block.site + std::uint64_t{1}});
            last_site_ = std::max(last_site_, block.site);
        }
        return at->second;
    }

    std::uint64_t text(const std::string& of) {
        if (of.empty()) {
            return 0;
        }
        const std::string cleaned = clean(of);
        const auto [at, is_new] = texts_.try_emplace(cleaned, texts_.size() + 1);
        if (is_new) {
            to_ << "s " << detail::formatted("%zx", cleaned.size()) << ' ' << cleaned << '\n';
        }
        return at->second;
    }

    // The innermost function first, as in a trace.
    void write_place(const trace::call_sites& all, const trace::code_place& place) {
        const bool has_module = place.module != 0 && place.module < all.modules().size();
        const trace::code_module none;
        const trace::code_module& module = has_module ? all.modules()[place.module] : none;
        std::string after;
        append(after, module.bias + place.address);
        append(after, text(module.path));
        for (const trace::code_name& each : place.names) {
            append(after, text(each.function));
            append(after, text(each.file));
            append(after, each.line);
        }
        to_ << 'i' << after << '\n';
        ++places_;
    }

    std::ostream& to_;
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint64_t> allocations_;
    std::unordered_map<std::string, std::uint64_t> texts_;
    std::uint64_t places_ = 0;
    std::uint64_t milliseconds_ = 0;
    std::uint32_t last_site_ = 0;
};

}  // namespace

std::unique_ptr<exporter> make_heaptrack(std::ostream& to, const trace::trace_info& of,
                                         const measure* /*what*/) {
    return std::make_unique<heaptrack_exporter>(to, of);
}

}  // namespace strata::tool::exporting
