// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Blocks of several resources under one operator new: each finds its way home.
#define BOOST_TEST_MODULE global_swap
#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <strata/adaptors/limit_resource.hpp>
#include <strata/adaptors/stats_resource.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/allocation_budget.hpp>
#include <strata/testing/checking_resource.hpp>

#include "global_spy.hpp"
#include "support/asan.hpp"
#include "support/misuse_recorder.hpp"
#include "support/random.hpp"
#include "support/valgrind.hpp"  // for all forks

STRATA_GLOBAL_RESOURCE(tests::the_spy());

namespace {

using strata::global::scoped_resource;
using tests::looking;
using tests::the_spy;

}  // namespace

// --- other resources --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_resource_can_be_put_in_place_of_the_usual_one) {
    strata::stats_resource counted{strata::system_heap()};
    BOOST_TEST(&strata::global::current() == &the_spy());
    std::pmr::memory_resource& before = strata::global::swap(counted);
    BOOST_TEST(&before == &the_spy());
    void* block = ::operator new(100);
    BOOST_TEST(&strata::global::current() == &counted);
    BOOST_TEST(&strata::global::swap(before) == &counted);
    BOOST_TEST(counted.snapshot().live_blocks >= 1);
    {
        const looking now{the_spy()};
        ::operator delete(block);
        BOOST_TEST(the_spy().calls() == 0U);
    }
    BOOST_TEST(counted.snapshot().live_blocks == 0);
}

BOOST_AUTO_TEST_CASE(scopes_nest_and_blocks_may_outlive_them) {
    strata::stats_resource outer{strata::system_heap()};
    strata::stats_resource inner{strata::system_heap()};
    auto* kept = new std::string(100, 'u');
    {
        const scoped_resource use_outer{outer};
        auto* of_outer = new std::string(100, 'o');
        {
            const scoped_resource use_inner{inner};
            delete std::exchange(kept, new std::string(100, 'i'));
            delete of_outer;
        }
    }
    BOOST_TEST(outer.snapshot().live_blocks == 0);
    BOOST_TEST(outer.snapshot().allocations >= 2);
    BOOST_TEST(inner.snapshot().live_blocks == 2);
    delete kept;
    BOOST_TEST(inner.snapshot().live_blocks == 0);
    BOOST_TEST(&strata::global::current() == &the_spy());
}

BOOST_AUTO_TEST_CASE(scopes_that_end_out_of_order_are_reported) {
    // The messages that are kept come from these.
    static auto& first = *new strata::stats_resource{strata::system_heap()};
    static auto& second = *new strata::stats_resource{strata::system_heap()};
    const tests::misuse_recorder misuses;
    auto one = std::make_unique<scoped_resource>(first);
    auto two = std::make_unique<scoped_resource>(second);
    one.reset();
    BOOST_TEST(misuses.count() == 1U);
    BOOST_TEST(&strata::global::current() == &second);
    two.reset();
    BOOST_TEST(misuses.count() == 1U);
    strata::global::swap(the_spy());
}

