// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory_resource>
#include <new>
#include <string>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/child.hpp"
#include "support/finding_recorder.hpp"
#include "support/misuse_recorder.hpp"
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(debug_misuse_test)

// Wrong calls of `deallocate` and `allocate`: the pointer, the size, the alignment.

namespace {

using strata::finding;

[[gnu::noinline]] void* makes(std::pmr::memory_resource& memory, std::size_t bytes,
                              std::size_t alignment = 8) {
    return memory.allocate(bytes, alignment);
}
// The standard library declares that no pointer is null, which UndefinedBehaviorSanitizer checks.
__attribute__((noinline, no_sanitize("nonnull-attribute"))) void frees(
    std::pmr::memory_resource& memory, void* block, std::size_t bytes, std::size_t alignment = 8) {
    memory.deallocate(block, bytes, alignment);
}
[[gnu::noinline]] void frees_again(std::pmr::memory_resource& memory, void* block,
                                   std::size_t bytes) {
    memory.deallocate(block, bytes, 8);
}

struct orders : tests::upstream {
    tests::finding_recorder found;
    strata::debug_resource<> memory{strata::debug{.name = "orders", .handler = found.handler()},
                                    &below};

    // After a finding all is as if the wrong call had not been made.
    void check_use() {
        void* block = makes(memory, 24);
        frees(memory, block, 24);
        BOOST_TEST(found.empty());
    }
};

void* at(void* block, std::ptrdiff_t offset) {
    return static_cast<std::byte*>(block) + offset;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_double_free_names_all_three_sites, orders) {
    void* block = makes(memory, 40);
    frees(memory, block, 40);
    frees_again(memory, block, 40);
    found.expect(finding::double_free,
                 {"debug \"orders\": a block is freed twice\n", "40 B aligned to 8 at 0x",
                  ", allocation 1\n", "freed again   ",
                  "at debug_misuse_test::frees_again (debug_misuse_test.cpp:", "freed first   ",
                  "at debug_misuse_test::frees (debug_misuse_test.cpp:", "allocated     ",
                  "at debug_misuse_test::makes (debug_misuse_test.cpp:"});
    BOOST_TEST(memory.findings(finding::double_free) == 1u);
    check_use();
}

BOOST_FIXTURE_TEST_CASE(what_left_the_quarantine_is_foreign, orders) {
    void* block = makes(memory, 40);
    frees(memory, block, 40);
    memory.flush();
    frees_again(memory, block, 40);
    found.expect(finding::foreign_pointer,
                 {"a pointer that belongs to no block is freed", "perhaps",
                  "it was freed, and has left the quarantine since"});
}

// Nor is it said to be somebody else's.
BOOST_FIXTURE_TEST_CASE(without_a_quarantine_a_double_free_is_of_no_block, tests::upstream) {
    tests::finding_recorder found;
    strata::pool_resource pool{&below};
    strata::debug_resource memory{strata::debug{.quarantine = 0, .handler = found.handler()},
                                  &pool};
    void* block = makes(memory, 40);
    frees(memory, block, 40);
    frees_again(memory, block, 40);
    found.expect(finding::foreign_pointer,
                 {"debug: a pointer that belongs to no block is freed\n",
                  "at debug_misuse_test::frees_again", "memory of     the upstream pool",
                  "perhaps       it was freed, and has left the quarantine since"});
}

BOOST_FIXTURE_TEST_CASE(a_block_larger_than_the_quarantine_is_known_until_the_next,
                        tests::upstream) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.quarantine = 4000, .handler = found.handler()},
                                  &below};
    void* small = makes(memory, 40);
    frees(memory, small, 40);
    for (const std::size_t size : {5000U, 6000U}) {
        void* large = makes(memory, size);
        frees(memory, large, size);
        frees_again(memory, large, size);
        found.expect(finding::double_free, {std::to_string(size) + " B aligned to 8"});
        frees_again(memory, small, 40);
        found.expect(finding::double_free, {"40 B aligned to 8"});
        BOOST_TEST(memory.usage().reserved_bytes.value() < size + 2000);
    }
    void* last = makes(memory, 40);
    frees(memory, last, 40);
    BOOST_TEST(memory.usage().reserved_bytes.value() < 2000u);
    memory.flush();
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
    BOOST_TEST(below.live_blocks() == 0u);
}

