// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What is not done in a resource's memory (texts, trees, reports, the tools of tests) uses the
// program's heap. Here each of its allocations fails in turn: what comes of that is std::bad_alloc
// or nothing, all memory is given back, and the next try works.
#define BOOST_TEST_MODULE failing_heap
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <new>
#include <sstream>
#include <string>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>
#include <strata/testing/expect_stats.hpp>
#include <strata/testing/strategy_list.hpp>

namespace {

// Of this thread alone: Boost.Test has no others, but a sanitizer might.
constinit thread_local std::size_t until_failure = 0;  // 0: none to come
constinit thread_local std::ptrdiff_t live = 0;

void* heap_block(std::size_t bytes) noexcept {
    if (until_failure != 0 && --until_failure == 0) {
        return nullptr;
    }
    void* block = std::malloc(bytes == 0 ? 1 : bytes);
    live += block != nullptr;
    return block;
}

void free_heap_block(void* block) noexcept {
    live -= block != nullptr;
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

// Where nothing fails, `work` says something, which must be the same each time.
void sweep(const char* name, const std::function<std::string()>& work) {
    const std::string right = work();
    std::size_t refused = 0;
    std::size_t nth = 1;
    for (bool has_failed = true; has_failed; ++nth) {
        BOOST_TEST_REQUIRE(nth < 100'000u);
        const std::ptrdiff_t before = live;
        until_failure = nth;
        try {
            const std::string said = work();
            has_failed = until_failure == 0;
            until_failure = 0;
            // What goes on without memory may say less, but what it does not need it for is right.
            if (!has_failed && said != right) {
                BOOST_ERROR(name << " said " << said << ", not " << right);
            }
        } catch (const std::bad_alloc&) {
            ++refused;
        }
        until_failure = 0;
        BOOST_TEST_REQUIRE(live == before, name << " lost " << live - before
                                                << " blocks at allocation " << nth);
    }
    BOOST_TEST(work() == right);
    std::cout << name << ": " << nth - 1 << " allocations, " << refused << " refused\n";
}

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
    sweep("expect_stats", [&] {
        return strata::expect_stats(counted, "blocks <= 0, live = 7, peak < 1KiB").message;
    });
    memory.deallocate(block, 100);
}

BOOST_AUTO_TEST_CASE(misuses_and_leaks_are_reported_without_the_heap) {
    sweep("a leak", [] {
        static std::string said;
        said.clear();
        said.reserve(1000);
        const auto before = strata::set_misuse_handler([](const char* text) noexcept { said = text; });
        {
            strata::stats_resource memory{strata::stats{.on_destroy = strata::leak_policy::abort},
                                          strata::system_heap()};
            void* block = memory.allocate(100);
            strata::system_heap()->deallocate(block, 100);
        }
        strata::set_misuse_handler(before);
        return std::string{said.starts_with("stats: 1 block") ? "reported" : "not"};
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
