// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Messages are made of the program's heap, which may have nothing left just then. Here each of its
// allocations fails in turn, and all of them at once: the finding is counted and said, if briefly,
// nothing is lost, and the resource works as before.
#define BOOST_TEST_MODULE debug_out_of_memory
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <string_view>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/sources/heap_resource.hpp>

#include "support/wild_write.hpp"

namespace {

// Of this thread alone: Boost.Test has no others, but a sanitizer might.
constinit thread_local std::size_t until_failure = 0;  // 0: none to come
constinit thread_local bool all_fail = false;
constinit thread_local std::ptrdiff_t live = 0;

void* heap_block(std::size_t bytes) noexcept {
    if (all_fail || (until_failure != 0 && --until_failure == 0)) {
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

// Not inlined, or the compiler sees malloc's memory go to operator delete.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    void* block = heap_block(bytes);
    return block != nullptr ? block : throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
    return heap_block(bytes);
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    free_heap_block(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t /*bytes*/) noexcept {
    free_heap_block(block);
}
[[gnu::noinline]] void operator delete(void* block, const std::nothrow_t& /*tag*/) noexcept {
    free_heap_block(block);
}

namespace {

using strata::finding;

// What was found since the last time, kept without the heap.
struct record {
    std::size_t count = 0;
    finding kind{};
    std::array<char, 1000> text{};
};
record found;

strata::debug noting() {
    return {.name = "m", .handler = [](finding kind, const char* message) {
                ++found.count;
                found.kind = kind;
                std::snprintf(found.text.data(), found.text.size(), "%s", message);
            }};
}

constexpr std::string_view brief = "; no memory for details";

// `mistake` is made with a resource and a block of 40 bytes of it; what is live after it are
// `left` blocks.
template <class Mistake>
void sweep(finding expected, const char* said_in_full, const Mistake& mistake) {
    strata::debug_resource<> memory{noting(), strata::system_heap()};
    const auto make_it = [&](std::size_t nth) {
        void* block = memory.allocate(40, 8);
        const std::size_t before = memory.findings(expected);
        const std::ptrdiff_t live_before = live;
        found = {};
        until_failure = nth;
        all_fail = nth == 0;
        mistake(memory, block);
        const bool has_failed = all_fail || (nth != 0 && until_failure == 0);
        until_failure = 0;
        all_fail = false;
        const std::string_view text = found.text.data();
        BOOST_TEST(live == live_before);
        BOOST_TEST(memory.findings(expected) == before + 1);
        BOOST_TEST(found.count == 1u);
        BOOST_TEST((found.kind == expected));
        BOOST_TEST(text.starts_with("debug \"m\": "), text);
        const bool is_brief = text.ends_with(brief);
        BOOST_TEST((is_brief ? text.find(to_string(expected)) : text.find(said_in_full)) !=
                       std::string_view::npos,
                   text);
        BOOST_TEST(memory.usage().live_blocks.value() == 0u);
        return has_failed;
    };
    BOOST_TEST(make_it(0));
    BOOST_TEST(std::string_view{found.text.data()}.ends_with(brief));
    std::size_t nth = 1;
    while (make_it(nth)) {
        BOOST_TEST_REQUIRE(++nth < 10'000u);
    }
    BOOST_TEST(nth > 1u);
    BOOST_TEST(!std::string_view{found.text.data()}.ends_with(brief));
    BOOST_TEST(memory.check() == 0u);
}

}  // namespace

BOOST_AUTO_TEST_CASE(double_frees) {
    sweep(finding::double_free, "a block is freed twice", [](auto& memory, void* block) {
        memory.deallocate(block, 40, 8);
        memory.deallocate(block, 40, 8);
    });
}

BOOST_AUTO_TEST_CASE(overflows) {
    sweep(finding::overflow, "memory after a block", [](auto& memory, void* block) {
        tests::wild_write(block, 40);
        memory.deallocate(block, 40, 8);
    });
}

BOOST_AUTO_TEST_CASE(writes_after_a_free) {
    sweep(finding::write_after_free, "after it was freed", [](auto& memory, void* block) {
        memory.deallocate(block, 40, 8);
        tests::wild_write(block, 4);
        memory.flush();
    });
}

BOOST_AUTO_TEST_CASE(leaks) {
    sweep(finding::leak, "3 blocks (90 B)", [](auto& memory, void* block) {
        void* second = memory.allocate(20, 8);
        void* third = memory.allocate(30, 8);
        (void)memory.report_leaks();
        memory.deallocate(block, 40, 8);
        memory.deallocate(second, 20, 8);
        memory.deallocate(third, 30, 8);
    });
}

// What is thrown needs memory of its own; where there is none, that is what is thrown.
BOOST_AUTO_TEST_CASE(what_is_thrown_needs_memory_too) {
    strata::debug_resource<> memory{strata::debug{.on_finding = strata::on_finding::throw_},
                                    strata::system_heap()};
    const std::ptrdiff_t before = live;
    all_fail = true;
    bool has_thrown = false;
    try {
        (void)memory.allocate(8, 3);
    } catch (const std::bad_alloc&) {
        has_thrown = true;
    }
    all_fail = false;
    BOOST_TEST(has_thrown);
    BOOST_TEST(live == before);
    BOOST_TEST(memory.findings(finding::bad_alignment) == 1u);
    BOOST_CHECK_THROW((void)memory.allocate(8, 3), strata::debug_error);
    memory.deallocate(memory.allocate(8, 8), 8, 8);
}
