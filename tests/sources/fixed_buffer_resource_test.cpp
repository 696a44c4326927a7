// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include <strata/core/out_of_room.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/asan.hpp"
#include <strata/testing/boost_test_print.hpp>

BOOST_AUTO_TEST_SUITE(fixed_buffer_resource_test)

using strata::fixed_buffer_resource;
namespace utf = boost::unit_test;
namespace data = utf::data;

static_assert(std::is_convertible_v<fixed_buffer_resource<64>*, std::pmr::memory_resource*>);
static_assert(std::has_virtual_destructor_v<fixed_buffer_resource<64>>);
static_assert(!std::is_copy_constructible_v<fixed_buffer_resource<64>>);
static_assert(!std::is_move_assignable_v<fixed_buffer_resource<>>);
static_assert(!std::is_convertible_v<std::span<std::byte>, fixed_buffer_resource<>>);
static_assert(strata::fixed_buffer<64>::is_source && strata::fixed_buffer<>::is_source);

namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

struct room {
    alignas(64) std::array<std::byte, 256> bytes{};
    fixed_buffer_resource<> memory{bytes};

    [[nodiscard]] std::ptrdiff_t offset_of(const void* block) const {
        return static_cast<const std::byte*>(block) - bytes.data();
    }
    [[nodiscard]] bool refuses(std::size_t size, std::size_t alignment = 1) {
        return memory.try_allocate({size, alignment}) == nullptr;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(blocks_follow_each_other_from_the_start_of_the_buffer, room) {
    BOOST_TEST(offset_of(memory.allocate(10, 1)) == 0);
    BOOST_TEST(offset_of(memory.allocate(3, 1)) == 10);
    BOOST_TEST(offset_of(memory.allocate(8, 8)) == 16);
    BOOST_TEST(offset_of(memory.allocate(1)) == 32);
    BOOST_TEST(offset_of(memory.allocate(1, 64)) == 64);
}

BOOST_FIXTURE_TEST_CASE(every_byte_can_be_used, room) {
    void* all = memory.allocate(256, 1);
    std::memset(all, 0x5A, 256);
    BOOST_TEST(offset_of(all) == 0);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1, 1)), std::bad_alloc);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(0, 1)), std::bad_alloc);
}

BOOST_FIXTURE_TEST_CASE(what_still_fits_is_served_after_a_refusal, room) {
    static_cast<void>(memory.allocate(200, 1));
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(57, 1)), std::bad_alloc);
    BOOST_TEST(offset_of(memory.allocate(56, 1)) == 200);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_a_null_from_try_allocate, room) {
    static_assert(noexcept(memory.try_allocate({})));
    BOOST_TEST((memory.try_allocate({257, 1}) == nullptr));
    BOOST_TEST(offset_of(memory.try_allocate({256, 1})) == 0);
}

BOOST_FIXTURE_TEST_CASE(impossible_sizes_and_alignments_are_refused, room) {
    static_cast<void>(memory.allocate(5, 1));
    for (const std::size_t size : {most, most - 1, most - 63, most / 2, most / 2 + 1}) {
        BOOST_TEST(refuses(size), size);
        BOOST_TEST(refuses(size, 64), size);
    }
    for (std::size_t alignment = std::size_t{1} << 63; alignment > 1 << 30; alignment /= 2) {
        BOOST_TEST(refuses(1, alignment), alignment);
    }
    BOOST_TEST(offset_of(memory.allocate(251, 1)) == 5);
}

BOOST_FIXTURE_TEST_CASE(blocks_of_no_bytes_are_distinct, room) {
    void* one = memory.allocate(0, 1);
    void* other = memory.allocate(0, 1);
    BOOST_TEST(one != other);
    memory.deallocate(other, 0, 1);
    memory.deallocate(one, 0, 1);
    BOOST_TEST(offset_of(memory.allocate(256, 1)) == 0);
}

