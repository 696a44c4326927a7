// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

#include "tool/trace/info.hpp"
#include "tool/trace/words.hpp"
#include "trace/call_tree.hpp"

namespace strata::tool::trace {
namespace {

// --- texts ------------------------------------------------------------------------------------

std::string bytes(std::uint64_t count) {
    return format_bytes(static_cast<std::int64_t>(count));
}

std::string seconds(std::uint64_t microseconds) {
    return detail::decimal(static_cast<double>(microseconds) / 1e6, 3) + " s";
}

std::string left(const std::string& text, std::size_t columns) {
    const std::size_t has = detail::columns_of(text);
    return text + std::string(columns > has ? columns - has : 0, ' ');
}

std::string right(const std::string& text, std::size_t columns) {
    return std::string(columns > text.size() ? columns - text.size() : 0, ' ') + text;
}

// With "..." at the end if it is too long; cut between characters.
std::string cut(std::string text, std::size_t columns) {
    if (detail::columns_of(text) <= columns) {
        return text;
    }
    while (!text.empty() && detail::columns_of(text) + 3 > columns) {
        while ((text.back() & 0xC0) == 0x80 && text.size() > 1) {
            text.pop_back();
        }
        text.pop_back();
    }
    return text + "...";
}

// A power of two in its largest unit: "512 B", "4 KiB".
std::string power(std::uint64_t number) {
    constexpr std::array units{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    std::size_t unit = 0;
    for (; number >= 1024; number /= 1024) {
        ++unit;
    }
    return detail::decimal(number) + units[unit];
}

// --- the page ---------------------------------------------------------------------------------

class page {
public:
    page(std::ostream& to, const terminal& on) : to_{to}, on_{on} {}

    void head(const std::string& text) { to_ << '\n' << in("1", text) << '\n'; }
    void line(const std::string& text) { to_ << text << '\n'; }

    /// A bar: so many columns of `whole` are for `parts[0]`, the next for `parts[1]`.
    [[nodiscard]] std::string bar(const std::array<std::uint64_t, 2>& parts, std::uint64_t whole,
                                  std::size_t columns) const {
        const auto length = [&](std::uint64_t of) {
            const auto exact = static_cast<double>(of) / static_cast<double>(whole);
            return static_cast<std::size_t>(exact * static_cast<double>(columns) + 0.5);
        };
        const std::size_t both =
            std::max<std::size_t>(length(parts[0] + parts[1]), parts[0] + parts[1] == 0 ? 0 : 1);
        const std::size_t first = std::min(parts[1] == 0 ? both : length(parts[0]), both);
        return in("36", repeated(on_.has_blocks ? "\u2588" : "#", first)) +
               in("33", repeated(on_.has_blocks ? "\u2592" : "-", both - first));
    }

    [[nodiscard]] std::size_t columns() const { return on_.columns; }
    /// Of the two parts of a bar.
    [[nodiscard]] std::string sample(std::size_t part) const {
        return part == 0 ? bar({1, 0}, 1, 1) : bar({0, 1}, 1, 1);
    }

private:
    static std::string repeated(std::string_view text, std::size_t times) {
        std::string all;
        for (; times != 0; --times) {
            all += text;
        }
        return all;
    }
    [[nodiscard]] std::string in(const char* colour, const std::string& text) const {
        return !on_.has_colours || text.empty()
                   ? text
                   : "\x1b[" + std::string{colour} + "m" + text + "\x1b[0m";
    }

    std::ostream& to_;
    const terminal& on_;
};

// --- its sections -----------------------------------------------------------------------------

void print_head(page& to, const event_source& of, const trace_summary& sums) {
    const trace_info& info = of.info();
    const double each = static_cast<double>(of.bytes()) /
                        static_cast<double>(std::max<std::uint64_t>(sums.events, 1));
    // A recording of another tool does not tell them.
    const std::string process =
        info.process == 0 ? "" : ", process " + detail::decimal(info.process);
    const std::string started = info.started == 0 ? "" : ", " + date_of(info.started);
    to.line(cut(detail::printable(info.program), to.columns() - 45) + process + started);
    to.line(seconds(sums.microseconds) + ", " + many(sums.threads, "thread") + ", " +
            many(sums.events, "event") + "; " + (info.is_packed ? "packed" : "live") + ", " +
            bytes(of.bytes()) + ", " + detail::decimal(each, 2) + " bytes an event");
    if (info.sample_distance != 0) {
        to.line(sample_of(info.sample_distance) + ". Blocks and bytes are estimates");
    }
}

void print_memory(page& to, const trace_summary& sums, bool is_sample) {
    to.head(is_sample ? "Memory, about" : "Memory");
    const auto row = [&](const char* name, const usage& of, const std::string& note) {
        to.line("  " + left(name, 14) + right(grouped(of.blocks), 15) + " blocks" +
                right(bytes(of.bytes), 12) + note);
    };
    row("allocated", sums.allocated, "");
    row("at the peak", sums.peak, "   after " + seconds(sums.peak_at));
    row("at the end", sums.live, "   not freed");
    if (sums.most_blocks != sums.peak.blocks) {
        to.line("  " + left("most blocks", 14) + right(grouped(sums.most_blocks), 15) + " blocks");
    }
}

void print_events(page& to, const trace_summary& sums) {
    to.head("Events");
    for (std::size_t i = 1; i != event_kinds; ++i) {
        if (sums.by_kind[i] != 0) {
            to.line("  " + left(kind_names[i], 14) + right(grouped(sums.by_kind[i]), 15) +
                    right(percent_of(sums.by_kind[i], sums.events), 9));
        }
    }
    const auto note = [&](std::uint64_t count, const std::string& text) {
        if (count != 0) {
            to.line("  " + grouped(count) + " " + text);
        }
    };
    note(sums.freed_elsewhere, "frees on another thread than the block's allocation");
    note(sums.wrong_sizes, "frees with another size than the block's");
    note(sums.dropped, "events were not recorded");
    note(sums.not_known, "frees or reallocations of blocks that the trace does not have");
    note(sums.by_kind[static_cast<std::size_t>(event_kind::missed)],
         "blocks whose free was not recorded");
    note(sums.refused_bytes, "bytes were asked for and refused");
}

// From the first bucket to the last that has something.
void print_histogram(page& to, const histogram& first, const histogram& second) {
    const auto total = [&](std::size_t bucket) { return first.in(bucket) + second.in(bucket); };
    std::size_t begin = 0;
    std::size_t end = histogram::buckets;
    std::uint64_t most = 0;
    for (std::size_t i = 0; i != histogram::buckets; ++i) {
        most = std::max(most, total(i));
    }
    for (; begin != end && total(begin) == 0; ++begin) {
    }
    for (; end != begin && total(end - 1) == 0; --end) {
    }
    const std::uint64_t whole = first.total() + second.total();
    constexpr std::size_t numbers = 2 + 8 + 14 + 9 + 2;
    for (std::size_t i = begin; i != end; ++i) {
        const std::string row =
            "  " + right(power(histogram::least(i)), 8) + right(grouped(total(i)), 14);
        to.line(total(i) == 0
                    ? row
                    : row + right(percent_of(total(i), whole), 9) + "  " +
                          to.bar({first.in(i), second.in(i)}, most, to.columns() - numbers));
    }
}

void print_sizes(page& to, const trace_summary& sums) {
    if (sums.allocated.blocks != 0) {
        to.head("Sizes of blocks, from");
        print_histogram(to, sums.sizes, {});
    }
}

void print_lifetimes(page& to, const trace_summary& sums) {
    if (sums.allocated.blocks == 0) {
        return;
    }
    to.head("Lifetimes of blocks, in bytes allocated meanwhile, from");
    print_histogram(to, sums.lifetimes, sums.ages());
    to.line("  " + to.sample(0) + " freed: " + grouped(sums.lifetimes.total()) + "   " +
            to.sample(1) + " live at the end, by age: " + grouped(sums.live.blocks));
}

void print_shares(page& to, const std::string& title, const std::vector<share>& all) {
    if (all.empty()) {
        return;
    }
    to.head(title);
    constexpr std::size_t numbers = 2 + 15 + 12 + 15 + 12;
    const std::size_t names = std::min<std::size_t>(to.columns() - numbers, 40);
    to.line("  " + left("", names) + right("allocated", 15) + right("", 12) +
            right("not freed", 15));
    for (const share& each : all) {
        const std::string name = detail::printable(each.name);
        const bool is_long = detail::columns_of(name) > names;
        if (is_long) {
            to.line("  " + cut(name, to.columns() - 2));
        }
        to.line("  " + left(is_long ? "" : name, names) +
                right(grouped(each.allocated.blocks), 15) + right(bytes(each.allocated.bytes), 12) +
                right(grouped(each.live.blocks), 15) + right(bytes(each.live.bytes), 12));
    }
}

// By one of the measures of a call site: the ten with the most bytes.
template <class Measure>
void print_sites(page& to, const std::string& title, const std::vector<site_group>& groups,
                 const Measure& measure) {
    constexpr std::size_t shown = 10;
    std::vector<const site_group*> all;
    std::uint64_t whole = 0;
    for (const site_group& each : groups) {
        if (measure(each).bytes != 0) {
            all.push_back(&each);
            whole += measure(each).bytes;
        }
    }
    if (all.empty()) {
        return;
    }
    std::ranges::stable_sort(all, [&](const site_group* left, const site_group* right) {
        return measure(*left).bytes > measure(*right).bytes;
    });
    to.head(title);
    for (std::size_t i = 0; i != std::min(shown, all.size()); ++i) {
        const site_group& each = *all[i];
        to.line("  " + right(grouped(measure(each).blocks), 13) +
                right(bytes(measure(each).bytes), 12) +
                right(percent_of(measure(each).bytes, whole), 9));
        to.line("      " + cut(detail::printable(each.name), to.columns() - 6));
        std::string callers;
        for (std::size_t call = 1; call < each.stack.size() && call != 5; ++call) {
            callers += (call == 1 ? "from " : " < ") + text_of(each.stack[call], false);
        }
        if (!callers.empty()) {
            to.line("        " + cut(detail::printable(callers), to.columns() - 8));
        }
    }
    if (all.size() > shown) {
        to.line("  and " + many(all.size() - shown, "more call site"));
    }
}

void print_all_sites(page& to, const call_sites& sites, const std::vector<site_group>& groups,
                     const trace_summary& sums) {
    if (groups.empty()) {
        return;
    }
    print_sites(to, "Call sites, by bytes allocated", groups,
                [](const site_group& each) { return each.sums.allocated; });
    print_sites(to, "Call sites, by bytes live at the peak", groups,
                [](const site_group& each) { return each.sums.at_peak; });
    print_sites(to, "Call sites, by bytes not freed", groups,
                [](const site_group& each) { return each.sums.live; });
    std::uint64_t known = 0;
    for (const site_group& each : groups) {
        known += each.sums.allocated.blocks;
    }
    if (known != sums.allocated.blocks) {
        to.line("  " + many(sums.allocated.blocks - known, "block") + " without a call stack");
    }
    if (sites.calls().size() > detail::call_tree::most_calls) {
        to.line("  with " + grouped(detail::call_tree::most_calls) +
                " different calls the trace is full: later stacks are missing");
    }
}

std::string name_of(std::uint16_t number, const std::map<std::uint16_t, share>& all) {
    const auto found = all.find(number);
    if (found != all.end() && !found->second.name.empty()) {
        return found->second.name;
    }
    return number == 0 ? "(none)" : "number " + detail::decimal(number);
}

// "pool, under orders": a resource is known by the one above it, too.
std::vector<share> named(const std::map<std::uint16_t, share>& all) {
    std::vector<share> rows;
    for (const auto& [number, each] : all) {
        if (each.allocated.blocks != 0) {
            rows.push_back(each);
            rows.back().name = name_of(number, all) +
                               (each.above == 0 ? "" : ", under " + name_of(each.above, all));
        }
    }
    return rows;
}

std::vector<share> used(const std::vector<share>& all) {
    std::vector<share> some;
    std::ranges::copy_if(all, std::back_inserter(some),
                         [](const share& each) { return each.allocated.blocks != 0; });
    return some;
}

}  // namespace

void print_text(std::ostream& to, const event_source& of, const trace_summary& sums,
                const std::vector<site_group>& groups, const terminal& on) {
    page out{to, on};
    print_head(out, of, sums);
    print_memory(out, sums, of.info().sample_distance != 0);
    print_events(out, sums);
    print_sizes(out, sums);
    print_lifetimes(out, sums);
    print_all_sites(out, of.sites(), groups, sums);
    print_shares(out, "By form", used({sums.by_form().begin(), sums.by_form().end()}));
    const std::vector<share> resources = named(sums.by_resource());
    if (resources.size() > 1 || (resources.size() == 1 && resources[0].name != "(none)")) {
        print_shares(out, "By resource", resources);
    }
    if (sums.by_phase().size() > 1) {
        print_shares(out, "By phase", used(sums.by_phase()));
    }
}

}  // namespace strata::tool::trace
