// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What growth in place saves, and what it costs: texts that are written piece by piece into a
// `std::pmr::string` and into a `strata::byte_buffer`, on each strategy. Times are medians of
// rounds in which both take turns; the ratio is that of each round. Peak bytes are what the
// strategy had taken at most.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <strata/strata.hpp>

namespace {

constexpr std::string_view piece = "a line of forty characters, newline too\n";

void keep(const void* result) {
    asm volatile("" : : "g"(result) : "memory");
}

template <class Text>
void write(std::pmr::memory_resource& memory, std::size_t bytes) {
    Text text{&memory};
    while (text.size() < bytes) {
        text.append(piece);
    }
    keep(text.data());
}

// Microseconds a text. The strategy starts anew with each, so that arenas have what they need.
template <class Text>
double time_of(const strata::strategy& strategy, std::size_t bytes) {
    using clock = std::chrono::steady_clock;
    const int texts_a_round = bytes < 100'000 ? 50 : 2;
    std::chrono::duration<double, std::micro> taken{};
    for (int i = 0; i != texts_a_round; ++i) {
        auto memory = strategy.build();
        const auto start = clock::now();
        write<Text>(memory, bytes);
        taken += clock::now() - start;
    }
    return taken.count() / texts_a_round;
}

template <class Text>
std::size_t peak_of(const strata::strategy& strategy, std::size_t bytes) {
    strata::stats_resource counted{strata::system_heap()};
    auto memory = strategy.build(&counted);
    write<Text>(memory, bytes);
    return static_cast<std::size_t>(counted.snapshot().peak_bytes);
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void compare(std::size_t bytes) {
    std::printf("a text of %zu B in pieces of %zu B\n%-36s %12s %12s %8s %12s %12s\n", bytes,
                piece.size(), "", "string, us", "buffer, us", "ratio", "string, KiB",
                "buffer, KiB");
    for (const char* const text :
         {"heap", "arena", "arena(first_chunk=16MiB)", "pool", "concurrent_pool",
          "bounded_time(capacity=16MiB)", "pages(reserve=64MiB)", "pool > pages(reserve=64MiB)",
          "stats > arena(first_chunk=16MiB)"}) {
        const auto strategy = strata::strategy::parse(text);
        std::vector<double> strings;
        std::vector<double> buffers;
        std::vector<double> ratios;
        for (int round = 0; round != 21; ++round) {
            strings.push_back(time_of<std::pmr::string>(strategy, bytes));
            buffers.push_back(time_of<strata::byte_buffer>(strategy, bytes));
            ratios.push_back(buffers.back() / strings.back());
        }
        std::printf("%-36s %12.1f %12.1f %8.2f", text, median(strings), median(buffers),
                    median(ratios));
        if (std::string_view{text}.find("pages") == std::string_view::npos &&
            std::string_view{text} != "heap") {
            std::printf(" %12zu %12zu\n", peak_of<std::pmr::string>(strategy, bytes) / 1024,
                        peak_of<strata::byte_buffer>(strategy, bytes) / 1024);
        } else {
            std::printf(" %12s %12s\n", "-", "-");  // it does not draw from what is counted
        }
    }
}

}  // namespace

int main() {
    compare(30'000);
    std::printf("\n");
    compare(3'000'000);
}