BOOST_DATA_TEST_CASE(a_misaligned_buffer_is_respected, data::xrange(1, 17), shift) {
    alignas(64) std::array<std::byte, 128> around{};
    const auto begin = static_cast<std::size_t>(shift);
    {
        fixed_buffer_resource<> memory{around.data() + begin, 100};
        while (void* block = memory.try_allocate({7, 16})) {
            BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % 16 == 0u);
            std::memset(block, 0x5A, 7);
        }
    }
    const auto is_untouched = [](std::byte byte) { return byte == std::byte{0}; };
    BOOST_TEST(std::all_of(around.begin(), around.begin() + shift, is_untouched));
    BOOST_TEST(std::all_of(around.begin() + shift + 100, around.end(), is_untouched));
}

BOOST_AUTO_TEST_CASE(an_empty_buffer_serves_nothing) {
    fixed_buffer_resource<> memory{nullptr, 0};
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1, 1)), std::bad_alloc);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(0, 1)), std::bad_alloc);
    fixed_buffer_resource<0> inside;
    BOOST_CHECK_THROW(static_cast<void>(inside.allocate(0, 1)), std::bad_alloc);
    BOOST_TEST(inside.capacity_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(one_byte_serves_one_byte) {
    std::byte only{};
    fixed_buffer_resource memory{&only, 1};
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(2, 1)), std::bad_alloc);
    BOOST_TEST(memory.allocate(1, 1) == &only);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(0, 1)), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(three_bytes_serve_three_bytes) {
    std::array<std::byte, 3> bytes{};
    fixed_buffer_resource memory{std::span<std::byte>{bytes}};
    for (std::byte& each : bytes) {
        BOOST_TEST(memory.allocate(1, 1) == &each);
    }
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1, 1)), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(a_buffer_is_not_written_to_before_it_is_asked_for) {
    std::array<std::byte, 64> bytes;
    bytes.fill(std::byte{0xA5});
    {
        fixed_buffer_resource<> memory{bytes.data(), bytes.size()};
        memory.deallocate(memory.allocate(16), 16);
        memory.release();
    }
    BOOST_TEST(std::ranges::count(bytes, std::byte{0xA5}) == 64);
}

// --- what comes back ----------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(freeing_the_newest_block_gives_its_bytes_back, room) {
    static_cast<void>(memory.allocate(10, 1));
    for (int round = 0; round != 3; ++round) {
        void* block = memory.allocate(200, 1);
        BOOST_TEST(offset_of(block) == 10);
        memory.deallocate(block, 200, 1);
    }
}

BOOST_FIXTURE_TEST_CASE(a_last_in_first_out_program_can_go_on_for_ever, room) {
    static_cast<void>(memory.allocate(16));
    for (int round = 0; round != 100; ++round) {
        std::vector<void*> blocks;
        for (std::size_t i = 0; i != 5; ++i) {
            blocks.push_back(memory.allocate(48, 16));
        }
        for (; !blocks.empty(); blocks.pop_back()) {
            memory.deallocate(blocks.back(), 48, 16);
        }
    }
    BOOST_TEST(memory.usage().peak_bytes.value() == 256u);
}

BOOST_FIXTURE_TEST_CASE(freeing_an_older_block_gives_nothing_back, room) {
    void* older = memory.allocate(10, 1);
    static_cast<void>(memory.allocate(10, 1));
    memory.deallocate(older, 10, 1);
    BOOST_TEST(offset_of(memory.allocate(1, 1)) == 20);
}

BOOST_FIXTURE_TEST_CASE(freeing_the_last_live_block_makes_the_whole_buffer_available, room) {
    void* older = memory.allocate(10, 1);
    void* newer = memory.allocate(50, 32);
    memory.deallocate(older, 10, 1);
    memory.deallocate(newer, 50, 32);
    BOOST_TEST(offset_of(memory.allocate(256, 1)) == 0);
}

BOOST_FIXTURE_TEST_CASE(release_makes_the_whole_buffer_available, room) {
    static_assert(noexcept(memory.release()));
    static_cast<void>(memory.allocate(10, 1));
    static_cast<void>(memory.allocate(200, 1));
    memory.release();
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
    BOOST_TEST(offset_of(memory.allocate(256, 1)) == 0);
}

