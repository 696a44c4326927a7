// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "report.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <thread>

#include "contenders/contender.hpp"

namespace bench {
namespace {

constexpr std::size_t label_width = 30;
constexpr std::size_t cell_width = 10;

std::string of_processor(std::string_view property) {
    std::ifstream info{"/proc/cpuinfo"};
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with(property) && line.find(": ") != std::string::npos) {
            return line.substr(line.find(": ") + 2);
        }
    }
    return "unknown";
}

std::string cache_sizes() {
    std::string sizes;
    for (const int level : {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE}) {
        sizes += (sizes.empty() ? "" : ", ") + std::to_string(std::max(sysconf(level), 0L) / 1024);
    }
    return sizes + " KiB";
}

// The setting that is on, of "always [madvise] never".
std::string transparent_huge_pages() {
    std::ifstream file{"/sys/kernel/mm/transparent_hugepage/enabled"};
    std::string settings;
    std::getline(file, settings);
    const std::size_t begin = settings.find('[') + 1;
    const std::size_t end = settings.find(']');
    return end == std::string::npos ? "unknown" : settings.substr(begin, end - begin);
}

std::string compiler() {
#ifdef __clang__
    return "clang++ " __clang_version__;
#else
    return "g++ " __VERSION__;
#endif
}

// How wide text is on a terminal: bytes that go on with a character take no room.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; }));
}

// All rows of all columns, each once, in the order of the first.
std::vector<const row*> rows_of(const std::vector<const measured*>& columns) {
    std::vector<const row*> rows;
    for (const measured* column : columns) {
        for (const row& one : column->rows) {
            if (std::ranges::find(rows, one.id, &row::id) == rows.end()) {
                rows.push_back(&one);
            }
        }
    }
    return rows;
}

void print_line(std::string_view label, const std::vector<std::string>& cells) {
    std::string line = padded(label, label_width);
    for (const std::string& text : cells) {
        line += padded(text, cell_width, true);
    }
    std::printf("%s\n", line.substr(0, line.find_last_not_of(' ') + 1).c_str());
}

template <class Cell>
std::vector<std::string> for_each_column(const std::vector<const measured*>& columns, Cell cell) {
    std::vector<std::string> cells;
    for (const measured* column : columns) {
        cells.push_back(cell(*column));
    }
    return cells;
}

void print_wrapped(const std::string& text, std::size_t indent) {
    constexpr std::size_t most = 108;
    std::size_t column = indent;
    std::printf("%*s", static_cast<int>(indent), "");
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string word = text.substr(at, end - at);
        if (column + word.size() > most) {
            std::printf("\n%*s", static_cast<int>(indent), "");
            column = indent;
        }
        std::printf("%s ", word.c_str());
        column += word.size() + 1;
        at = end + 1;
    }
    std::printf("\n");
}

}  // namespace

std::string padded(std::string_view text, std::size_t columns, bool right) {
    const std::size_t used = width(text);
    const std::string blanks(used < columns ? columns - used : 0, ' ');
    return right ? blanks + std::string{text} : std::string{text} + blanks;
}

