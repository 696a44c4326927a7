// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What operator delete notices by itself, and what a debug_resource under it.
#define BOOST_TEST_MODULE global_misuse
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <string>
#include <vector>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/sources/heap_resource.hpp>

#include "global_spy.hpp"
#include "new_forms.hpp"
#include "support/finding_recorder.hpp"
#include "support/memcheck.hpp"
#include "support/misuse_recorder.hpp"

STRATA_GLOBAL_RESOURCE(tests::the_spy());

namespace {

using strata::finding;
using tests::looking;
using tests::the_spy;

// The tools stop at the first use of what is before a freed block.
boost::test_tools::assertion_result without_tools(boost::unit_test::test_unit_id /*of*/) {
    return !tests::asan && !tests::is_memcheck();
}

// Not the compiler's to see through.
template <class T>
T* hidden(T* pointer) {
    asm volatile("" : "+r"(pointer));
    return pointer;
}

[[gnu::noinline]] void* makes(std::size_t bytes) {
    return hidden(::operator new(bytes));
}
// The calls are no tail calls: these are to be seen in stacks.
[[gnu::noinline]] void frees(void* block) {
    ::operator delete(hidden(block));
    (void)hidden(&block);
}
[[gnu::noinline]] void frees(void* block, std::size_t bytes) {
    ::operator delete(hidden(block), bytes);
    (void)hidden(&block);
}

void expect_one(const tests::misuse_recorder& misuses, const std::vector<std::string>& texts) {
    BOOST_TEST_REQUIRE(misuses.count() == 1U);
    const std::string& message = misuses.messages().front();
    BOOST_TEST_CONTEXT(message) {
        for (const std::string& text : texts) {
            BOOST_TEST(message.find(text) != std::string::npos, "missing: " << text);
        }
        BOOST_TEST(message.find("at operator delete") == std::string::npos);
        BOOST_TEST(message.find("global_router") == std::string::npos);
    }
}

}  // namespace

// --- by itself --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_block_that_is_freed_twice) {
    const tests::misuse_recorder misuses;
    void* block = makes(40);
    {
        const looking now{the_spy()};
        the_spy().keep_freed(true);
        frees(block);
        the_spy().look_away();
        frees(block);
        the_spy().keep_freed(false);
    }
    expect_one(misuses, {"operator delete of 0x", "was freed before", "at frees"});
    strata::system_heap()->deallocate(static_cast<std::byte*>(block) - 16, 56, 16);
}

BOOST_AUTO_TEST_CASE(another_size_than_was_asked_for) {
    const tests::misuse_recorder misuses;
    void* block = makes(40);
    the_spy().look();
    frees(block, 24);
    the_spy().look_away();
    const std::size_t calls = the_spy().calls();
    bool is_back = false;  // as it came
    for (std::size_t i = 0; i != calls; ++i) {
        const auto& each = the_spy()[i];
        is_back = is_back || (!each.is_allocation && each.as.size == 40 + 16 &&
                              each.block == static_cast<std::byte*>(block) - 16);
    }
    BOOST_TEST(is_back);
    expect_one(misuses, {"with 24 bytes", "asked for with 40", "at frees"});
}

BOOST_AUTO_TEST_CASE(another_alignment_than_was_asked_for) {
    const tests::misuse_recorder misuses;
    void* block = ::operator new(40, std::align_val_t{64});
    frees(hidden(block));
    expect_one(misuses, {"aligned to 16", "asked for aligned to 64", "at frees"});
    ::operator delete(block, std::align_val_t{64});  // it was left as it was
    BOOST_TEST(misuses.count() == 1U);
}

BOOST_AUTO_TEST_CASE(a_pointer_that_is_none_of_operator_new) {
    const tests::misuse_recorder misuses;
    alignas(16) std::array<std::byte, 64> bytes{};
    frees(bytes.data() + 32);
    expect_one(misuses, {"not a live block of operator new", "at frees"});
}

BOOST_AUTO_TEST_CASE(an_underflow_of_one_byte) {
    const tests::misuse_recorder misuses;
    auto* block = static_cast<unsigned char*>(makes(40));
    const unsigned char before = *hidden(block - 1);
    *hidden(block - 1) = static_cast<unsigned char>(before + 1);
    frees(block);
    expect_one(misuses, {"header is corrupted"});
    *hidden(block - 1) = before;
    frees(block);
    BOOST_TEST(misuses.count() == 1U);
}

// --- under a debug_resource -------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_debug_resource_says_where, *boost::unit_test::precondition(without_tools)) {
    tests::finding_recorder found;
    {
        strata::debug_resource memory{
            strata::debug{.name = "program", .handler = found.handler(), .concurrent = true},
            strata::system_heap()};
        const strata::global::scoped_resource use{memory};
        void* twice = makes(40);
        frees(twice);
        frees(twice);
        frees(makes(40), 24);
        void* aligned = ::operator new(40, std::align_val_t{64});
        frees(aligned);
        auto* over = static_cast<char*>(makes(10));
        *hidden(over + 10) = 1;
        frees(over);
        auto* late = static_cast<char*>(makes(10));
        frees(late);
        *hidden(late + 5) = 1;
        (void)memory.check();
    }
    found.expect(finding::double_free,
                 {"debug \"program\"", "freed again", "at frees (global_misuse_test.cpp:",
                  "freed first", "at frees", "allocated", "at makes (global_misuse_test.cpp:"});
    found.expect(finding::wrong_size,
                 {"56 B aligned to 16", "40 B", "freed", "at frees", "allocated", "at makes"});
    found.expect(finding::wrong_alignment,
                 {"aligned to 64", "freed as", "aligned to 16", "at frees"});
    found.expect(finding::overflow, {"right after its end", "at frees", "at makes"});
    found.expect(finding::write_after_free, {"at frees", "at makes"});
}

BOOST_AUTO_TEST_CASE(a_leak_is_found_with_its_call_site) {
    tests::finding_recorder found;
    void* leaked = nullptr;
    {
        strata::debug_resource memory{strata::debug{.handler = found.handler(), .concurrent = true},
                                      strata::system_heap()};
        {
            const strata::global::scoped_resource use{memory};
            leaked = makes(40);
            frees(makes(50));
        }
        BOOST_TEST(memory.report_leaks() == 1U);
        found.expect(finding::leak, {"56 B in 1 block", "at makes (global_misuse_test.cpp:"});
        frees(leaked);
    }
    BOOST_TEST(found.empty());
}
