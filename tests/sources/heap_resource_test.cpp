// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE heap_resource
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/core/literals.hpp>
#include <strata/sources/heap_resource.hpp>

#include "support/asan.hpp"
#include <strata/testing/boost_test_print.hpp>

using namespace strata::literals;
namespace data = boost::unit_test::data;

static_assert(std::is_convertible_v<strata::heap_resource*, std::pmr::memory_resource*>);
static_assert(!std::is_copy_constructible_v<strata::heap_resource>);
static_assert(!std::is_convertible_v<strata::heap, strata::heap_resource>);
static_assert(strata::heap::is_source && strata::heap{} == strata::heap{});

namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

std::size_t news = 0;

}  // namespace

// Not inlined, where the compiler would see pairs that do not match.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++news;
    if (void* block = std::malloc(bytes)) {
        return block;
    }
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t /*bytes*/) noexcept {
    std::free(block);
}

BOOST_DATA_TEST_CASE(every_alignment_is_honoured, data::xrange(22), exponent) {
    strata::heap_resource heap;
    const std::size_t alignment = 1_B << exponent;
    for (const std::size_t bytes : {1_B, 3_B, 24_B, 5000_B}) {
        void* block = heap.allocate(bytes, alignment);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % alignment == 0u);
        std::memset(block, 0x5A, bytes);
        heap.deallocate(block, bytes, alignment);
    }
}

BOOST_AUTO_TEST_CASE(the_default_alignment_is_that_of_max_align_t) {
    strata::heap_resource heap;
    void* block = heap.allocate(1);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0u);
    heap.deallocate(block, 1);
}

// jemalloc's malloc aligns 8 bytes to 8.
BOOST_DATA_TEST_CASE(small_blocks_have_larger_alignments, data::xrange(1, 17), bytes) {
    strata::heap_resource heap;
    const auto size = static_cast<std::size_t>(bytes);
    std::vector<void*> blocks(100);
    for (void*& block : blocks) {
        block = heap.allocate(size, 16);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % 16 == 0u);
    }
    for (void* block : blocks) {
        heap.deallocate(block, size, 16);
    }
}

BOOST_AUTO_TEST_CASE(blocks_of_no_bytes_are_distinct) {
    strata::heap_resource heap;
    for (const std::size_t alignment : {1_B, 64_B}) {
        void* one = heap.allocate(0, alignment);
        void* other = heap.allocate(0, alignment);
        BOOST_TEST(one != nullptr);
        BOOST_TEST(one != other);
        heap.deallocate(one, 0, alignment);
        heap.deallocate(other, 0, alignment);
    }
}

BOOST_DATA_TEST_CASE(what_cannot_be_met_throws_or_gives_null,
                     data::make({most, most - 63, most / 2 + 1, 1_B << 62}) *
                         data::make({1_B, 16_B, 64_B, 4_KiB}),
                     bytes, alignment) {
    strata::heap_resource heap;
    BOOST_CHECK_THROW(static_cast<void>(heap.allocate(bytes, alignment)), std::bad_alloc);
    BOOST_TEST((heap.try_allocate({bytes, alignment}) == nullptr));
}

BOOST_AUTO_TEST_CASE(alignments_that_no_memory_has_throw_or_give_null) {
    strata::heap_resource heap;
    for (const std::size_t alignment : {1_B << 62, 1_B << 63}) {
        BOOST_CHECK_THROW(static_cast<void>(heap.allocate(1, alignment)), std::bad_alloc);
        BOOST_TEST((heap.try_allocate({1, alignment}) == nullptr));
    }
}

BOOST_AUTO_TEST_CASE(try_allocate_gives_a_block_like_any_other) {
    strata::heap_resource heap;
    void* block = heap.try_allocate({100, 256});
    BOOST_REQUIRE(block != nullptr);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % 256 == 0u);
    heap.deallocate(block, 100, 256);
    static_assert(noexcept(heap.try_allocate({})));
}

