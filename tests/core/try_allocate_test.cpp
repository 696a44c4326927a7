// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <utility>

#include <strata/strata.hpp>
#include <strata/testing/failing_resource.hpp>

#include "support/asan.hpp"

BOOST_AUTO_TEST_SUITE(try_allocate_test)

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
    void* const later = try_allocate(memory, some_block);
    BOOST_REQUIRE(later != nullptr);
    memory.deallocate(later, some_block.size, some_block.alignment);
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
    strata::failing_resource memory{strata::failing{.at = 2}, strata::system_heap()};
    void* const first = memory.try_allocate(some_block);
    BOOST_TEST((first != nullptr));
    BOOST_TEST((memory.try_allocate(some_block) == nullptr));
    BOOST_TEST(memory.failures() == 1U);
    memory.deallocate(first, some_block.size, some_block.alignment);
}

// What is found is reported, since an exception would not be heard of.
BOOST_AUTO_TEST_CASE(debug_reports_what_allocate_would_throw) {
    std::size_t findings = 0;
    strata::debug_resource memory{
        strata::debug{.on_finding = strata::on_finding::throw_,
                      .handler = [&](strata::finding, const char*) { ++findings; }},
        strata::system_heap()};
    BOOST_CHECK_THROW((void)memory.allocate(40, 3), strata::debug_error);
    BOOST_TEST(findings == 0U);
    BOOST_TEST((memory.try_allocate({40, 3}) == nullptr));
    BOOST_TEST(findings == 1U);
}

namespace {

// One that is not the library's, and refuses in its own way.
class own_way final : public std::pmr::memory_resource {
public:
    [[nodiscard]] void* try_allocate(strata::layout /*wanted*/) noexcept {
        ++tried;
        return nullptr;
    }
    int tried = 0;

private:
    void* do_allocate(std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        throw std::runtime_error{"not asked for"};
    }
    void do_deallocate(void* /*block*/, std::size_t /*bytes*/, std::size_t /*alignment*/) override {
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

// A layer whose own function has the name, and means something else.
template <class Upstream>
class namesake_resource final : public strata::resource {
public:
    namesake_resource(const auto& /*description*/, Upstream* upstream) : upstream_{upstream} {}
    [[nodiscard]] int try_allocate(int how_often) const { return how_often; }

private:
    std::string_view do_name() const noexcept override { return "namesake"; }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(block, bytes, alignment);
    }

    Upstream* upstream_;
};
struct namesake {
    template <class Upstream>
    using resource_type = namesake_resource<Upstream>;
    static constexpr bool is_source = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(limit_asks_in_the_way_of_its_upstream) {
    own_way below;
    strata::limit_resource memory{&below};
    BOOST_TEST((memory.try_allocate(some_block) == nullptr));
    BOOST_TEST(below.tried == 1);
    strata::fallback_resource over{&memory, strata::system_heap()};
    over.deallocate(over.allocate(100), 100);
    BOOST_TEST(below.tried == 2);
}

BOOST_AUTO_TEST_CASE(a_layer_may_have_another_function_of_that_name) {
    strata::stack memory{namesake{}, strata::fixed_buffer<200>{}};
    strata::stack counted{strata::stats{}, namesake{}, strata::fixed_buffer<200>{}};
    for (strata::resource* each : {static_cast<strata::resource*>(&memory),
                                   static_cast<strata::resource*>(&counted)}) {
        BOOST_TEST((each->try_allocate(some_block) != nullptr));
        BOOST_TEST((each->try_allocate({1000, 8}) == nullptr));
    }
}

BOOST_AUTO_TEST_SUITE_END()
