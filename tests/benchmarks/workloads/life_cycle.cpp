// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "contenders/strata_parts.hpp"
#include "workloads/workloads.hpp"

#include <memory>

#include <boost/container/pmr/monotonic_buffer_resource.hpp>
#include <boost/container/pmr/synchronized_pool_resource.hpp>
#include <boost/container/pmr/unsynchronized_pool_resource.hpp>

namespace bench {
namespace {

// Calls go through the interface that the type has: the standard's, or Boost's own.
template <class Resource, class Interface>
void lives(benchmark::State& state, std::size_t blocks, const std::vector<std::uint32_t>& sizes) {
    std::size_t at = 0;
    for (auto _ : state) {
        Resource resource;
        Interface* const from = hidden<Interface>(&resource);
        for (std::size_t i = 0; i != blocks; ++i) {
            touch(from->allocate(sizes[at], usual_alignment));
            at = at + 1 == sizes.size() ? 0 : at + 1;
        }
    }
}

template <class Resource, class Interface = memory>
entry entry_of(const char* id, const char* label, std::size_t blocks) {
    const auto sizes =
        std::make_shared<const std::vector<std::uint32_t>>(random_numbers(1 << 12, 8, 256));
    return {id, label, [blocks, sizes](benchmark::State& state) {
                lives<Resource, Interface>(state, blocks, *sizes);
            }};
}

}  // namespace

void add_life_cycle_workloads(std::vector<workload>& all) {
    namespace theirs = boost::container::pmr;
    using boosts = theirs::memory_resource;
    for (const std::size_t blocks : {1, 10, 100}) {
        const std::string count = std::to_string(blocks);
        workload made{.id = "life/" + count,
                      .group = "life cycle",
                      .column = "k = " + count,
                      .text = "a resource is made, " + count +
                              " blocks of 8 to 256 B are taken and not freed, and it ends. An "
                              "operation is all of it",
                      .baseline = "std.unsynchronized",
                      .entries = {}};
        made.entries = {
            entry_of<strata::pool_resource>("strata.pool", "strata pool", blocks),
#ifdef BENCH_CONCURRENT_POOL
            entry_of<strata::concurrent_pool_resource>("strata.concurrent",
                                                       "strata concurrent_pool", blocks),
#endif
            entry_of<std::pmr::unsynchronized_pool_resource>("std.unsynchronized",
                                                             "std unsynchronized_pool", blocks),
            entry_of<std::pmr::synchronized_pool_resource>("std.synchronized",
                                                           "std synchronized_pool", blocks),
            entry_of<theirs::unsynchronized_pool_resource, boosts>(
                "boost.unsynchronized", "Boost unsynchronized_pool", blocks),
            entry_of<theirs::synchronized_pool_resource, boosts>("boost.synchronized",
                                                                 "Boost synchronized_pool", blocks),
            entry_of<strata::arena_resource>("strata.arena.release", "strata arena", blocks),
            entry_of<std::pmr::monotonic_buffer_resource>("std.monotonic.release", "std monotonic",
                                                          blocks),
            entry_of<theirs::monotonic_buffer_resource, boosts>("boost.monotonic.release",
                                                                "Boost monotonic", blocks),
        };
        all.push_back(std::move(made));
    }
}

}  // namespace bench
