// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <vector>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/compose/scoped_default_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/finding_recorder.hpp"
#include "support/misuse_recorder.hpp"
#include "support/upstream.hpp"
#include "support/wild_write.hpp"

BOOST_AUTO_TEST_SUITE(debug_life_test)

// Ends: of all blocks at once, of the resource, of its time as the default one.

namespace {

using strata::finding;

[[gnu::noinline]] void* makes(std::pmr::memory_resource& memory, std::size_t bytes) {
    return memory.allocate(bytes, 8);
}
[[gnu::noinline]] void* makes_others(std::pmr::memory_resource& memory, std::size_t bytes) {
    return memory.allocate(bytes, 8);
}
[[gnu::noinline]] void frees(std::pmr::memory_resource& memory, void* block, std::size_t bytes) {
    memory.deallocate(block, bytes, 8);
}

}  // namespace

// --- leaks
// ----------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(leaks_are_grouped_by_place_and_the_most_bytes_come_first, tests::upstream) {
    tests::finding_recorder found;
    {
        strata::debug_resource memory{strata::debug{.name = "l", .handler = found.handler()},
                                      &below};
        frees(memory, makes(memory, 1000), 1000);
        for (std::size_t i = 0; i != 3; ++i) {
            (void)makes(memory, 10 + i);
        }
        (void)makes_others(memory, 100);
        (void)makes_others(memory, 200);
    }
    found.expect(
        finding::leak,
        {"debug \"l\": 5 blocks (333 B) are still live\n", "  300 B in 2 blocks, allocated\n",
         "at debug_life_test::makes_others (debug_life_test.cpp:",
         "  33 B in 3 blocks, allocated\n", "at debug_life_test::makes (debug_life_test.cpp:"});
}

BOOST_FIXTURE_TEST_CASE(with_whole_stacks_leaks_are_told_apart_by_their_callers, tests::upstream) {
    tests::finding_recorder found;
    {
        strata::debug_resource memory{strata::debug{.stack_depth = 4, .handler = found.handler()},
                                      &below};
        (void)makes(memory, 100);
        [&] { (void)makes(memory, 200); }();
    }
    found.expect(finding::leak, {"2 blocks (300 B)", "200 B in 1 block, allocated\n",
                                 "at debug_life_test::makes (debug_life", "operator()",
                                 "100 B in 1 block, allocated\n"});
}

BOOST_FIXTURE_TEST_CASE(of_many_places_those_with_the_least_are_added_up, tests::upstream) {
    tests::finding_recorder found;
    {
        strata::debug_resource memory{strata::debug{.stack_depth = 32, .handler = found.handler()},
                                      &below};
        const auto deeper = [&](auto self, int depth) -> void {
            (void)makes(memory, 100 + static_cast<std::size_t>(depth));
            if (depth != 0) {
                self(self, depth - 1);
            }
        };
        deeper(deeper, 24);
    }
    found.expect(finding::leak, {"25 blocks", "510 B in 5 blocks at 5 other places"});
}

BOOST_FIXTURE_TEST_CASE(without_stacks_leaks_are_counted, tests::upstream) {
    tests::finding_recorder found;
    {
        strata::debug_resource memory{strata::debug{.stack_depth = 0, .handler = found.handler()},
                                      &below};
        (void)makes(memory, 100);
    }
    found.expect(finding::leak, {"1 block (100 B) is still live\n  100 B in 1 block"});
}

BOOST_FIXTURE_TEST_CASE(leaks_may_be_meant, tests::upstream) {
    strata::debug_resource memory{strata::debug{.leaks = false}, &below};
    (void)makes(memory, 100);
}

BOOST_AUTO_TEST_CASE(leaks_hide_nothing_else) {
    tests::finding_recorder found;
    {
        strata::debug_resource memory{strata::debug{.handler = found.handler()},
                                      strata::system_heap()};
        void* block = makes(memory, 40);
        (void)makes(memory, 8);
        frees(memory, block, 40);
        tests::wild_write(block, 3);
    }
    found.expect(finding::write_after_free, {"1 byte at +3"});
    found.expect(finding::leak, {"1 block (8 B)"});
}