BOOST_AUTO_TEST_CASE(a_growing_container_ends_in_bad_alloc_and_can_go_on) {
    fixed_buffer_resource<512> memory;
    std::pmr::vector<int> numbers{&memory};
    BOOST_CHECK_THROW(
        for (;;) { numbers.push_back(static_cast<int>(numbers.size())); }, std::bad_alloc);
    BOOST_TEST(numbers.size() >= 32u);
    BOOST_TEST(numbers.back() == static_cast<int>(numbers.size()) - 1);
    numbers = std::pmr::vector<int>{&memory};
    BOOST_TEST((memory.try_allocate({512, 1}) != nullptr));
}

// --- how much is needed -------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(needed_is_the_most_that_was_in_use, room) {
    BOOST_TEST(memory.needed_bytes() == 0u);
    void* block = memory.allocate(100, 1);
    memory.deallocate(block, 100, 1);
    static_cast<void>(memory.allocate(3, 1));
    static_cast<void>(memory.allocate(8, 8));
    BOOST_TEST(memory.needed_bytes() == 100u);
    static_cast<void>(memory.allocate(100, 1));
    BOOST_TEST(memory.needed_bytes() == 116u);
}

BOOST_FIXTURE_TEST_CASE(needed_includes_what_was_refused_and_its_padding, room) {
    static_cast<void>(memory.allocate(1, 1));
    BOOST_TEST(refuses(1000, 16));
    BOOST_TEST(memory.needed_bytes() == 1016u);
    BOOST_TEST(refuses(500));
    BOOST_TEST(memory.needed_bytes() == 1016u);
    BOOST_TEST(memory.usage().peak_bytes.value() == 1u);
}

BOOST_FIXTURE_TEST_CASE(needed_never_wraps, room) {
    static_cast<void>(memory.allocate(8, 1));
    BOOST_TEST(refuses(most - 4));
    BOOST_TEST(memory.needed_bytes() == most);
}

BOOST_AUTO_TEST_CASE(a_buffer_of_the_needed_size_serves_the_same_work) {
    const auto work = [](std::pmr::memory_resource& memory) {
        std::pmr::vector<int> numbers(20, &memory);
        std::pmr::vector<char> text(77, &memory);
        std::pmr::vector<double> figures(9, &memory);
    };
    fixed_buffer_resource<4096> generous;
    work(generous);
    alignas(64) std::array<std::byte, 4096> bytes{};
    fixed_buffer_resource<> exact{bytes.data(), generous.needed_bytes()};
    BOOST_CHECK_NO_THROW(work(exact));
    fixed_buffer_resource<> scarce{bytes.data(), generous.needed_bytes() - 1};
    BOOST_CHECK_THROW(work(scarce), std::bad_alloc);
}

// --- inspection ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(usage_tells_live_bytes_and_blocks_peak_and_the_buffer, room) {
    void* one = memory.allocate(10, 1);
    void* other = memory.allocate(8, 8);
    strata::usage use = memory.usage();
    BOOST_TEST(use.live_bytes.value() == 18u);
    BOOST_TEST(use.live_blocks.value() == 2u);
    BOOST_TEST(use.used_bytes.value() == 24u);  // with the padding between
    BOOST_TEST(use.peak_bytes.value() == 24u);
    BOOST_TEST(use.reserved_bytes.value() == 256u);
    memory.deallocate(one, 10, 1);
    memory.deallocate(other, 8, 8);
    use = memory.usage();
    BOOST_TEST(use.live_bytes.value() == 0u);
    BOOST_TEST(use.live_blocks.value() == 0u);
    BOOST_TEST(use.used_bytes.value() == 0u);
    BOOST_TEST(use.peak_bytes.value() == 24u);
}

BOOST_FIXTURE_TEST_CASE(room_is_the_largest_size_that_is_served, room) {
    BOOST_TEST(memory.room_bytes(1) == 256u);
    static_cast<void>(memory.allocate(10, 1));
    BOOST_TEST(memory.room_bytes(1) == 246u);
    BOOST_TEST(memory.room_bytes(16) == 240u);
    BOOST_TEST(memory.room_bytes(std::size_t{1} << 63) == 0u);
    BOOST_TEST(refuses(241, 16));
    BOOST_TEST(!refuses(240, 16));
    BOOST_TEST(memory.room_bytes(1) == 0u);
}