BOOST_FIXTURE_TEST_CASE(null_is_no_block, orders) {
    frees(memory, nullptr, 8);
    found.expect(finding::null_pointer,
                 {"orders", "a null pointer is freed", "freed as      8 B aligned to 8",
                  "at debug_misuse_test::frees (debug_misuse_test.cpp:"});
    check_use();
}

// A stack, a heap, a static and an unmapped address: none of them is read.
BOOST_FIXTURE_TEST_CASE(foreign_pointers_are_not_followed, orders) {
    int on_the_stack = 0;
    static int in_the_program = 0;
    void* on_the_heap = strata::system_heap()->allocate(16);
    for (void* foreign :
         {static_cast<void*>(&on_the_stack), static_cast<void*>(&in_the_program), on_the_heap,
          reinterpret_cast<void*>(16), reinterpret_cast<void*>(~std::uintptr_t{7})}) {
        frees(memory, foreign, 4);
        found.expect(finding::foreign_pointer,
                     {"a pointer that belongs to no block is freed", "4 B aligned to 8",
                      "at debug_misuse_test::frees (debug_misuse_test.cpp:"});
    }
    strata::system_heap()->deallocate(on_the_heap, 16);
    check_use();
}

BOOST_FIXTURE_TEST_CASE(an_interior_pointer_is_shown_with_its_block, orders) {
    void* block = makes(memory, 40);
    frees(memory, at(block, 8), 32);
    found.expect(finding::interior_pointer,
                 {"a pointer into a block is freed", "which is 8 B into a block",
                  "40 B aligned to 8", "freed as      32 B", "allocated     ",
                  "at debug_misuse_test::makes (debug_misuse_test.cpp:"});
    frees(memory, at(block, 39), 1);
    found.expect(finding::interior_pointer, {"which is 39 B into a block"});
    frees(memory, at(block, 40), 1);
    found.expect(finding::interior_pointer, {"which is 0 B after a block"});
    frees(memory, at(block, -8), 1);
    found.expect(finding::interior_pointer, {"which is 8 B before a block"});
    frees(memory, block, 40);
    frees(memory, at(block, 16), 1);
    found.expect(finding::interior_pointer,
                 {"into a block that was freed before", "which is 16 B into a block",
                  "freed before  ", "at debug_misuse_test::frees (debug_misuse_test.cpp:"});
    check_use();
}

BOOST_FIXTURE_TEST_CASE(a_block_of_another_resource_is_known, orders) {
    strata::debug_resource<> invoices{strata::debug{.name = "invoices", .handler = found.handler()},
                                      &below};
    void* block = makes(memory, 40);
    frees(invoices, block, 40);
    found.expect(
        finding::other_resource,
        {"debug \"invoices\": a block of another resource is freed", "freed as      40 B",
         "at debug_misuse_test::frees (debug_misuse_test.cpp:", "belongs to    debug \"orders\""});
    frees(memory, block, 40);
    frees(invoices, block, 40);  // in quarantine there
    found.expect(finding::other_resource, {"belongs to    debug \"orders\""});
}

