// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "report.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <sstream>

#include <strata/core/format_bytes.hpp>

#include "strategies.hpp"
#include "text.hpp"

namespace example {
namespace {

constexpr std::size_t name_width = 27;
constexpr std::size_t bar_width = 42;

template <class... Values>
std::string formatted(const char* format, Values... values) {
    std::array<char, 128> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

std::string grouped_size(std::size_t number) {
    return grouped(static_cast<std::int64_t>(number));
}

std::string counted(std::size_t number, const char* of_what) {
    return grouped_size(number) + " " + of_what + (number == 1 ? "" : "s");
}

std::string what_was_read(const std::vector<document>& documents, const outcome& result) {
    std::size_t bytes = 0;
    for (const document& each : documents) {
        bytes += each.text.size();
    }
    return "Read " + counted(documents.size(), "file") + ", " + counted(bytes, "byte") + ": " +
           counted(result.words, "word") + ", " + grouped_size(result.different_words) +
           " different.\n";
}

std::string answer_table(const std::vector<document>& documents,
                         const std::vector<std::string>& queries, const outcome& result) {
    std::string table = fitted("Query (all its words)", 24) + " documents   times   " +
                        fitted("first in", 24) + "  line\n";
    for (std::size_t i = 0; i != queries.size(); ++i) {
        const answer& found = result.answers[i];
        const bool any = found.documents != 0;
        table += fitted(queries[i], 24) + right_aligned(grouped_size(found.documents), 10) +
                 right_aligned(grouped_size(found.occurrences), 8) + "   " +
                 fitted(any ? documents[found.first.document].name : "-", 24) +
                 right_aligned(any ? grouped(found.first.line) : "-", 6) + "\n";
    }
    return table;
}

// The unit in which the times of one report are told.
struct time_unit {
    const char* name;
    double per_millisecond;
};

time_unit unit_for(const std::vector<cost>& costs) {
    const double longest = std::ranges::max(costs, {}, &cost::milliseconds).milliseconds;
    if (longest < 1) {
        return {"us", 1000};
    }
    return longest < 10'000 ? time_unit{"ms", 1} : time_unit{"s", 0.001};
}

std::string cost_table(const std::vector<cost>& costs, time_unit unit) {
    std::string table =
        fitted("Strategy", name_width) + "      time  vs heap       peak     calls      wasted\n";
    for (const cost& each : costs) {
        table += fitted(each.strategy, name_width) +
                 formatted("%7.2f %-2s", each.milliseconds * unit.per_millisecond, unit.name) +
                 formatted("%8.2fx", each.to_heap) +
                 right_aligned(strata::format_bytes(each.peak_bytes), 11) +
                 right_aligned(grouped(each.heap_calls), 10) +
                 right_aligned(strata::format_bytes(each.wasted_bytes), 12) + "\n";
    }
    return table;
}

// Keeping the heap is a good answer too: a lead counts only if it is no accident of a few rounds.
std::string verdict(const std::vector<cost>& costs, std::size_t rounds) {
    const cost& fastest = *std::ranges::min_element(costs, {}, &cost::to_heap);
    if (fastest.to_heap > 0.95 || fastest.rounds_ahead < rounds - rounds / 3) {
        return "Nothing is clearly faster than the heap here: this job may as well stay on it.\n";
    }
    return "Fastest: " + std::string{fastest.strategy} +
           formatted(", %.0f %% less time than the heap,\n", 100 * (1 - fastest.to_heap)) +
           "and ahead of it in " + grouped_size(fastest.rounds_ahead) + " of " +
           counted(rounds, "round") + ".\n";
}

std::string time_picture(const std::vector<cost>& costs, time_unit unit, bool utf8) {
    const double longest = std::ranges::max(costs, {}, &cost::milliseconds).milliseconds;
    std::string picture;
    for (const cost& each : costs) {
        picture += fitted(each.strategy, name_width) +
                   fitted(bar(each.milliseconds / longest, bar_width, utf8), bar_width) +
                   formatted("%8.2f", each.milliseconds * unit.per_millisecond) + "\n";
    }
    return picture;
}

}  // namespace

std::string report(const std::vector<document>& documents, const std::vector<std::string>& queries,
                   std::size_t rounds, const comparison& compared) {
    const bool utf8 = locale_is_utf8();
    const time_unit unit = unit_for(compared.costs);
    const outcome& result = compared.result;
    std::ostringstream out;
    out << what_was_read(documents, result) << '\n' << answer_table(documents, queries, result);
    out << "\nThe same under all " << compared.costs.size() << " strategies; checksum of the index "
        << formatted("%016" PRIx64, result.checksum) << ".\nTimes are medians of "
        << counted(rounds, "round") << " of building, asking and destroying it.\n\n";
    out << cost_table(compared.costs, unit) << '\n' << verdict(compared.costs, rounds);
    out << "\nvs heap  its time to the heap's in the same round, the median of all rounds\n"
           "peak     most bytes held of the heap at once\n"
           "calls    of the heap, to allocate and to free\n"
           "wasted   bytes held, a buffer included, beyond the most that the application\n"
           "         itself had, "
        << strata::format_bytes(compared.application_peak_bytes)
        << "; what malloc adds to each block is not seen\n";
    out << "\nTime in " << unit.name << ", shorter is better\n"
        << time_picture(compared.costs, unit, utf8);
    out << '\n'
        << layered_strategy().name << ", with the index alive\n"
        << strata::to_text(compared.layers,
                           utf8 ? strata::charset::unicode : strata::charset::ascii);
    return out.str();
}

}  // namespace example
