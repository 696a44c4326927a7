// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// `strata tune` says how much there is to win at most. That rests on a bound: what was live at
// most, by the plan of a trace. No strategy takes less.
#include "tool/replay/planner.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <strata/adaptors/stats_scope.hpp>
#include <strata/compose/strategy.hpp>

#include "support/asan.hpp"
#include "support/traces.hpp"
#include "tool/trace/event.hpp"

BOOST_AUTO_TEST_SUITE(bound_test)

namespace {

namespace replay = strata::tool::replay;
using strata::tool::trace::event;
using strata::tool::trace::event_kind;

/// Serves the events of a trace, and counts what a strategy takes from below for them.
class play {
public:
    explicit play(const char* strategy) : memory_{strata::strategy::parse(strategy).build()} {}
    play(const play&) = delete;
    play& operator=(const play&) = delete;
    ~play() {
        for (const auto& [number, each] : live_) {
            memory_.deallocate(each.at, each.bytes, each.alignment);
        }
    }

    void add(const event& next) {
        switch (next.kind) {
            case event_kind::allocate:
                return allocate(next.block, {.at = nullptr,
                                             .bytes = next.size,
                                             .alignment = std::size_t{1} << next.alignment_exponent,
                                             .resource = next.resource});
            case event_kind::deallocate:
            case event_kind::missed:
                return deallocate(next.block);
            case event_kind::reallocate:
                if (live_.contains(next.block)) {
                    block changed = live_.at(next.block);
                    changed.bytes = next.size;
                    deallocate(next.block);
                    allocate(next.block, changed);
                }
                return;
            case event_kind::release:
                while (deallocate_one_of(next.resource)) {
                }
                return;
            default:
                return;
        }
    }
    [[nodiscard]] std::uint64_t taken() {
        return static_cast<std::uint64_t>(
            memory_.find<strata::stats_source>()->snapshot().peak_bytes);
    }

private:
    struct block {
        void* at;
        std::size_t bytes;
        std::size_t alignment;
        std::uint16_t resource;
    };

    void allocate(std::uint64_t number, block wanted) {
        wanted.at = memory_.allocate(wanted.bytes, wanted.alignment);
        live_[number] = wanted;
    }
    bool deallocate_one_of(std::uint16_t resource) {
        const auto found = std::ranges::find_if(
            live_, [&](const auto& each) { return each.second.resource == resource; });
        if (found == live_.end()) {
            return false;
        }
        deallocate(found->first);
        return true;
    }
    void deallocate(std::uint64_t number) {
        const auto found = live_.find(number);
        if (found != live_.end()) {
            const block gone = found->second;
            live_.erase(found);
            memory_.deallocate(gone.at, gone.bytes, gone.alignment);
        }
    }

    strata::built_strategy memory_;
    std::map<std::uint64_t, block> live_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(no_strategy_takes_less_than_the_bound) {
    constexpr const char* strategies[]{"stats > heap",
                                       "pool > stats > heap",
                                       "concurrent_pool > stats > heap",
                                       "synchronized > pool > stats > heap",
                                       "arena > stats > heap",
                                       "concurrent_arena > stats > heap"};
    constexpr std::uint64_t traces = tests::asan ? 200 : 1000;  // it makes a play 26 times as slow
    for (std::uint64_t seed = 1; seed <= traces; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const tests::random_trace program{seed, 1 + seed % 4, 100 + 10 * (seed % 20)};
            const auto events = program.expected().events;
            replay::planner makes;
            for (const event& each : events) {
                makes.add(each);
            }
            const replay::plan made = makes.finish();
            for (const char* const each : strategies) {
                play memory{each};
                for (const event& next : events) {
                    memory.add(next);
                }
                BOOST_TEST_CONTEXT(each) {
                    BOOST_TEST(memory.taken() >= made.head.most_bytes);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