BOOST_FIXTURE_TEST_CASE(a_block_of_another_layer_is_known, orders) {
    strata::pool_resource pool{&below};
    strata::debug_resource<> upper{strata::debug{.name = "upper", .handler = found.handler()},
                                   &pool};
    frees(upper, makes(upper, 8), 8);
    void* block = makes(pool, 40);
    frees(upper, block, 40);
    found.expect(finding::foreign_pointer, {"debug \"upper\"", "memory of     the upstream pool"});
    frees(pool, block, 40);

    strata::debug_resource<> top{strata::debug{.name = "top", .handler = found.handler()}, &memory};
    block = makes(memory, 40);
    frees(top, block, 40);
    found.expect(finding::other_resource, {"debug \"top\"", "belongs to    debug \"orders\""});
    frees(memory, block, 40);
}

BOOST_FIXTURE_TEST_CASE(with_a_wrong_size_or_alignment_a_block_is_freed_with_the_right_ones,
                        orders) {
    void* block = makes(memory, 40, 64);
    frees(memory, block, 41, 64);
    found.expect(finding::wrong_size, {"a block is freed with a wrong size", "40 B aligned to 64",
                                       "freed as      41 B aligned to 64",
                                       "at debug_misuse_test::frees (debug_misuse_test.cpp:",
                                       "at debug_misuse_test::makes (debug_misuse_test.cpp:"});
    block = makes(memory, 40, 64);
    frees(memory, block, 40, 32);
    found.expect(finding::wrong_alignment,
                 {"a block is freed with a wrong alignment", "40 B aligned to 64",
                  "freed as      40 B aligned to 32"});
    block = makes(memory, 40, 64);
    frees(memory, block, 0, 1);
    found.expect(finding::wrong_size, {"freed as      0 B aligned to 1"});
    found.expect(finding::wrong_alignment, {"freed as      0 B aligned to 1"});
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
}

BOOST_FIXTURE_TEST_CASE(an_alignment_must_be_a_power_of_two, orders) {
    for (const std::size_t wrong : {std::size_t{0}, std::size_t{3}, ~std::size_t{0}}) {
        BOOST_CHECK_THROW((void)makes(memory, 10, wrong), std::bad_alloc);
        found.expect(
            finding::bad_alignment,
            {"an alignment is not a power of two", "10 B aligned to " + std::to_string(wrong),
             "at debug_misuse_test::makes (debug_misuse_test.cpp:"});
    }
    BOOST_TEST(below.requests().empty());
    check_use();
}

BOOST_FIXTURE_TEST_CASE(whole_stacks_are_shown_when_asked_for, tests::upstream) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.stack_depth = 8, .handler = found.handler()},
                                  &below};
    void* block = makes(memory, 40);
    frees(memory, block, 40);
    frees_again(memory, block, 40);
    const std::string outer =
        "at debug_misuse_test::whole_stacks_are_shown_when_asked_for::test_method "
        "(debug_misuse_test.cpp:";
    found.expect(finding::double_free,
                 {"debug: a block is freed twice", "freed again",
                  "at debug_misuse_test::frees_again (debug_misuse", outer, "freed first",
                  "at debug_misuse_test::frees (debug_misuse", outer, "allocated",
                  "at debug_misuse_test::makes (debug_misuse", outer});
}

BOOST_FIXTURE_TEST_CASE(without_stacks_all_else_is_said, tests::upstream) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.stack_depth = 0, .handler = found.handler()},
                                  &below};
    void* block = makes(memory, 40);
    frees(memory, block, 32);
    frees(memory, block, 40);
    found.expect(finding::wrong_size, {"40 B aligned to 8", "freed as      32 B aligned to 8"});
    found.expect(finding::double_free, {"a block is freed twice", "allocation 1"});
}

// --- what is done with a finding
// ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(without_a_handler_it_is_a_misuse) {
    const tests::misuse_recorder misuses;
    strata::debug_resource memory{strata::debug{.name = "a"}, strata::system_heap()};
    frees(memory, nullptr, 8);
    BOOST_TEST(misuses.count() == 1u);
    BOOST_TEST(misuses.messages()[0].find("debug \"a\": a null pointer is freed") == 0u);
}