BOOST_AUTO_TEST_CASE(random_blocks_of_many_resources_find_their_way_home) {
    constexpr std::uint64_t seed = 20;
    tests::random random{seed};
    strata::checking_resource checked;
    checked.allow_zero_sizes();
    strata::concurrent_pool_resource pool{strata::system_heap()};
    strata::stats_resource counted{&pool};
    strata::limit_resource limited{strata::limit{.bytes = 4000}, strata::system_heap()};
    const std::array<std::pmr::memory_resource*, 5> all{&the_spy(), &checked, &counted, &limited,
                                                        strata::system_heap()};
    struct block {
        std::byte* at;
        std::size_t size;
        std::size_t alignment;
        std::byte fill;
    };
    std::vector<block> live;
    live.reserve(1000);
    std::size_t wrong = 0;
    std::size_t refused = 0;
    const auto free_one = [&](std::size_t index) {
        const block freed = std::exchange(live[index], live.back());
        live.pop_back();
        for (std::size_t i = 0; i != freed.size; ++i) {
            wrong += freed.at[i] == freed.fill ? 0 : 1;
        }
        if (random.below(2) == 0) {
            ::operator delete (freed.at, freed.size, std::align_val_t{freed.alignment});
        } else {
            ::operator delete (freed.at, std::align_val_t{freed.alignment});
        }
    };
    for (std::size_t i = 0; i != tests::operations(20'000); ++i) {
        if (random.below(50) == 0) {
            strata::global::swap(*all[random.below(all.size())]);
        }
        if (live.size() == live.capacity() || (!live.empty() && random.below(2) == 0)) {
            free_one(random.below(live.size()));
            continue;
        }
        const std::size_t size = random.below(300);
        const std::size_t alignment = std::size_t{1} << random.below(9);
        void* at = ::operator new (size, std::align_val_t{alignment}, std::nothrow);
        if (at == nullptr) {
            ++refused;
            continue;
        }
        const block made{static_cast<std::byte*>(at), size, alignment, std::byte(i)};
        std::fill_n(made.at, size, made.fill);
        live.push_back(made);
    }
    while (!live.empty()) {
        free_one(live.size() - 1);
    }
    strata::global::swap(the_spy());
    BOOST_TEST_CONTEXT("seed " << seed) {
        BOOST_TEST(wrong == 0U);
        BOOST_TEST(refused > 0U);
        BOOST_TEST(checked.errors().empty(),
                   (checked.errors().empty() ? "" : checked.errors().front()));
        BOOST_TEST(checked.live_blocks() == 0U);
        BOOST_TEST(counted.snapshot().live_blocks == 0);
        BOOST_TEST(limited.usage().live_bytes.value() == 0U);
    }
}

// --- a resource that allocates ----------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_a_resource_allocates_while_it_serves_comes_from_the_heap) {
    static void* nested = nullptr;
    void* block = nullptr;
    {
        const looking now{the_spy()};
        the_spy().in_next_call([] { nested = ::operator new (100, std::align_val_t{64}); });
        block = ::operator new(8);
        BOOST_TEST(the_spy().calls() == 1U);  // and not two
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(nested) % 64 == 0U);
        ::operator delete (nested, std::align_val_t{64});
        BOOST_TEST(the_spy().calls() == 1U);
        ::operator delete(block);
        BOOST_TEST(the_spy().calls() == 2U);
    }
}

BOOST_AUTO_TEST_CASE(and_when_it_takes_back) {
    static std::string* nested = nullptr;
    void* block = ::operator new(8);
    const looking now{the_spy()};
    the_spy().in_next_call([] { nested = new std::string(100, 'n'); });
    ::operator delete(block);
    BOOST_TEST(the_spy().calls() == 1U);
    BOOST_TEST(*nested == std::string(100, 'n'));
    const std::size_t before = the_spy().calls();
    delete nested;
    BOOST_TEST(the_spy().calls() == before);
}

BOOST_AUTO_TEST_CASE(blocks_of_its_own_that_it_frees_while_it_serves_wait_until_it_is_done) {
    static void* first = nullptr;
    static void* second = nullptr;
    static std::size_t calls_inside = 0;
    first = ::operator new(3);
    second = ::operator new (0, std::align_val_t{128});
    const looking now{the_spy()};
    the_spy().in_next_call([] {
        ::operator delete(first);
        ::operator delete (second, std::align_val_t{128});
        calls_inside = the_spy().calls();
    });
    void* block = ::operator new(8);
    BOOST_TEST(calls_inside == 0U);
    BOOST_TEST_REQUIRE(the_spy().calls() == 3U);
    BOOST_TEST(the_spy()[0].is_allocation);
    BOOST_TEST(!the_spy()[1].is_allocation);
    BOOST_TEST(!the_spy()[2].is_allocation);
    ::operator delete(block);
}

