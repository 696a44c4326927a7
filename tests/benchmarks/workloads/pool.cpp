// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/pool_loops.hpp"

#include <algorithm>
#include <memory>

namespace bench {
namespace {

bool takes_part(const contender& one, std::size_t largest) {
    return one.kind != shape::arena && one.largest_block >= largest &&
           one.id != "strata.synchronized" && one.id != "minimal.own_list";
}

workload one_size(const char* id, const char* column, const char* text,
                  std::vector<std::uint32_t> order) {
    workload made{.id = id,
                  .group = "pool",
                  .column = column,
                  .text = text,
                  .baseline = "std.unsynchronized",
                  .operations = static_cast<double>(order.size()),
                  .entries = {}};
    for (const contender& one : the_field().contenders()) {
        if (takes_part(one, node)) {
            made.entries.push_back(
                entry_for(one, [order](benchmark::State& state, instance&, memory* from) {
                    taken_then_freed(state, from, order);
                }));
        }
    }
    return made;
}

workload lifetimes(const char* id, const char* group, const char* column, const char* text,
                   const churn& changes, std::uint32_t largest) {
    workload made{.id = id,
                  .group = group,
                  .column = column,
                  .text = text,
                  .baseline = "std.unsynchronized",
                  .operations = static_cast<double>(changes.changes.size()),
                  .entries = {}};
    const bool many = changes.first_sizes.size() >= 1'000'000;
    made.long_running = many;
    const auto plan = std::make_shared<const churn>(changes);
    for (const contender& one : the_field().contenders()) {
        // Left out where filling takes long: what is said by others already.
        const bool alike = one.id.find("new_delete") != std::string::npos ||
                           one.id == "std.synchronized" || one.id == "boost.synchronized" ||
                           one.id == "strata.heap";
        if (takes_part(one, largest) && one.id != "minimal.call" && !(many && alike)) {
            made.entries.push_back(
                entry_for(one, [plan](benchmark::State& state, instance&, memory* from) {
                    random_lifetimes(state, from, *plan);
                }));
        }
    }
    return made;
}

workload mixed(const char* id, const char* column, const char* text, std::size_t live,
               std::size_t changes, std::uint32_t largest) {
    return lifetimes(id, "pool", column, text, churn_of(live, changes, largest), largest);
}

workload buffers(const char* id, const char* column, const char* text, std::size_t live,
                 std::uint32_t largest) {
    return lifetimes(id, "pool, buffers", column, text, buffer_churn_of(live, 1 << 16, largest),
                     largest);
}

}  // namespace

void add_pool_workloads(std::vector<workload>& all) {
    constexpr std::size_t some = 1000;
    workload pair{.id = "pool/pair",
                  .group = "pool",
                  .column = "pair 64",
                  .text = "a block of 64 B taken, written to and freed. An operation is an "
                          "allocation and a deallocation, in all pool workloads",
                  .baseline = "std.unsynchronized",
                  .operations = some,
                  .entries = {}};
    for (const contender& one : the_field().contenders()) {
        if (takes_part(one, node)) {
            pair.entries.push_back(entry_for(one, [](benchmark::State& state, instance&,
                                                     memory* from) { pairs(state, from, some); }));
        }
    }
    all.push_back(std::move(pair));

    std::vector<std::uint32_t> order(some);
    std::iota(order.begin(), order.end(), 0U);
    all.push_back(one_size("pool/fifo", "FIFO 1k",
                           "1,000 blocks of 64 B taken, then freed in the same order", order));
    std::ranges::reverse(order);
    all.push_back(one_size("pool/lifo", "LIFO 1k",
                           "1,000 blocks of 64 B taken, then freed in reverse order", order));
    all.push_back(one_size("pool/random", "random 1k",
                           "1,000 blocks of 64 B taken, then freed in random order",
                           random_order(some)));
    all.push_back(one_size("pool/random100k", "rand 10^5",
                           "100,000 blocks of 64 B taken, then freed in random order, so that the "
                           "next are taken in that order",
                           random_order(100'000)));
    all.push_back(mixed("pool/small", "mix 256",
                        "1,000 blocks of 8 to 256 B live; one drawn at random is freed and another "
                        "taken",
                        1000, 1 << 16, 256));
    all.push_back(mixed("pool/mixed", "mix 4096", "10,000 blocks of 8 to 4096 B live, the same",
                        10'000, 1 << 16, 4096));
    all.push_back(mixed("pool/million", "mix 10^6",
                        "1,000,000 blocks of 8 to 4096 B live, 2 GB in all, the same", 1'000'000,
                        1 << 19, 4096));
    all.push_back(buffers("pool/buffers", "to 64 KiB",
                          "2,000 blocks of 256 B to 64 KiB live, small ones more often; one drawn "
                          "at random is freed and another taken",
                          2000, 64 << 10));
    all.push_back(buffers("pool/large-buffers", "to 1 MiB",
                          "500 blocks of 256 B to 1 MiB live, the same", 500, 1 << 20));
}

}  // namespace bench
