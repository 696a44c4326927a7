// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Templates and macros of the public headers as a program uses them, compiled with the warnings
// that programs turn into errors (tests/meson.build).
#include <memory_resource>
#include <string>
#include <vector>

#include <strata/compose/shared_allocator.hpp>
#include <strata/interop/coroutine.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/interop/thread_resource.hpp>
#include <strata/containers/unique_ptr.hpp>
#include <strata/containers/uses_resource.hpp>
#include <strata/strata.hpp>
#include <strata/testing/allocation_budget.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/for_each_allocation_failure.hpp>
#include <strata/testing/forbid_default_resource.hpp>
#include <strata/testing/unchanged_on_failure.hpp>
#include <strata/testing/watched_resource.hpp>

using namespace strata::literals;

STRATA_GLOBAL_RESOURCE(strata::heap_resource{});

void use_headers();

void use_headers() {
    const auto fill = [](std::pmr::memory_resource& memory) {
        std::pmr::vector<std::pmr::string> words{&memory};
        words.emplace_back("too long to fit inside its string");
        return strata::uses_resource(words, &memory);
    };
    const strata::shared_resource shared{strata::pool{}, strata::arena{}};
    std::vector<std::pmr::string, strata::shared_allocator<std::pmr::string>> kept{shared};
    kept.emplace_back("too long to fit inside its string");
    const strata::thread_resource of_thread{*shared};
    strata::stack adaptors{strata::debug{},
                           strata::basic_stats<strata::counting::single>{},
                           strata::basic_stats<strata::counting::sharded>{},
                           strata::basic_stats<strata::counting::sequential>{},
                           strata::limit{.bytes = 1_MiB},
                           strata::retry{},
                           strata::synchronized{},
                           strata::concurrent_pool{},
                           strata::concurrent_arena{},
                           strata::pages{}};
    strata::stack branches{
        strata::stats{},
        strata::segregator{strata::up_to{256},
                           strata::branch{strata::pool{}, strata::arena{}, strata::heap{}},
                           strata::fallback{strata::fixed_buffer<512>{}, strata::bounded_time{}}}};
    fill(adaptors);
    fill(branches);
    const strata::scoped_default_resource use{branches};
    const strata::stats_scope scope{branches.get<strata::stats>()};
    const auto word = strata::make_unique<std::pmr::string>(&branches, "a word");
    const auto numbers = strata::make_unique<int[]>(&branches, 3);
    auto built = strata::strategy::parse("stats > pool").build();
    fill(built);
    (void)to_json(strata::describe(branches));

    strata::watched_resource watched{&branches};
    const strata::no_allocations none{watched};
    strata::failing_resource failing{strata::failing{.at = 2}, &branches};
    strata::unchanged_on_failure unchanged{[&] { return built.usage().live_blocks; }};
    (void)strata::for_each_allocation_failure(
        [&](std::pmr::memory_resource& memory) { fill(memory); });
    const strata::forbid_default_resource forbidden;
    strata::checking_resource checking;
    fill(checking);
}
