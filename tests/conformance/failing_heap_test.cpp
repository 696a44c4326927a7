// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What is not done in a resource's memory (texts, trees, reports, the tools of tests) uses the
// program's heap. Here each of its allocations fails in turn: what comes of that is std::bad_alloc
// or nothing, all memory is given back, and the next try works.
#define BOOST_TEST_MODULE failing_heap
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>
#include <strata/testing/allocation_budget.hpp>
#include <strata/testing/for_each_allocation_failure.hpp>
#include <strata/testing/forbid_default_resource.hpp>
#include <strata/testing/strategy_list.hpp>
#include <strata/testing/watched_resource.hpp>

#include "failing_sweep.hpp"

namespace {

void* heap_block(std::size_t bytes) noexcept {
    if (failing_heap::fails()) {
        return nullptr;
    }
    void* block = std::malloc(bytes == 0 ? 1 : bytes);
    failing_heap::live += block != nullptr;
    return block;
}

void free_heap_block(void* block) noexcept {
    failing_heap::live -= block != nullptr;
    std::free(block);
}

}  // namespace

void* operator new(std::size_t bytes) {
    void* block = heap_block(bytes);
    return block != nullptr ? block : throw std::bad_alloc{};
}
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
    return heap_block(bytes);
}
void operator delete(void* block) noexcept {
    free_heap_block(block);
}
void operator delete(void* block, std::size_t /*bytes*/) noexcept {
    free_heap_block(block);
}
void operator delete(void* block, const std::nothrow_t& /*tag*/) noexcept {
    free_heap_block(block);
}

namespace {

using failing_heap::report;
using failing_heap::sweep;
using failing_heap::sweep_report;

strata::strategy some_strategy() {
    return strata::strategy::parse(
        "stats(on_destroy=report) > limit(bytes=1GiB) > fallback(fixed_buffer(1KiB), pool > arena)");
}

}  // namespace

BOOST_AUTO_TEST_CASE(texts_of_strategies) {
    sweep("parse", [] { return to_string(some_strategy()); });
    sweep("a wrong text", [] {
        try {
            return to_string(strata::strategy::parse("pool(largest_blok=1KiB)"));
        } catch (const strata::strategy_error& error) {
            return std::string{error.what()};
        }
    });
    const strata::strategy parsed = some_strategy();
    sweep("build", [&] {
        auto memory = parsed.build();
        void* block = memory.allocate(100);
        memory.deallocate(block, 100);
        return std::string{memory.name()};
    });
}

BOOST_AUTO_TEST_CASE(trees_and_figures) {
    auto memory = some_strategy().build();
    void* block = memory.allocate(100);
    sweep("describe", [&] {
        std::ostringstream out;
        out << strata::describe(memory);
        return out.str();
    });
    sweep("describe as JSON", [&] { return to_json(strata::describe(memory)); });
    const auto counted = memory.find<strata::stats_source>()->snapshot();
    sweep("stats", [&] {
        std::ostringstream out;
        out << counted;
        return out.str();
    });
    sweep("stats as JSON", [&] { return to_json(counted); });
    memory.deallocate(block, 100);
}

BOOST_AUTO_TEST_CASE(misuses_and_leaks_are_reported_without_the_heap) {
    sweep_report("a leak", "stats: 1 block", [] {
        strata::stats_resource memory{strata::stats{.on_destroy = strata::on_finding::abort},
                                      strata::system_heap()};
        void* block = memory.allocate(100);
        strata::system_heap()->deallocate(block, 100);
    });
    strata::pool_resource pool{strata::system_heap()};
    strata::arena_resource arena{strata::system_heap()};
    sweep_report("scopes out of order", "scoped_default_resource: another default", [&] {
        std::pmr::memory_resource* const before = std::pmr::get_default_resource();
        {
            std::optional<strata::scoped_default_resource> outer{std::in_place, pool};
            const strata::scoped_default_resource inner{arena};
            outer.reset();
        }
        std::pmr::set_default_resource(before);
    });
    sweep_report("scopes out of order, with a foreign resource", "scoped_default_resource: another",
                 [] {
                     std::pmr::memory_resource* const before = std::pmr::get_default_resource();
                     {
                         const strata::scoped_default_resource scope{
                             *std::pmr::null_memory_resource()};
                         std::pmr::set_default_resource(before);
                     }
                     std::pmr::set_default_resource(before);
                 });
    sweep_report("live at the end of a scope", "scoped_default_resource: 1 block", [] {
        void* block = nullptr;
        {
            const strata::scoped_default_resource scope{*strata::system_heap(),
                                                        strata::on_finding::abort};
            block = std::pmr::get_default_resource()->allocate(100);
        }
        strata::system_heap()->deallocate(block, 100);
    });
}

