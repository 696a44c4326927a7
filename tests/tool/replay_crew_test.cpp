// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/driver/crew.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <strata/compose/strategy.hpp>

#include "support/traces.hpp"
#include "tool/replay/driver/litter.hpp"
#include "tool/replay/driver/plan_reader.hpp"
#include "tool/replay/planner.hpp"

BOOST_AUTO_TEST_SUITE(replay_crew_test)

namespace replay = strata::tool::replay;
using strata::tool::trace::event;
using strata::tool::trace::event_kind;

namespace {

replay::plan plan_of(std::uint64_t seed, std::size_t threads, std::size_t steps) {
    const tests::random_trace program{seed, threads, steps};
    replay::planner makes;
    for (const event& each : program.expected().events) {
        makes.add(each);
    }
    return makes.finish();
}

/// Plays the plan as the program `strata_replay` does, and returns how many calls were timed.
template <class Server>
std::uint64_t play(const replay::plan& of, Server server) {
    replay::plan_reader from{fileno(of.file.get())};
    const replay::own_memory<replay::block> blocks{from.head().slots};
    replay::stage on;
    on.blocks = blocks.data();
    on.asked.watches = true;
    replay::crew<Server, true> all{from.head().threads, server, on};
    for (std::uint64_t i = 0; i != from.head().windows; ++i) {
        (void)all.play(from.next());
    }
    BOOST_TEST(on.refused == 0u);
    for (std::size_t i = 0; i != blocks.size(); ++i) {
        if (blocks[i].address != nullptr) {
            server.deallocate(blocks[i]);
        }
    }
    return all.times().calls();
}

}  // namespace

BOOST_AUTO_TEST_CASE(threads_free_what_others_allocated) {
    for (const std::size_t threads : {1, 2, 5, 16}) {
        for (const char* const text : {"debug(concurrent=true) > concurrent_pool",
                                       "concurrent_arena", "synchronized > debug > pool"}) {
            BOOST_TEST_CONTEXT(threads << " threads on " << text) {
                const replay::plan made = plan_of(threads, threads, tests::rounds(1500));
                strata::built_strategy memory = strata::strategy::parse(text).build();
                BOOST_TEST(play(made, replay::resource_server{memory}) == made.steps);
            }
        }
        const replay::plan made = plan_of(threads, threads, tests::rounds(1500));
        BOOST_TEST(play(made, replay::null_server{}) == made.steps);
    }
}

BOOST_AUTO_TEST_CASE(times_are_counted_by_powers_of_two_and_sixteenths) {
    replay::call_times times;
    for (std::uint64_t ticks = 1; ticks <= 100'000; ++ticks) {
        times.add(ticks);
    }
    BOOST_TEST(times.worst() == 100'000u);
    for (const double part : {0.01, 0.5, 0.99, 0.9999}) {
        const double exact = part * 100'000;
        BOOST_TEST(static_cast<double>(times.quantile(part)) >= exact);
        BOOST_TEST(static_cast<double>(times.quantile(part)) <= exact * 1.07);
    }
    BOOST_TEST(replay::call_times{}.quantile(0.5) == 0u);
}

BOOST_AUTO_TEST_CASE(litter_leaves_a_quarter_of_what_it_took) {
    strata::built_strategy memory = strata::strategy::parse("stats > pool").build();
    const strata::stats_source* const counts = memory.find<strata::stats_source>();
    replay::resource_server server{memory};
    replay::litter(server, std::uint64_t{20} << 20);
    const strata::allocation_stats left = counts->snapshot();
    BOOST_TEST(left.peak_bytes >= std::int64_t{40} << 20);
    BOOST_TEST(left.live_bytes * 5 > left.peak_bytes);
    BOOST_TEST(left.live_bytes * 3 < left.peak_bytes);
}

BOOST_AUTO_TEST_SUITE_END()
