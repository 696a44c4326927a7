// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE core / try_allocate
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory_resource>
#include <new>
#include <stdexcept>

#include <strata/strata.hpp>
#include <strata/testing/failing_resource.hpp>

#include "support/asan.hpp"

using strata::try_allocate;

namespace {

// One of the program's own, which ends each request in its own way.
class foreign final : public std::pmr::memory_resource {
public:
    enum class end { serve, bad_alloc, another_exception, null };
    end how = end::serve;
    std::size_t live = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        switch (how) {
            case end::bad_alloc:
                throw std::bad_alloc{};
            case end::another_exception:
                throw std::runtime_error{"not today"};
            case end::null:
                return nullptr;
            case end::serve:
                break;
        }
        ++live;
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        --live;
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

constexpr foreign::end refusals[] = {foreign::end::bad_alloc, foreign::end::another_exception,
                                     foreign::end::null};

constexpr strata::layout some_block{100, 8};

void serves_or_is_null(std::pmr::memory_resource& memory, foreign& below) {
    below.how = foreign::end::serve;
    void* const block = try_allocate(memory, some_block);
    BOOST_REQUIRE(block != nullptr);
    memory.deallocate(block, some_block.size, some_block.alignment);
    for (const foreign::end how : refusals) {
        if (how == foreign::end::null && tests::asan) {
            continue;  // UndefinedBehaviorSanitizer, which comes with it, ends the program
        }
        below.how = how;
        BOOST_TEST(try_allocate(memory, {strata::literals::operator""_MiB(100), 8}) == nullptr);
    }
    below.how = foreign::end::serve;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_foreign_resource_is_asked_without_exceptions) {
    static_assert(noexcept(try_allocate(std::declval<foreign&>(), some_block)));
    foreign memory;
    serves_or_is_null(memory, memory);
    BOOST_TEST(memory.live == 0U);
}

BOOST_AUTO_TEST_CASE(what_an_upstream_throws_is_a_null) {
    foreign below;
    for (const char* text :
         {"stats", "limit", "retry", "synchronized", "debug", "pool", "arena", "concurrent_pool",
          "concurrent_arena", "stats > limit > pool", "segregator(64, pool, arena)",
          "fallback(pool, arena)", "debug(concurrent=true) > concurrent_pool > stats"}) {
        BOOST_TEST_CONTEXT(text) {
            auto memory = strata::strategy::parse(text).build(&below);
            serves_or_is_null(memory, below);
        }
    }
    BOOST_TEST(below.live == 0U);
}

BOOST_AUTO_TEST_CASE(a_stack_asks_its_top_layer) {
    strata::stack memory{strata::stats{}, strata::limit{.bytes = 1000},
                         strata::fixed_buffer<500>{}};
    static_assert(noexcept(memory.try_allocate(some_block)));
    BOOST_TEST(memory.try_allocate({1001, 1}) == nullptr);  // the limit's refusal
    BOOST_TEST(memory.try_allocate({501, 1}) == nullptr);   // the buffer's
    BOOST_TEST((memory.try_allocate(some_block) != nullptr));
    const auto counted = memory.get<strata::stats>().snapshot();
    BOOST_TEST(counted.allocations == 1);
    BOOST_TEST(counted.failures == 2);
    BOOST_TEST(counted.live_bytes == 100);
    BOOST_TEST(memory.get<strata::limit>().usage().live_bytes.value() == 100U);
}

// A fallback asks its first resource by `try_allocate` only where no exception can be lost.
BOOST_AUTO_TEST_CASE(fallback_still_passes_other_exceptions) {
    foreign below;
    strata::limit_resource limited{strata::limit{}, &below};
    strata::stats_resource counted{&below};
    strata::fallback_resource over_limit{&limited, strata::system_heap()};
    strata::fallback_resource over_stats{&counted, strata::system_heap()};
    below.how = foreign::end::another_exception;
    BOOST_CHECK_THROW((void)over_limit.allocate(100), std::runtime_error);
    BOOST_CHECK_THROW((void)over_stats.allocate(100), std::runtime_error);
    BOOST_TEST((over_limit.try_allocate(some_block) == nullptr));
}

BOOST_AUTO_TEST_CASE(an_injected_failure_is_a_null) {
    strata::failing_resource memory{strata::failing{.at = 1}, strata::system_heap()};
    void* const first = memory.try_allocate(some_block);
    BOOST_TEST((first != nullptr));
    BOOST_TEST((memory.try_allocate(some_block) == nullptr));
    BOOST_TEST(memory.failures() == 1U);
    memory.deallocate(first, some_block.size, some_block.alignment);
}