BOOST_FIXTURE_TEST_CASE(it_owns_what_lies_in_its_buffer, room) {
    BOOST_TEST(memory.owns(memory.allocate(10)) == strata::ownership::yes);
    BOOST_TEST(memory.owns(bytes.data() + 255) == strata::ownership::yes);
    BOOST_TEST(memory.owns(bytes.data() + 256) == strata::ownership::no);
    BOOST_TEST(memory.owns(nullptr) == strata::ownership::no);
}

BOOST_AUTO_TEST_CASE(the_bytes_are_inside_the_object) {
    fixed_buffer_resource<128> memory;
    auto* block = static_cast<std::byte*>(memory.allocate(128));
    auto* object = reinterpret_cast<std::byte*>(&memory);
    BOOST_TEST(memory.capacity_bytes() == 128u);
    BOOST_TEST((block >= object && block + 128 <= object + sizeof memory));
}

BOOST_AUTO_TEST_CASE(the_object_is_as_small_as_its_header_says) {
    BOOST_TEST(sizeof(fixed_buffer_resource<>) <= 96u);
}

BOOST_FIXTURE_TEST_CASE(what_nobody_owns_is_poisoned, room, *utf::enable_if<tests::asan>()) {
    void* block = memory.allocate(16);
    BOOST_TEST(!tests::is_poisoned(block));
    BOOST_TEST(tests::is_poisoned(bytes.data() + 16));
    memory.deallocate(block, 16);
    BOOST_TEST(tests::is_poisoned(block));
}

BOOST_FIXTURE_TEST_CASE(it_can_be_made_from_a_description, room) {
    std::array<std::byte, 32> others{};
    fixed_buffer_resource<> over{strata::fixed_buffer<>{.buffer = others}};
    BOOST_TEST(over.allocate(32, 1) == others.data());
    fixed_buffer_resource<32> inside{strata::fixed_buffer<32>{}};
    BOOST_TEST(inside.capacity_bytes() == 32u);
}

BOOST_FIXTURE_TEST_CASE(it_has_a_name_no_upstream_and_no_equal, room) {
    BOOST_TEST(memory.name() == "fixed_buffer");
    BOOST_TEST(memory.upstream(0) == nullptr);
    const fixed_buffer_resource<> twin{bytes.data(), 0};
    BOOST_TEST(memory.is_equal(memory));
    BOOST_TEST(!memory.is_equal(twin));
}

static_assert(std::is_base_of_v<std::bad_alloc, strata::out_of_room>);
static_assert(std::is_nothrow_copy_constructible_v<strata::out_of_room>);

BOOST_FIXTURE_TEST_CASE(a_refusal_says_what_was_asked_for_and_what_room_is_left, room) {
    (void)memory.allocate(200, 8);
    const auto is_right = [](const strata::out_of_room& refused) {
        BOOST_TEST(refused.what() ==
                   "strata: fixed_buffer has no room for 100 B (aligned to 32 B): "
                   "32 B left of 256 B");
        return refused.asked() == strata::layout{100, 32} && refused.room_bytes() == 32;
    };
    BOOST_CHECK_EXCEPTION((void)memory.allocate(100, 32), strata::out_of_room, is_right);
    BOOST_TEST(memory.allocate(32, 32) == bytes.data() + 224);
}

BOOST_FIXTURE_TEST_CASE(so_does_what_stands_on_it, room) {
    strata::pool_resource pool{&memory};
    BOOST_CHECK_THROW((void)pool.allocate(1000, 8), strata::out_of_room);
}

BOOST_AUTO_TEST_CASE(over_null_there_is_no_room_whatever_its_size_is_said_to_be) {
    for (const std::size_t size : {0U, 1U, 512U}) {
        fixed_buffer_resource<> memory{nullptr, size};
        BOOST_TEST(memory.capacity_bytes() == 0U);
        BOOST_TEST(memory.room_bytes(1) == 0U);
        BOOST_CHECK_THROW((void)memory.allocate(1, 1), strata::out_of_room);
        BOOST_CHECK_THROW((void)memory.allocate(0, 1), strata::out_of_room);
        BOOST_TEST((memory.owns(nullptr) == strata::ownership::no));
        BOOST_TEST((memory.usage().reserved_bytes == 0U));
    }
}

BOOST_AUTO_TEST_SUITE_END()
