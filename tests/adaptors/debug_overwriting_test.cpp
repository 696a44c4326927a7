// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory_resource>
#include <string>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/finding_recorder.hpp"
#include "support/forwarding.hpp"
#include "support/upstream.hpp"
#include "support/wild_write.hpp"

BOOST_AUTO_TEST_SUITE(debug_overwriting_test)

// Writes beyond a block and into freed ones.

namespace {

using strata::finding;
using tests::wild_write;

[[gnu::noinline]] void* makes(std::pmr::memory_resource& memory, std::size_t bytes,
                              std::size_t alignment = 8) {
    return memory.allocate(bytes, alignment);
}
[[gnu::noinline]] void frees(std::pmr::memory_resource& memory, void* block, std::size_t bytes,
                             std::size_t alignment = 8) {
    memory.deallocate(block, bytes, alignment);
}

struct watched : tests::upstream {
    tests::finding_recorder found;
    strata::debug_resource<> memory{
        strata::debug{.name = "w", .handler = found.handler(), .freed_fill = std::byte{0xDD}},
        &below};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_very_next_byte_is_watched_whatever_the_size, watched) {
    for (std::size_t size = 0; size != 130; ++size) {
        for (const std::size_t alignment : {1U, 2U, 8U, 16U, 64U, 4096U}) {
            BOOST_TEST_CONTEXT("size " << size << ", alignment " << alignment) {
                void* block = makes(memory, size, alignment);
                wild_write(block, static_cast<std::ptrdiff_t>(size));
                frees(memory, block, size, alignment);
                found.expect(
                    finding::overflow,
                    {"memory after a block was overwritten",
                     std::to_string(size) + " B aligned to " + std::to_string(alignment),
                     "1 byte at +" + std::to_string(size) + ", right after its end", "found",
                     "at debug_overwriting_test::frees (debug_overwriting_test.cpp:", "allocated",
                     "at debug_overwriting_test::makes (debug_overwriting_test.cpp:"});
                block = makes(memory, size, alignment);
                wild_write(block, -1);
                frees(memory, block, size, alignment);
                found.expect(finding::underflow,
                             {"memory before a block was overwritten",
                              "1 byte at -1, right before its beginning", "fb 21  |", "^^"});
            }
        }
    }
    BOOST_TEST(memory.findings() == 2u * 130 * 6);
}

BOOST_FIXTURE_TEST_CASE(all_of_the_fences_is_watched, watched) {
    for (std::ptrdiff_t distance = 0; distance != 16; ++distance) {
        void* block = makes(memory, 40);
        wild_write(block, 40 + distance);
        wild_write(block, -1 - distance);
        frees(memory, block, 40);
        found.expect(finding::underflow, {"1 byte at -" + std::to_string(1 + distance)});
        found.expect(finding::overflow, {"1 byte at +" + std::to_string(40 + distance)});
    }
}

BOOST_FIXTURE_TEST_CASE(what_was_written_is_shown_and_marked, watched) {
    void* block = makes(memory, 40);
    std::memset(block, 'x', 40);
    for (std::ptrdiff_t at = 41; at != 45; ++at) {
        wild_write(block, at, "oops"[at - 41]);
    }
    frees(memory, block, 40);
    found.expect(
        finding::overflow,
        {"bytes from +41 to +44, 1 B after its end\n"
         "       +32  78 78 78 78 78 78 78 78  fb 6f 6f 70 73 fb fb fb  |xxxxxxxx.oops...|\n"
         "                                        ^^ ^^ ^^ ^^\n"});
}

BOOST_FIXTURE_TEST_CASE(check_looks_at_live_blocks_and_reports_once, watched) {
    void* block = makes(memory, 24);
    BOOST_TEST(memory.check() == 0u);
    wild_write(block, 24);
    BOOST_TEST(memory.check() == 1u);
    found.expect(finding::overflow, {"24 B aligned to 8", "found"});
    BOOST_TEST(memory.check() == 0u);
    frees(memory, block, 24);
}

BOOST_FIXTURE_TEST_CASE(a_write_after_free_is_found_on_request, watched) {
    void* block = makes(memory, 40);
    frees(memory, block, 40);
    for (std::ptrdiff_t at = 4; at != 10; ++at) {
        wild_write(block, at, "secret"[at - 4]);
    }
    BOOST_TEST(memory.check() == 1u);
    found.expect(
        finding::write_after_free,
        {"a block was written to after it was freed", "40 B aligned to 8 at 0x",
         "bytes from +4 to +9\n"
         "        +0  dd dd dd dd 73 65 63 72  65 74 dd dd dd dd dd dd  |....secret......|\n"
         "                        ^^ ^^ ^^ ^^  ^^ ^^\n",
         "found", "freed", "at debug_overwriting_test::frees (debug_overwriting_test.cpp:",
         "allocated", "at debug_overwriting_test::makes (debug_overwriting_test.cpp:"});
    BOOST_TEST(memory.check() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_write_after_free_is_found_when_the_block_leaves_the_quarantine,
                        tests::upstream) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.quarantine = 4000, .handler = found.handler()},
                                  &below};
    void* block = makes(memory, 40);
    frees(memory, block, 40);
    wild_write(block, 39);
    for (int i = 0; i != 20 && found.empty(); ++i) {
        frees(memory, makes(memory, 100), 100);
        BOOST_TEST(memory.usage().reserved_bytes.value() <= 4000u);
    }
    found.expect(finding::write_after_free, {"1 byte at +39"});
}

