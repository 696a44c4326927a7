// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// strata_replay PLAN SERVER TOUCH WORK PAUSE AGED WATCHES [STRATEGY]: plays the plan, an open file,
// and prints what it took, a name and a number a line. `strata replay` runs it; see settings.hpp.
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory_resource>
#include <span>

#include <strata/compose/strategy.hpp>

#include "tool/replay/driver/crew.hpp"
#include "tool/replay/driver/litter.hpp"
#include "tool/replay/driver/own_memory.hpp"
#include "tool/replay/driver/plan_reader.hpp"
#include "tool/replay/driver/player.hpp"
#include "tool/replay/driver/process.hpp"
#include "tool/replay/driver/servers.hpp"
#include "tool/replay/driver/settings.hpp"

namespace strata::tool::replay {
namespace {

constexpr std::size_t bytes_of_other_memory = std::size_t{32} << 20;

void print(const char* name, std::int64_t value) {
    std::printf("%s %" PRId64 "\n", name, value);
}

std::int64_t nanoseconds(std::uint64_t ticks) {
    const auto per_second = static_cast<double>(call_times::clock().ticks_per_second());
    return static_cast<std::int64_t>(static_cast<double>(ticks) * 1e9 / per_second);
}

void print_times(const call_times& of) {
    print("p50", nanoseconds(of.quantile(0.5)));
    print("p99", nanoseconds(of.quantile(0.99)));
    print("p99.9", nanoseconds(of.quantile(0.999)));
    print("p99.99", nanoseconds(of.quantile(0.9999)));
    print("worst", nanoseconds(of.worst()));
}

template <bool Watches, class Server>
void play(plan_reader& from, Server server, const settings& asked) {
    const own_memory<block> blocks{from.head().slots};
    const own_memory<std::byte> other{asked.work == 0 ? 0 : bytes_of_other_memory};
    stage on;
    on.blocks = blocks.data();
    on.other_memory = {other.data(), other.size()};
    on.asked = asked;
    crew<Server, Watches> all{from.head().threads, server, on};
    if (asked.aged) {
        litter(server, from.head().most_bytes);
    }
    instruction_counter instructions;
    forget_most_resident();
    const std::uint64_t resident_before = resident().now;
    std::uint64_t ticks = 0;
    for (std::uint64_t i = 0; i != from.head().windows; ++i) {
        const window next = from.next();
        instructions.go_on();
        ticks += all.play(next);
        instructions.stop();
    }
    const std::uint64_t most = resident().most;
    print("nanoseconds", nanoseconds(ticks));
    print("instructions", instructions.count());
    print("resident", static_cast<std::int64_t>(most - std::min(most, resident_before)));
    print("refused", static_cast<std::int64_t>(on.refused.load()));
    if constexpr (Watches) {
        print("live", on.most_live.load());
        print("usable", on.usable_then.load());
        print_times(all.times());
    }
}

template <class Server>
void play(plan_reader& from, Server server, const settings& asked) {
    return asked.watches ? play<true>(from, server, asked) : play<false>(from, server, asked);
}

void run(std::span<char*> arguments) {
    const auto number = [&](std::size_t at) { return std::strtoull(arguments[at], nullptr, 10); };
    plan_reader from{static_cast<int>(number(1))};
    const settings asked{.touches = static_cast<touch>(number(3)),
                         .work = number(4),
                         .pause = number(5),
                         .aged = number(6) != 0,
                         .watches = number(7) != 0};
    // The end of a resource would take away what is live, and is no part of a program's life.
    switch (static_cast<server>(number(2))) {
        case server::malloc_family:
            return play(from, malloc_server{}, asked);
        case server::resource: {
            built_strategy& memory = *new built_strategy{strategy::parse(arguments[8]).build()};
            play(from, resource_server{memory}, asked);
            if (const stats_source* const counts = memory.find<stats_source>()) {
                print("upstream_calls", counts->snapshot().allocations);
                print("upstream_peak", counts->snapshot().peak_bytes);
                print("upstream_bytes", counts->snapshot().allocated_bytes);
            }
            return;
        }
        case server::standard_pool: {
            auto& memory = *new std::pmr::unsynchronized_pool_resource;
            return play(from, standard_server{memory}, asked);
        }
        case server::synchronized_pool: {
            auto& memory = *new std::pmr::synchronized_pool_resource;
            return play(from, standard_server{memory}, asked);
        }
        case server::nothing:
            return play(from, null_server{}, asked);
    }
}

}  // namespace
}  // namespace strata::tool::replay

// What is live at the end stays so, as in a program that exits.
int main(int count, char** arguments) {
    using namespace strata::tool::replay;
    static std::array<char, 4096> buffer;
    (void)std::setvbuf(stdout, buffer.data(), _IOFBF, buffer.size());
    try {
        if (count < 8) {
            std::fputs("strata_replay: only `strata replay` runs it\n", stderr);
            return status_failed;
        }
        run({arguments, static_cast<std::size_t>(count)});
        return std::fflush(stdout) == 0 ? 0 : status_failed;
    } catch (const std::exception& why) {
        std::fprintf(stderr, "%s\n", why.what());
        return status_failed;
    }
}