BOOST_AUTO_TEST_CASE(stacks) {
    const auto here = strata::stack_trace::capture();
    sweep("a stack", [&] {
        std::ostringstream out;
        out << here;
        return out.str();
    });
    sweep("a function's name", [&] { return strata::function_at(here.addresses().front()); });
    sweep("the calls at an address", [&] {
        return strata::calls_at(here.addresses().front()).back().function;
    });
    sweep("whether it passes through", [&] {
        return std::string{here.passes_through("stacks") ? "yes" : "no"};
    });
}

BOOST_AUTO_TEST_CASE(limits_are_reported_without_the_heap) {
    strata::watched_resource memory;
    sweep_report("a budget", "allocation_budget (", [&] {
        const strata::allocation_budget few{memory, {.blocks = 1}};
        for (int i = 0; i != 3; ++i) {
            memory.deallocate(memory.allocate(10), 10);
        }
    });
    sweep_report("none at all", "no_allocations (", [&] {
        const strata::no_allocations none{memory};
        memory.deallocate(memory.allocate(10), 10);
    });
}

namespace {

// With all that a forbidding scope can do about a use, and the text it throws.
void use_the_default(strata::on_finding on_use, bool& refused) {
    const strata::forbid_default_resource forbidden{
        {.on_use = on_use, .allowed_functions = {}, .handler = report::keep}};
    try {
        std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
        memory->deallocate(memory->allocate(100), 100);
    } catch (const std::bad_alloc&) {  // or, where there is memory, one that says why
        refused = true;
    }
}

[[gnu::noinline]] void allowed_by_name() {
    std::pmr::memory_resource* const memory = std::pmr::get_default_resource();
    memory->deallocate(memory->allocate(100), 100);
    asm volatile("");  // so that the call above is not the last thing, which would be a jump
}

}  // namespace

BOOST_AUTO_TEST_CASE(uses_of_the_default_resource_are_reported_without_the_heap) {
    using enum strata::on_finding;
    for (const strata::on_finding on_use : {throw_, ignore, abort}) {
        sweep_report("a use of the default resource",
                     on_use == abort ? "" : "forbid_default_resource (", [&] {
                         bool refused = false;
                         use_the_default(on_use, refused);
                         BOOST_TEST((refused || on_use != throw_));
                     });
    }
    sweep("allowed by name", [] {
        const strata::forbid_default_resource forbidden{
            {.allowed_functions = {"allowed_by_name"}, .at_end = strata::on_finding::ignore}};
        allowed_by_name();
        return forbidden.message();
    });
}

BOOST_AUTO_TEST_CASE(failures_are_enumerated_without_the_heap) {
    const auto verdict_of = [](const strata::failure_report& of) {
        std::ostringstream out;
        out << of;
        return out.str();
    };
    sweep("all failures", [&] {
        return verdict_of(strata::for_each_allocation_failure([](std::pmr::memory_resource& memory) {
            const std::pmr::vector<int> numbers(10, &memory);
        }));
    });
    sweep("a leak is found", [&] {
        return verdict_of(strata::for_each_allocation_failure(
            [](std::pmr::memory_resource& memory) { static_cast<void>(memory.allocate(100)); }));
    });
    sweep("a misuse is found", [&] {
        std::string verdict = verdict_of(
            strata::for_each_allocation_failure([](std::pmr::memory_resource& memory) {
                memory.deallocate(memory.allocate(100), 50);
            }));
        // Under a sanitizer the address is another one each time.
        if (const std::size_t at = verdict.find("0x"); at != std::string::npos) {
            verdict.erase(at, verdict.find(',', at) - at);
        }
        return verdict;
    });
}

BOOST_AUTO_TEST_CASE(bridges) {
    sweep("to Boost and back", [] {
        strata::to_boost there{strata::system_heap()};
        strata::from_boost back{&there};
        void* block = back.allocate(100, 64);
        back.deallocate(block, 100, 64);
        return std::string{back.name()};
    });
}

BOOST_AUTO_TEST_CASE(tools_of_tests) {
    sweep("the strategies of a test", [] {
        std::string all;
        for (const std::string& each : strata::strategies_under_test("pool; arena > heap")) {
            all += each + ";";
        }
        return all;
    });
}