BOOST_AUTO_TEST_CASE(operator_new_is_never_used) {
    strata::heap_resource heap;
    const std::size_t before = news;
    heap.deallocate(heap.allocate(100), 100);
    heap.deallocate(heap.allocate(100, 128), 100, 128);
    BOOST_TEST(news == before);
}

BOOST_AUTO_TEST_CASE(blocks_outlive_the_object_and_go_back_through_any_other) {
    void* block = strata::heap_resource{}.allocate(10);
    strata::system_heap()->deallocate(block, 10);
}

BOOST_AUTO_TEST_CASE(all_heaps_are_equal) {
    strata::heap_resource heap;
    BOOST_TEST(heap.is_equal(heap));
    BOOST_TEST(heap.is_equal(*strata::system_heap()));
    BOOST_TEST(strata::system_heap()->is_equal(heap));
    BOOST_TEST(!heap.is_equal(*std::pmr::new_delete_resource()));
}

BOOST_AUTO_TEST_CASE(a_heap_knows_its_name_and_does_not_pretend_to_know_more) {
    const strata::heap_resource heap{strata::heap{}};
    BOOST_TEST(heap.name() == "heap");
    BOOST_TEST(heap.upstream(0) == nullptr);
    BOOST_TEST(heap.owns(&heap) == strata::ownership::unknown);
    BOOST_TEST((heap.usage() == strata::usage{}));
}

BOOST_AUTO_TEST_CASE(a_heap_tells_how_large_a_block_is) {
    strata::heap_resource heap;
    for (const std::size_t bytes : {0U, 1U, 24U, 1000U, 200'000U}) {
        for (const std::size_t alignment : {1U, 16U, 4096U}) {
            void* block = heap.allocate(bytes, alignment);
            const std::size_t size = heap.block_size(block);
            BOOST_TEST(size >= bytes);
            heap.deallocate(block, size, alignment);
        }
    }
}

// --- the one that always is there ---------------------------------------------------------------

namespace {

strata::heap_resource* const before_main = strata::system_heap();

// Made before the heap is first asked for anything, and so destroyed after what it made.
struct late_user {
    std::pmr::vector<int> numbers{1, strata::system_heap()};
};
late_user ends_after_main;

}  // namespace

BOOST_AUTO_TEST_CASE(there_is_one_system_heap_from_before_main_to_the_end) {
    BOOST_TEST(strata::system_heap() == before_main);
    strata::heap_resource* elsewhere = nullptr;
    std::thread{[&] { elsewhere = strata::system_heap(); }}.join();
    BOOST_TEST(elsewhere == before_main);
    BOOST_TEST(ends_after_main.numbers.get_allocator().resource() == before_main);
    static_assert(noexcept(strata::system_heap()));
}

BOOST_AUTO_TEST_CASE(alignments_of_a_tebibyte_and_more_are_refused_whatever_malloc_would_say) {
    strata::heap_resource heap;
    for (unsigned bit = 40; bit != 64; ++bit) {
        BOOST_CHECK_THROW(static_cast<void>(heap.allocate(8, 1_B << bit)), std::bad_alloc);
    }
}

BOOST_AUTO_TEST_CASE(sizes_that_are_powers_of_two_are_aligned_as_asked_many_times_over) {
    strata::heap_resource heap;
    std::vector<std::pair<void*, strata::layout>> blocks;
    for (int round = 0; round != 20; ++round) {
        for (std::size_t size = 8; size <= 4096; size *= 2) {
            for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
                void* block = heap.allocate(size, alignment);
                BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % alignment == 0u);
                blocks.push_back({block, {size, alignment}});
            }
        }
    }
    for (const auto& [block, as] : blocks) {
        heap.deallocate(block, as.size, as.alignment);
    }
}

BOOST_AUTO_TEST_CASE(errno_is_as_before) {
    strata::heap_resource heap;
    errno = 4711;
    BOOST_TEST((heap.try_allocate({1_B << 60, 8}) == nullptr));
    BOOST_TEST((heap.try_allocate({1_B << 60, 4096}) == nullptr));
    heap.deallocate(heap.allocate(100'000'000, 8), 100'000'000, 8);
    BOOST_TEST(errno == 4711);
}