// What never ends is looked at by the program's exit, if that is asked for: before what it draws
// from has ended and after what draws from it.
BOOST_AUTO_TEST_CASE(an_exit_can_take_the_place_of_an_end) {
    for (const bool at_exit : {true, false}) {
        std::fflush(stdout);  // or the child's exit prints it again
        const auto child = tests::run_in_child([=] {
            strata::set_misuse_handler([](const char* message) noexcept {
                std::fprintf(stderr, "finding: %s\n", message);
            });
            static strata::pool_resource pool{strata::system_heap()};
            auto* memory =
                new strata::debug_resource<>{strata::debug{.name = "x", .at_exit = at_exit}, &pool};
            static std::pmr::vector<int> numbers(100, memory);
            { const strata::debug_resource<> gone{strata::debug{.at_exit = true}, &pool}; }
            void* block = makes(*memory, 40);
            frees(*memory, block, 40);
            tests::wild_write(block, 7);
            (void)makes(*memory, 24);
            std::exit(0);
        });
        BOOST_TEST_CONTEXT(child.errors) {
            const std::size_t written = child.errors.find(
                "finding: debug \"x\": a block was written to after it was freed");
            const std::size_t leaked =
                child.errors.find("finding: debug \"x\": 1 block (24 B) is still live");
            BOOST_TEST((written != std::string::npos) == at_exit);
            BOOST_TEST((leaked != std::string::npos) == at_exit);
            BOOST_TEST((!at_exit || written < leaked));
        }
    }
}

// --- release
// --------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(released_blocks_are_no_leaks_and_must_not_be_used, tests::upstream) {
    tests::finding_recorder found;
    strata::arena_resource arena{&below};
    strata::debug_resource memory{
        strata::debug{.name = "r", .handler = found.handler(), .freed_fill = std::byte{0xDD}},
        &arena};
    void* block = makes(memory, 56);
    memory.release();
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
    BOOST_TEST((memory.owns(block) == strata::ownership::no));
    frees(memory, block, 56);
    found.expect(
        finding::freed_after_release,
        {"debug \"r\": a block is freed after release() gave it up", "56 B aligned to 8", "freed",
         "at debug_life_test::frees (debug_life_test.cpp:", "released",
         "(debug_life_test.cpp:", "allocated", "at debug_life_test::makes (debug_life_test.cpp:"});
    tests::wild_write(block, 3);
    BOOST_TEST(memory.check() == 1u);
    found.expect(finding::write_after_free, {"a block was written to after release()",
                                             "1 byte at +3", "dd 21 dd", "released", "allocated"});
    memory.flush();
    arena.release();
}

BOOST_FIXTURE_TEST_CASE(release_looks_at_what_it_gives_up, tests::upstream) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.handler = found.handler()}, &below};
    tests::wild_write(makes(memory, 24), 24);
    memory.release();
    found.expect(finding::overflow, {"24 B aligned to 8"});
}

