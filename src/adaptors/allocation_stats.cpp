// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/allocation_stats.hpp>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <functional>
#include <limits>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

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

void write_histogram(detail::text_writer& to, const char* title, const char* sign,
                     const histogram& counts) {
    to.write(title);
    for_each_entry(counts, [&](std::uint64_t bound, std::int64_t count) {
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
        const std::string text = format_bytes(static_cast<std::int64_t>(std::min(bound, most)));
        to.print("  %s%s: %" PRId64, sign, text.c_str(), count);
    });
    to.write("\n");
}

std::string histogram_json(const histogram& counts) {
    std::string json = "{";
    for_each_entry(counts, [&](std::uint64_t bound, std::int64_t count) {
        json += json.size() == 1 ? "\"" : ", \"";
        json += detail::decimal(bound) + "\": " + detail::decimal(count);
    });
    return json + "}";
}

struct count {
    const char* name;
    std::int64_t allocation_stats::*member;
};

constexpr std::array counts{
    count{"live_bytes", &allocation_stats::live_bytes},
    count{"live_blocks", &allocation_stats::live_blocks},
    count{"peak_bytes", &allocation_stats::peak_bytes},
    count{"peak_blocks", &allocation_stats::peak_blocks},
    count{"allocations", &allocation_stats::allocations},
    count{"deallocations", &allocation_stats::deallocations},
    count{"allocated_bytes", &allocation_stats::allocated_bytes},
    count{"deallocated_bytes", &allocation_stats::deallocated_bytes},
    count{"failures", &allocation_stats::failures},
};

// Entry by entry.
template <class Operation>
allocation_stats& combine(allocation_stats& to, const allocation_stats& other, Operation of) {
    for (const count& each : counts) {
        to.*each.member = of(to.*each.member, other.*each.member);
    }
    for (const auto entries : {&allocation_stats::sizes, &allocation_stats::alignments}) {
        std::ranges::transform(to.*entries, other.*entries, (to.*entries).begin(), of);
    }
    return to;
}

}  // namespace

allocation_stats& allocation_stats::operator-=(const allocation_stats& earlier) noexcept {
    return combine(*this, earlier, std::minus{});
}

allocation_stats& allocation_stats::operator+=(const allocation_stats& other) noexcept {
    return combine(*this, other, std::plus{});
}

void detail::write(text_writer& to, const allocation_stats& stats) {
    const auto line = [&](const char* title, std::int64_t bytes, const char* in,
                          std::int64_t blocks) {
        to.print("%-13s%s%s%" PRId64 " blocks\n", title, format_bytes(bytes).c_str(), in, blocks);
    };
    line("live", stats.live_bytes, " in ", stats.live_blocks);
    line("peak", stats.peak_bytes, ", ", stats.peak_blocks);
    line("allocated", stats.allocated_bytes, " in ", stats.allocations);
    line("deallocated", stats.deallocated_bytes, " in ", stats.deallocations);
    to.print("failures     %" PRId64 "\n", stats.failures);
    write_histogram(to, "sizes      ", "<= ", stats.sizes);
    write_histogram(to, "alignments ", "", stats.alignments);
}

std::ostream& operator<<(std::ostream& out, const allocation_stats& stats) {
    std::array<char, 8192> room{};  // for all entries of both histograms
    detail::text_writer text{room};
    detail::write(text, stats);
    return detail::put(out, text.text());
}

std::string to_json(const allocation_stats& stats) {
    std::string json = "{";
    for (const count& each : counts) {
        json.append("\"").append(each.name).append("\": ");
        json.append(detail::decimal(stats.*each.member)).append(", ");
    }
    json.append("\"sizes\": ").append(histogram_json(stats.sizes));
    json.append(", \"alignments\": ").append(histogram_json(stats.alignments));
    return json.append("}");
}

std::string to_json(const allocation_stats& stats, const label& name) {
    const std::string counts = to_json(stats);
    return "{\"name\": " + detail::json_string(name.text()) + ", " + counts.substr(1);
}

}  // namespace strata
