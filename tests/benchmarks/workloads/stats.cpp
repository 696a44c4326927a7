// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What counting costs: the pool alone is 1. A policy of counting that is added belongs in
// `counted_pools` or `for_threads`.
#include "contenders/strata_parts.hpp"
#include "workloads/thread_team.hpp"

#include <strata/adaptors/stats_resource.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/compose/stack.hpp>
#include <strata/core/layer_tree.hpp>

#include <atomic>
#include <memory>

namespace bench {
namespace {

// A stack of two layers over operator new, made from nothing.
template <class Counting, class Pool>
class counted final : public instance {
public:
    memory* get() noexcept override { return &stack_; }

private:
    strata::stack<strata::basic_stats<Counting>, Pool, memory*> stack_{
        {}, {}, std::pmr::new_delete_resource()};
};

// The same through pointers to memory_resource, as a stack from a text at run time is.
template <class Counting, class Pool>
class counted_dynamic final : public instance {
public:
    memory* get() noexcept override { return &stats_; }

private:
    Pool pool_{std::pmr::new_delete_resource()};
    strata::stats_resource<memory, Counting> stats_{&pool_};
};

// What a Rust program's counting allocator does: two sequentially consistent counters, over the
// same pool, whose type it knows.
template <class Resource>
class by_hand final : public instance, public memory {
public:
    memory* get() noexcept override { return this; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const block = pool_.allocate(bytes, alignment);
        allocated_.fetch_add(bytes);
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        pool_.deallocate(block, bytes, alignment);
        freed_.fetch_add(bytes);
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }

    Resource pool_{std::pmr::new_delete_resource()};
    std::atomic<std::size_t> allocated_ = 0;
    std::atomic<std::size_t> freed_ = 0;
};

template <class Instance>
contender made_of(std::string id, std::string label) {
    return {
        .id = std::move(id), .label = std::move(label), .library = "strata", .make = [](memory*) {
            return std::make_unique<Instance>();
        }};
}

constexpr const char* by_hand_label = "two atomic counters by hand";

template <class Counting, class Pool, class Resource>
void add_policy(std::vector<contender>& all, const std::string& name) {
    all.push_back(
        made_of<counted<Counting, Pool>>("stats.static." + name, "static stack, " + name));
    all.push_back(
        made_of<counted_dynamic<Counting, Resource>>("stats.dynamic." + name, "dynamic, " + name));
}

std::vector<contender> for_threads() {
    std::vector<contender> all;
#ifdef BENCH_CONCURRENT_POOL
    using namespace strata::counting;
    using resource = strata::concurrent_pool_resource;
    all.push_back(*the_field().find("strata.concurrent"));
    all.push_back(made_of<by_hand<resource>>("stats.by_hand", by_hand_label));
    add_policy<relaxed, strata::concurrent_pool, resource>(all, "relaxed");
    add_policy<sequential, strata::concurrent_pool, resource>(all, "sequential");
#ifdef BENCH_SHARDED
    add_policy<sharded, strata::concurrent_pool, resource>(all, "sharded");
#endif
#endif
    return all;
}

}  // namespace

std::vector<contender> counted_pools() {
    std::vector<contender> all{*the_field().find("strata.pool")};
    all.push_back(made_of<by_hand<strata::pool_resource>>("stats.by_hand", by_hand_label));
    using namespace strata::counting;
    add_policy<single, strata::pool, strata::pool_resource>(all, "single");
    add_policy<relaxed, strata::pool, strata::pool_resource>(all, "relaxed");
    add_policy<sequential, strata::pool, strata::pool_resource>(all, "sequential");
#ifdef BENCH_SHARDED
    add_policy<sharded, strata::pool, strata::pool_resource>(all, "sharded");
#endif
    return all;
}

void add_stats_workloads(std::vector<workload>& all) {
    workload pair{.id = "stats/pair",
                  .group = "stats",
                  .column = "pair 64",
                  .text = "as pool/pair, counted in each way: live, peak and total, in bytes and "
                          "blocks",
                  .baseline = "strata.pool",
                  .operations = 1000,
                  .entries = {}};
    const auto plan = std::make_shared<const churn>(churn_of(1000, 1 << 16, 256));
    workload small{.id = "stats/small",
                   .group = "stats",
                   .column = "mix 256",
                   .text = "as pool/small, counted in each way",
                   .baseline = "strata.pool",
                   .operations = static_cast<double>(plan->changes.size()),
                   .entries = {}};
    for (const contender& one : counted_pools()) {
        pair.entries.push_back(entry_for(one, [](benchmark::State& state, instance&, memory* from) {
            pairs(state, from, 1000);
        }));
        small.entries.push_back(
            entry_for(one, [plan](benchmark::State& state, instance&, memory* from) {
                random_lifetimes(state, from, *plan);
            }));
    }
    all.push_back(std::move(pair));
    all.push_back(std::move(small));
    workload scope{.id = "stats/scope",
                   .group = "scopes",
                   .column = "scope",
                   .text = "a stats_scope is made and ends, while no other one exists",
                   .baseline = "stats.static.single",
                   .operations = 1000,
                   .entries = {}};
    for (const contender& one : counted_pools()) {
        if (!one.id.starts_with("stats.static.")) {
            continue;
        }
        scope.entries.push_back(entry_for(one, [](benchmark::State& state, instance&, memory* in) {
            auto* const counted = strata::find<strata::stats_source>(*in);
            for (auto _ : state) {
                for (int i = 0; i != 1000; ++i) {
                    const strata::stats_scope made{*counted};
                    benchmark::DoNotOptimize(&made);
                }
            }
        }));
    }
    all.push_back(std::move(scope));
    for (const std::size_t threads : {1, 2, 4, 16}) {
        constexpr std::size_t total = 200'000;
        const std::string count = std::to_string(threads);
        workload own{.id = "stats/own/" + count,
                     .group = "stats over concurrent_pool",
                     .column = "own " + count,
                     .text = "as threads/own/" + count + ", counted in each way",
                     .baseline = "strata.concurrent",
                     .operations = static_cast<double>(total) / cores_for(threads),
                     .own_clock = true,
                     .entries = {}};
        for (const contender& one : for_threads()) {
            own.entries.push_back(
                entry_for(one, [threads](benchmark::State& state, instance&, memory* from) {
                    own_blocks(state, from, threads, total);
                }));
        }
        if (!own.entries.empty()) {
            all.push_back(std::move(own));
        }
    }
}

}  // namespace bench