BOOST_AUTO_TEST_CASE(by_default_the_program_ends) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.name = "a"}, strata::system_heap()};
        void* block = makes(memory, 40);
        frees(memory, block, 40);
        frees_again(memory, block, 40);
    });
    BOOST_TEST(child.signal == SIGABRT);
    BOOST_TEST(child.errors.find("strata: misuse: debug \"a\": a block is freed twice\n") == 0u);
    BOOST_TEST(child.errors.find("freed first   at debug_misuse_test::frees") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(abort_is_the_default_and_a_misuse) {
    const auto child = tests::run_in_child([] {
        strata::set_misuse_handler([](const char*) noexcept { std::_Exit(3); });
        strata::debug_resource memory{strata::system_heap()};
        frees(memory, nullptr, 8);
    });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.exit_code == 3);
}

BOOST_AUTO_TEST_CASE(report_prints_and_goes_on) {
    const auto child = tests::run_in_child([] {
        strata::set_misuse_handler([](const char*) noexcept { std::_Exit(3); });
        strata::debug_resource memory{strata::debug{.on_finding = strata::on_finding::report},
                                      strata::system_heap()};
        frees(memory, nullptr, 8);
        frees(memory, makes(memory, 8), 8);
        if (memory.findings() != 1) {
            std::_Exit(1);
        }
    });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.exit_code == 0);
    BOOST_TEST(child.errors.find("strata: debug: a null pointer is freed\n") == 0u);
}

BOOST_AUTO_TEST_CASE(ignored_findings_are_counted_and_nothing_is_said) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.on_finding = strata::on_finding::ignore},
                                      strata::system_heap()};
        frees(memory, nullptr, 8);
        int foreign = 0;
        frees(memory, &foreign, 8);
        frees(memory, &foreign, 8);
        const bool right = memory.findings() == 3 && memory.findings(finding::null_pointer) == 1 &&
                           memory.findings(finding::foreign_pointer) == 2 &&
                           memory.findings(finding::leak) == 0;
        if (!right) {
            std::_Exit(1);
        }
    });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.exit_code == 0);
    BOOST_TEST(child.errors == "");
}

BOOST_FIXTURE_TEST_CASE(throws_from_allocate_and_reports_from_deallocate, tests::upstream) {
    tests::finding_recorder found;
    strata::debug_resource memory{
        strata::debug{.on_finding = strata::on_finding::throw_, .handler = found.handler()},
        &below};
    BOOST_CHECK_EXCEPTION(
        (void)makes(memory, 8, 3), strata::debug_error, [](const strata::debug_error& error) {
            return error.kind() == finding::bad_alignment &&
                   std::string{error.what()}.find("not a power of two") != std::string::npos;
        });
    frees(memory, nullptr, 8);
    found.expect(finding::null_pointer, {"a null pointer is freed"});
    frees(memory, makes(memory, 8), 8);
}

BOOST_AUTO_TEST_CASE(a_text_can_ask_for_it) {
    auto memory =
        strata::strategy::parse("debug(name=orders, on_finding=ignore, at_exit=true) > pool > heap")
            .build();
    int foreign = 0;
    frees(memory, &foreign, 8);
    auto* debug = memory.find<strata::debug_resource<>>();
    BOOST_TEST_REQUIRE(debug != nullptr);
    BOOST_TEST(debug->title() == "debug \"orders\"");
    BOOST_TEST(debug->findings(finding::foreign_pointer) == 1u);
}

BOOST_AUTO_TEST_CASE(every_finding_has_a_name) {
    BOOST_TEST(to_string(finding::double_free) == "double_free");
    BOOST_TEST(to_string(finding::reentry) == "reentry");
    BOOST_TEST(to_string(finding::default_resource) == "default_resource");
    BOOST_TEST(static_cast<std::size_t>(finding::default_resource) + 1 == strata::finding_kinds);
}

BOOST_AUTO_TEST_SUITE_END()