// --- the upstream's end
// ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_upstream_that_serves_anew_what_is_in_use_ends_the_program) {
    for (const std::size_t second : {100U, 8U, 300U}) {
        const auto child = tests::run_in_child([=] {
            alarm(30);
            strata::arena_resource arena{strata::system_heap()};
            strata::debug_resource memory{strata::debug{.name = "w"}, &arena};
            (void)makes(memory, 100);
            arena.reset();
            void* block = makes(memory, second);
            frees(memory, block, second);
        });
        if (!tests::asan) {  // which sees that the records are gone
            BOOST_TEST_CONTEXT(child.errors) {
                BOOST_TEST(child.signal == SIGABRT);
                BOOST_TEST(child.errors.find("strata: misuse: debug \"w\": the upstream served "
                                             "memory that is still in use\n") == 0u);
                BOOST_TEST(child.errors.find("100 B aligned to 8") != std::string::npos);
                BOOST_TEST(child.errors.find("allocated     at debug_life_test::makes") !=
                           std::string::npos);
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(after_release_and_flush_the_upstream_may_be_reset, tests::upstream) {
    strata::arena_resource arena{&below};
    strata::debug_resource memory{&arena};
    for (int round = 0; round != 3; ++round) {
        for (std::size_t size = 0; size != 50; ++size) {
            (void)makes(memory, size);
        }
        memory.release();
        memory.flush();
        arena.reset();
    }
}

// --- the end
// --------------------------------------------------------------------------------------

// AddressSanitizer alone sees a call of a resource that was deleted.
BOOST_AUTO_TEST_CASE(a_call_after_the_end_is_for_asan_to_see) {
    if (!tests::asan) {
        return;
    }
    const auto child = tests::run_in_child([] {
        auto* memory = new strata::debug_resource<>{strata::system_heap()};
        std::pmr::memory_resource* volatile unknown = memory;
        delete memory;
        (void)makes(*unknown, 40);
    });
    BOOST_TEST_CONTEXT(child.errors) {
        BOOST_TEST(child.errors.find("heap-use-after-free") != std::string::npos);
    }
}

// --- the default resource
// -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(it_must_not_be_the_default_resource_at_its_end) {
    auto* const before = std::pmr::get_default_resource();
    tests::finding_recorder found;
    {
        strata::debug_resource memory{strata::debug{.name = "d", .handler = found.handler()},
                                      strata::system_heap()};
        std::pmr::set_default_resource(&memory);
    }
    BOOST_TEST(std::pmr::get_default_resource() == std::pmr::new_delete_resource());
    std::pmr::set_default_resource(before);
    found.expect(finding::default_resource,
                 {"debug \"d\": it is still the default resource at its end", "new_delete_resource",
                  "(debug_life_test.cpp:"});
}

BOOST_AUTO_TEST_CASE(nor_must_a_resource_of_which_it_is_a_layer) {
    auto* const before = std::pmr::get_default_resource();
    tests::finding_recorder found;
    {
        strata::stack memory{strata::pool{},
                             strata::debug{.name = "d", .handler = found.handler()}};
        std::pmr::set_default_resource(&memory);
    }
    BOOST_TEST(std::pmr::get_default_resource() == std::pmr::new_delete_resource());
    found.expect(finding::default_resource,
                 {"debug \"d\": a resource of which it is a layer is still the default resource"});
    const tests::misuse_recorder misuses;
    {
        auto memory = strata::strategy::parse("stats > debug(name=d) > pool").build();
        std::pmr::set_default_resource(&memory);
    }
    BOOST_TEST(std::pmr::get_default_resource() == std::pmr::new_delete_resource());
    BOOST_TEST_REQUIRE(misuses.count() == 1u);
    BOOST_TEST(misuses.messages()[0].find(
                   "debug \"d\": a resource of which it is a layer is still ") == 0u);
    std::pmr::set_default_resource(before);
}

// Ended in the wrong order, the inner scope brings back what the outer one had installed.
BOOST_AUTO_TEST_CASE(scopes_that_end_out_of_order_are_found) {
    auto* const before = std::pmr::get_default_resource();
    const tests::misuse_recorder misuses;
    tests::finding_recorder found;
    {
        strata::debug_resource memory{strata::debug{.handler = found.handler()},
                                      strata::system_heap()};
        strata::pool_resource pool{strata::system_heap()};
        auto* outer = new strata::scoped_default_resource{memory};
        auto* inner = new strata::scoped_default_resource{pool};
        delete outer;
        BOOST_TEST(misuses.count() == 1u);
        delete inner;
        BOOST_TEST(misuses.count() == 1u);
        BOOST_TEST(std::pmr::get_default_resource() == &memory);
    }
    found.expect(finding::default_resource, {"it is still the default resource at its end"});
    std::pmr::set_default_resource(before);
}

BOOST_AUTO_TEST_SUITE_END()