std::string three_digits(double value) {
    char text[32];
    const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string cell(const spread& of) {
    const double half = (of.upper - of.lower) / 2;
    char text[32];
    if (of.median >= 9.995) {
        std::snprintf(text, sizeof text, "%s±%.0f", three_digits(of.median).c_str(), half);
    } else {
        std::snprintf(text, sizeof text, "%.2f±%.2f", of.median, half);
    }
    // 0.24±.01: the zero says nothing.
    std::string shorter = text;
    if (const auto zero = shorter.find("±0."); zero != std::string::npos) {
        shorter.erase(zero + std::string{"±"}.size(), 1);
    }
    return shorter;
}

const std::vector<std::string>& general_allocators() {
    static const std::vector<std::string> ids{"mimalloc", "jemalloc", "tcmalloc", "tbb", "glibc"};
    return ids;
}

const row* best_of(const measured& in, const row& of, const std::vector<std::string>& ids) {
    const row* best = nullptr;
    for (const std::string& id : ids) {
        const row* const peer = in.find(id);
        if (peer != nullptr &&
            (best == nullptr || ratio(of, *peer).median > ratio(of, *best).median)) {
            best = peer;
        }
    }
    return best;
}

void print_table(const std::vector<const measured*>& columns) {
    const std::string& baseline = columns.front()->of->baseline;
    std::printf("\n== %s: time over the baseline's (1), median ± half the quartiles' distance\n\n",
                columns.front()->of->group.c_str());
    print_line("", for_each_column(columns, [](const measured& in) { return in.of->column; }));
    for (const row* one : rows_of(columns)) {
        print_line(one->label, for_each_column(columns, [&](const measured& in) -> std::string {
                       const row* const here = in.find(one->id);
                       const row* const base = in.find(in.of->baseline);
                       const auto any = std::ranges::find(in.rows, one->id, &row::id);
                       if (here == nullptr) {
                           return any != in.rows.end() && !any->problem.empty() ? "fails" : "-";
                       }
                       if (here == base) {
                           return "1";
                       }
                       return base == nullptr ? "?" : cell(ratio(*here, *base));
                   }));
    }
    print_line("baseline, ns an operation", for_each_column(columns, [](const measured& in) {
                   const row* const base = in.find(in.of->baseline);
                   return base == nullptr ? "?" : three_digits(median(base->rounds));
               }));
    if (columns.front()->of->group.starts_with("stats")) {
        std::printf("extra ns an operation\n");
        for (const row* one : rows_of(columns)) {
            if (one->id != baseline) {
                print_line("  " + one->label, for_each_column(columns, [&](const measured& in) {
                               const row* const here = in.find(one->id);
                               const row* const base = in.find(baseline);
                               return here == nullptr || base == nullptr
                                          ? "-"
                                          : cell(difference(*here, *base));
                           }));
            }
        }
    }
    for (const row* one : rows_of(columns)) {
        if (!one->id.starts_with("strata.") || one->id == "strata.heap" ||
            one->id == "strata.synchronized" ||
            columns.front()->find(general_allocators().front()) == nullptr) {
            continue;
        }
        std::vector<std::string> names;
        print_line(one->label + " /", for_each_column(columns, [&](const measured& in) {
                       const row* const here = in.find(one->id);
                       const row* const best =
                           here == nullptr ? nullptr : best_of(in, *here, general_allocators());
                       names.push_back(best == nullptr ? "-" : best->id);
                       return best == nullptr ? "-" : cell(ratio(*here, *best));
                   }));
        print_line("  the best general allocator", names);
    }
    std::fflush(stdout);
}

std::string machine() {
    return of_processor("model name") + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores, " +
           compiler();
}

std::string surroundings() {
    return of_processor("cpu MHz") + " MHz at the start, caches of " + cache_sizes() +
           ", transparent huge pages: " + transparent_huge_pages() + ", pages of " +
           std::to_string(sysconf(_SC_PAGESIZE)) + " B";
}

void print_head(const effort& with) {
    std::printf("Strata's benchmarks: %s\n%s\n", machine().c_str(), surroundings().c_str());
    std::printf("%s\n", where_malloc_comes_from().c_str());
    for (const library& one : the_field().libraries()) {
        std::printf("  %-22s %s%s\n", one.name.c_str(),
                    one.present ? "" : "SKIPPED: ", one.version.c_str());
    }
    std::printf("%d rounds, %.1f ms a sample%s\n", with.rounds, with.sample_seconds * 1e3,
                with.quick ? ", quick: coarse figures" : "");
    std::fflush(stdout);
}

void print_method() {
    std::printf("\nMethod and caveats\n");
    for (const char* text :
         {"In each round every contender of a workload runs once, in an order drawn anew, with "
          "the same numbers drawn beforehand. What is reported is the median over the rounds of "
          "the ratio to the baseline in the same round, so that a machine that slows down for a "
          "while slows both. The first round is dropped. The time of one thread is what the system "
          "says that it ran; of several, what passed on the wall. Nanoseconds are an aside: they "
          "do not travel.",
          "All contenders are called through std::pmr::memory_resource, in one shared loop that "
          "cannot see what is behind it: one virtual call each. The rows marked inline are "
          "called on their own type. Every block is written to, its first 8 bytes.",
          "General allocators are opened at run time with their names to themselves, so that "
          "malloc and operator new stay glibc's; see above what they are.",
          "A ratio within the spread of 1 is no difference. Other programs, the clock of the "
          "processor, where code and memory happen to lie: each moves figures by some percent, "
          "and whole runs apart by more. Instruction counts are exact, and say less."}) {
        print_wrapped(text, 2);
    }
}

void print_workloads(const std::vector<workload>& all) {
    std::string last;
    for (const workload& one : all) {
        if (one.text != last) {  // those of P0089 are all alike
            std::printf("%s\n", one.id.c_str());
            print_wrapped(one.text, 4);
        }
        last = one.text;
    }
    for (const char* text :
         {"memory\n    Resident memory at its peak over the live bytes, every byte written to; "
          "what "
          "was taken\n    from the upstream at its peak; what stays resident after 90 % of the "
          "blocks, drawn at\n    random, are freed and the rest is trimmed. Each contender in a "
          "process of its own.\n",
          "latency\n    Each call of pool/small and of arena/batch timed by itself on a resource "
          "just made; the\n    same calls again and again, of each the least time kept.\n"}) {
        std::printf("%s", text);
    }
}

}  // namespace bench