BOOST_AUTO_TEST_CASE(a_write_after_free_is_found_at_the_end) {
    tests::finding_recorder found;
    {
        strata::debug_resource memory{strata::debug{.handler = found.handler()},
                                      strata::system_heap()};
        void* block = makes(memory, 40);
        frees(memory, block, 40);
        wild_write(block, 0);
        wild_write(block, 40);  // one message a block
    }
    found.expect(finding::write_after_free, {"1 byte at +0\n"});
}

BOOST_FIXTURE_TEST_CASE(a_write_beyond_a_freed_block_is_found, watched) {
    void* block = makes(memory, 40);
    frees(memory, block, 40);
    wild_write(block, 40);
    BOOST_TEST(memory.check() == 1u);
    found.expect(finding::write_after_free, {"1 byte at +40, right after its end"});
}

BOOST_FIXTURE_TEST_CASE(of_large_damage_the_beginning_is_shown, watched) {
    void* block = makes(memory, 400);
    frees(memory, block, 400);
    for (std::ptrdiff_t at = 0; at != 200; ++at) {
        wild_write(block, at, 0);
    }
    BOOST_TEST(memory.check() == 1u);
    found.expect(finding::write_after_free,
                 {"bytes from +0 to +199", "\n       +48  00", "and more, up to +199", "found"});
}

BOOST_FIXTURE_TEST_CASE(rows_that_are_as_they_should_be_are_left_out, watched) {
    void* block = makes(memory, 400);
    frees(memory, block, 400);
    wild_write(block, 2);
    wild_write(block, 190);
    wild_write(block, 192);
    BOOST_TEST(memory.check() == 1u);
    found.expect(
        finding::write_after_free,
        {"bytes from +2 to +192\n"
         "        +0  dd dd 21 dd dd dd dd dd  dd dd dd dd dd dd dd dd  |..!.............|\n"
         "                  ^^\n"
         "       ...\n"
         "      +176  dd dd dd dd dd dd dd dd  dd dd dd dd dd dd 21 dd  |..............!.|\n"
         "                                                       ^^\n"
         "      +192  21 dd dd dd dd dd dd dd  dd dd dd dd dd dd dd dd  |!...............|\n"
         "            ^^\n"
         "  found"});
}