BOOST_AUTO_TEST_CASE(however_many_wait_they_take_no_room_on_the_stack) {
    static std::vector<std::string>* many = nullptr;
    many = new std::vector<std::string>(200'000, std::string(100, 'x'));
    const looking now{the_spy()};
    the_spy().in_next_call([] { delete std::exchange(many, nullptr); });
    ::operator delete(::operator new(8));
    BOOST_TEST(many == nullptr);
    BOOST_TEST(the_spy().calls() >= 4000U);  // as many as it writes down
}

BOOST_AUTO_TEST_CASE(a_failure_leaves_the_thread_outside_again) {
    const looking now{the_spy()};
    the_spy().fail(1, [] { throw std::bad_alloc{}; });
    BOOST_CHECK_THROW((void)::operator new(8), std::bad_alloc);
    the_spy().look();
    ::operator delete(::operator new(8));
    BOOST_TEST(the_spy().calls() == 2U);
}

BOOST_AUTO_TEST_CASE(other_threads_are_served_while_one_is_inside) {
    void* block = nullptr;
    const looking now{the_spy()};
    the_spy().in_next_call([] { std::thread{[] { delete new std::string(100, 'x'); }}.join(); });
    block = ::operator new(8);
    ::operator delete(block);
    BOOST_TEST(the_spy().calls() == 2U);  // this thread's
}

// --- budgets ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(budgets_cover_the_whole_program) {
    const strata::budget silent{.at_end = strata::on_finding::ignore};
    const strata::no_allocations none{strata::through_operator_new, silent};
    BOOST_TEST(none.ok());
    {
        const strata::allocation_budget few{strata::through_operator_new,
                                            {.blocks = 3, .at_end = strata::on_finding::ignore}};
        ::operator delete(::operator new(4));
        ::operator delete(::operator new(8));
        BOOST_TEST(few.ok());
        BOOST_TEST(few.blocks() == 2U);
        BOOST_TEST(few.bytes() == 12U);  // without headers
    }
    BOOST_TEST(!none.ok());
    const std::string message = none.message();
    BOOST_TEST_CONTEXT(message) {
        BOOST_TEST(message.find("one of 4 bytes aligned to 16") != std::string::npos);
        BOOST_TEST(message.find("at budgets_cover_the_whole_program") != std::string::npos);
        BOOST_TEST(message.find("operator new") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_child_can_allocate_though_others_were_telling_a_budget,
                     *boost::unit_test::enable_if<tests::heap_survives_forks>()) {
    std::atomic<bool> is_over = false;
    std::vector<std::thread> others;
    int ended_well = 0;
    {
        const strata::allocation_budget all{
            strata::through_operator_new,
            {.whose = strata::stats_scope::threads::all, .at_end = strata::on_finding::ignore}};
        for (int i = 0; i != 3; ++i) {
            others.emplace_back([&] {
                while (!is_over) {
                    ::operator delete(::operator new(8));
                }
            });
        }
        for (int i = 0; i != 100; ++i) {
            const pid_t child = fork();
            if (child == 0) {
                ::operator delete(::operator new(8));
                std::_Exit(EXIT_SUCCESS);
            }
            int status = 0;
            waitpid(child, &status, 0);
            ended_well += WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS ? 1 : 0;
        }
        is_over = true;
        for (std::thread& each : others) {
            each.join();
        }
    }
    BOOST_TEST(ended_well == 100);
}

BOOST_AUTO_TEST_CASE(budgets_count_their_own_thread_alone_unless_told_to_count_all) {
    const strata::allocation_budget mine{strata::through_operator_new,
                                         {.at_end = strata::on_finding::ignore}};
    const strata::allocation_budget all{
        strata::through_operator_new,
        {.whose = strata::stats_scope::threads::all, .at_end = strata::on_finding::ignore}};
    const std::size_t before = mine.blocks();
    std::thread other{[] {
        for (int i = 0; i != 10; ++i) {
            ::operator delete(::operator new(8));
        }
    }};
    const std::size_t for_the_thread = mine.blocks() - before;
    other.join();
    BOOST_TEST(mine.blocks() - before == for_the_thread);
    BOOST_TEST(all.blocks() >= 10 + for_the_thread);
}
