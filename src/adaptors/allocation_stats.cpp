// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/allocation_stats.hpp>

#include <limits>
#include <ostream>

#include <strata/core/format_bytes.hpp>

namespace strata {
namespace {

template <class Print>
void for_each_entry(const histogram& counts, Print print) {
    for (std::size_t i = 0; i != counts.size(); ++i) {
        if (counts[i] != 0) {
            print(std::uint64_t{1} << i, counts[i]);
        }
    }
}

void print_histogram(std::ostream& out, const char* title, const char* sign,
                     const histogram& counts) {
    out << title;
    for_each_entry(counts, [&](std::uint64_t bound, std::int64_t count) {
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
        out << "  " << sign << format_bytes(static_cast<std::int64_t>(std::min(bound, most)))
            << ": " << count;
    });
    out << '\n';
}

std::string histogram_json(const histogram& counts) {
    std::string json = "{";
    for_each_entry(counts, [&](std::uint64_t bound, std::int64_t count) {
        json += json.size() == 1 ? "\"" : ", \"";
        json += std::to_string(bound) + "\": " + std::to_string(count);
    });
    return json + "}";
}

}  // namespace

allocation_stats& allocation_stats::operator-=(const allocation_stats& earlier) noexcept {
    live_bytes -= earlier.live_bytes;
    live_blocks -= earlier.live_blocks;
    peak_bytes -= earlier.peak_bytes;
    peak_blocks -= earlier.peak_blocks;
    allocations -= earlier.allocations;
    deallocations -= earlier.deallocations;
    allocated_bytes -= earlier.allocated_bytes;
    deallocated_bytes -= earlier.deallocated_bytes;
    failures -= earlier.failures;
    for (std::size_t i = 0; i != sizes.size(); ++i) {
        sizes[i] -= earlier.sizes[i];
        alignments[i] -= earlier.alignments[i];
    }
    return *this;
}

std::ostream& operator<<(std::ostream& out, const allocation_stats& stats) {
    out << "live         " << format_bytes(stats.live_bytes) << " in " << stats.live_blocks
        << " blocks\n"
        << "peak         " << format_bytes(stats.peak_bytes) << ", " << stats.peak_blocks
        << " blocks\n"
        << "allocated    " << format_bytes(stats.allocated_bytes) << " in " << stats.allocations
        << " blocks\n"
        << "deallocated  " << format_bytes(stats.deallocated_bytes) << " in "
        << stats.deallocations << " blocks\n"
        << "failures     " << stats.failures << '\n';
    print_histogram(out, "sizes      ", "<= ", stats.sizes);
    print_histogram(out, "alignments ", "", stats.alignments);
    return out;
}

std::string to_json(const allocation_stats& stats) {
    std::string json = "{";
    const auto add = [&](const char* name, std::int64_t value) {
        json.append("\"").append(name).append("\": ").append(std::to_string(value)).append(", ");
    };
    add("live_bytes", stats.live_bytes);
    add("live_blocks", stats.live_blocks);
    add("peak_bytes", stats.peak_bytes);
    add("peak_blocks", stats.peak_blocks);
    add("allocations", stats.allocations);
    add("deallocations", stats.deallocations);
    add("allocated_bytes", stats.allocated_bytes);
    add("deallocated_bytes", stats.deallocated_bytes);
    add("failures", stats.failures);
    json.append("\"sizes\": ").append(histogram_json(stats.sizes));
    json.append(", \"alignments\": ").append(histogram_json(stats.alignments));
    return json.append("}");
}

}  // namespace strata