BOOST_FIXTURE_TEST_CASE(throws_from_check_and_release_and_stays_sound, tests::upstream) {
    strata::debug_resource memory{
        strata::debug{.on_finding = strata::on_finding::throw_, .leaks = false}, &below};
    void* block = makes(memory, 40);
    void* freed = makes(memory, 40);
    frees(memory, freed, 40);
    wild_write(block, 40);
    BOOST_CHECK_THROW((void)memory.check(), strata::debug_error);
    BOOST_TEST(memory.check() == 0u);
    wild_write(block, -1);
    BOOST_CHECK_THROW(memory.release(), strata::debug_error);
    BOOST_TEST(memory.usage().live_blocks.value() == 1u);
    memory.release();
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
    wild_write(freed, 1);
    BOOST_CHECK_THROW(memory.flush(), strata::debug_error);
    memory.flush();
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
}

// Only one error can be thrown, so it says both.
BOOST_FIXTURE_TEST_CASE(throws_once_for_both_fences, tests::upstream) {
    strata::debug_resource memory{
        strata::debug{.on_finding = strata::on_finding::throw_, .leaks = false}, &below};
    void* block = makes(memory, 40);
    for (const auto& call :
         {+[](strata::debug_resource<strata::checking_resource>& of) { (void)of.check(); },
          +[](strata::debug_resource<strata::checking_resource>& of) { of.release(); }}) {
        wild_write(block, -1);
        wild_write(block, 40);
        BOOST_CHECK_EXCEPTION(
            call(memory), strata::debug_error, [](const strata::debug_error& error) {
                const std::string text = error.what();
                return error.kind() == finding::underflow &&
                       text.find("1 byte at -1") != std::string::npos &&
                       text.find("1 byte at +40, right after its end") != std::string::npos;
            });
        BOOST_TEST(memory.check() == 0u);
    }
    BOOST_TEST(memory.findings(finding::underflow) == 2u);
    BOOST_TEST(memory.findings(finding::overflow) == 2u);
}

BOOST_FIXTURE_TEST_CASE(fill_bytes_are_as_asked_for, tests::upstream) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.fence = 3,
                                                .handler = found.handler(),
                                                .fresh_fill = std::byte{0x11},
                                                .freed_fill = std::byte{0x22},
                                                .fence_fill = std::byte{0x33}},
                                  &below};
    auto* block = static_cast<std::byte*>(makes(memory, 8));
    for (int i = 0; i != 8; ++i) {
        BOOST_TEST((block[i] == std::byte{0x11}));
    }
    wild_write(block, 9);
    frees(memory, block, 8);
    found.expect(finding::overflow, {"11 11 11 11 11 11 11 11  33 21 33"});
    wild_write(block, 1);
    BOOST_TEST(memory.check() == 1u);
    found.expect(finding::write_after_free, {"22 21 22 22"});
}

BOOST_FIXTURE_TEST_CASE(it_can_do_without_fences, tests::upstream) {
    strata::debug_resource memory{strata::debug{.fence = 0, .quarantine = 0}, &below};
    void* none = makes(memory, 0, 1);
    void* other = makes(memory, 0, 1);
    BOOST_TEST(none != other);
    frees(memory, none, 0, 1);
    frees(memory, other, 0, 1);
    BOOST_TEST(below.live_blocks() == 0u);
}

// What is known of the blocks is out of reach, also of a write through a whole neighbour.
BOOST_AUTO_TEST_CASE(a_write_far_beyond_a_block_is_found_at_each_fence) {
    alignas(16) static std::byte room[4096];
    tests::finding_recorder found;
    strata::arena_resource arena{strata::arena{.initial_buffer = room},
                                 std::pmr::null_memory_resource()};
    strata::debug_resource memory{strata::debug{.handler = found.handler()}, &arena};
    void* block = makes(memory, 24);
    void* neighbour = makes(memory, 24);
    for (std::ptrdiff_t at = 24; at != 24 + 80; ++at) {
        wild_write(block, at);
    }
    frees(memory, block, 24);
    found.expect(finding::overflow, {"24 B aligned to 8", ", allocation 1\n",
                                     "bytes from +24 to +39, right after its end"});
    frees(memory, neighbour, 24);
    found.expect(finding::underflow, {", allocation 2\n", "bytes from -16 to -1"});
    found.expect(finding::overflow, {", allocation 2\n", "right after its end"});
}

// --- for AddressSanitizer
// -------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(fences_and_freed_blocks_are_poisoned, watched) {
    if (!tests::asan) {
        return;
    }
    auto* block = static_cast<std::byte*>(makes(memory, 13));
    BOOST_TEST(tests::is_poisoned(block - 1));
    BOOST_TEST(!tests::is_poisoned(block));
    BOOST_TEST(!tests::is_poisoned(block + 12));
    BOOST_TEST(tests::is_poisoned(block + 13));
    (void)memory.check();
    BOOST_TEST(tests::is_poisoned(block + 13));
    frees(memory, block, 13);
    BOOST_TEST(tests::is_poisoned(block));
    (void)memory.check();
    BOOST_TEST(tests::is_poisoned(block + 12));
}

// --- between guard pages
// --------------------------------------------------------------------------

namespace {

strata::debug guarded(strata::guard_page where) {
    return {.guard = where};
}

template <class Work>
void check_that_it_ends_the_program(const Work& work) {
    const auto child = tests::run_in_child(work);
    // A sanitizer makes a message of the signal.
    BOOST_TEST((child.signal == SIGSEGV || child.signal == SIGBUS ||
                (tests::asan && child.errors.find("SEGV") != std::string::npos)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_block_ends_where_a_page_cannot_be_accessed) {
    for (const std::size_t size : {1U, 40U, 4095U, 4096U, 5000U}) {
        BOOST_TEST_CONTEXT("size " << size) {
            strata::debug_resource memory{guarded(strata::guard_page::ends), strata::system_heap()};
            void* block = makes(memory, size, 1);
            std::memset(block, 1, size);
            check_that_it_ends_the_program(
                [&] { wild_write(block, static_cast<std::ptrdiff_t>(size)); });
            frees(memory, block, size, 1);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_block_begins_where_a_page_cannot_be_accessed) {
    for (const std::size_t alignment : {1U, 16U, 4096U, 65536U}) {
        strata::debug_resource memory{guarded(strata::guard_page::begins), strata::system_heap()};
        void* block = makes(memory, 40, alignment);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % alignment == 0u);
        std::memset(block, 1, 40);
        check_that_it_ends_the_program([&] { wild_write(block, -1); });
        frees(memory, block, 40, alignment);
    }
}

BOOST_AUTO_TEST_CASE(a_freed_block_cannot_be_accessed_at_all) {
    strata::debug_resource memory{guarded(strata::guard_page::ends), strata::system_heap()};
    void* block = makes(memory, 40);
    frees(memory, block, 40);
    check_that_it_ends_the_program([&] { wild_write(block, 0); });
    check_that_it_ends_the_program([&] {
        volatile unsigned char seen = *static_cast<volatile unsigned char*>(block);
        (void)seen;
    });
    BOOST_TEST(memory.check() == 0u);
}

// Where its alignment keeps a block from the very end of its pages, and at the other end.
BOOST_AUTO_TEST_CASE(between_a_block_and_its_pages_ends_there_are_fences) {
    tests::finding_recorder found;
    strata::debug options = guarded(strata::guard_page::ends);
    options.handler = found.handler();
    strata::debug_resource memory{options, strata::system_heap()};
    void* block = makes(memory, 41, 16);
    wild_write(block, 41);
    wild_write(block, -1);
    frees(memory, block, 41, 16);
    found.expect(finding::underflow, {"1 byte at -1"});
    found.expect(finding::overflow, {"1 byte at +41, right after its end"});
}

BOOST_FIXTURE_TEST_CASE(guarded_blocks_come_from_the_system,
                        tests::upstream) {
    for (const auto where : {strata::guard_page::ends, strata::guard_page::begins}) {
        strata::debug_resource memory{guarded(where), &below};
        for (const strata::layout each : tests::assorted_layouts) {
            void* block = makes(memory, each.size, each.alignment);
            BOOST_TEST(!below.holds(block, each.size));
            BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % each.alignment == 0u);
            std::memset(block, 1, each.size);
            BOOST_TEST((memory.owns(block) == strata::ownership::yes));
            frees(memory, block, each.size, each.alignment);
        }
        tests::check_huge_sizes(memory);
        BOOST_TEST(below.requests().empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
