// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory_resource>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/core/layout.hpp>
#include <strata/core/literals.hpp>
#include <strata/core/out_of_room.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/bounded_time_resource.hpp>

#include "support/asan.hpp"
#include "support/memcheck.hpp"
#include <strata/testing/boost_test_print.hpp>
#include "support/misuse_recorder.hpp"
#include "support/random.hpp"
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(bounded_time_resource_test)

using namespace strata::literals;
using strata::bounded_time;
using strata::bounded_time_resource;
using strata::layout;
using tests::upstream;
namespace utf = boost::unit_test;
namespace data = utf::data;

static_assert(std::is_convertible_v<bounded_time_resource*, std::pmr::memory_resource*>);
static_assert(!std::is_copy_constructible_v<bounded_time_resource>);
static_assert(!std::is_convertible_v<std::pmr::memory_resource*, bounded_time_resource>);
static_assert(!std::is_convertible_v<bounded_time, bounded_time_resource>);
static_assert(!bounded_time::is_source);

namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

// A block of a test, with a content of its own.
struct written_block {
    std::byte* begin;
    layout as;
    std::byte content;

    written_block(void* block, layout asked, std::size_t number)
        : begin{static_cast<std::byte*>(block)},
          as{asked},
          content{static_cast<std::byte>(number)} {
        std::fill_n(begin, as.size, content);
    }
    [[nodiscard]] bool is_intact() const {
        return reinterpret_cast<std::uintptr_t>(begin) % as.alignment == 0 &&
               std::all_of(begin, begin + as.size, [&](std::byte each) { return each == content; });
    }
    void free_to(std::pmr::memory_resource& memory) const {
        memory.deallocate(begin, as.size, as.alignment);
    }
};

template <class T>
T take(std::vector<T>& from, std::size_t at) {
    std::swap(from[at], from.back());
    T taken = from.back();
    from.pop_back();
    return taken;
}

// What a block of this size takes of the capacity.
std::size_t rounded(std::size_t bytes) {
    return bytes == 0 ? 16 : (bytes + 15) / 16 * 16;
}

struct in_buffer {
    alignas(64) std::array<std::byte, 4096> bytes{};
    bounded_time_resource memory{bounded_time{.buffer = bytes}};

    [[nodiscard]] bool is_whole() const {
        return memory.is_consistent() && memory.free_bytes() == memory.capacity_bytes() &&
               memory.largest_free_block() == memory.capacity_bytes();
    }
};

}  // namespace

// --- where the memory comes from ----------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(the_capacity_is_asked_for_once_and_given_back_as_it_came, upstream) {
    {
        bounded_time_resource memory{bounded_time{.capacity = 10'000}, &below};
        BOOST_TEST(calls() == 0u);
        std::vector<written_block> blocks;
        for (std::size_t i = 0; void* block = memory.try_allocate({40, 8}); ++i) {
            BOOST_REQUIRE(below.holds(block, 40));
            blocks.emplace_back(block, layout{40, 8}, i);
        }
        BOOST_CHECK_THROW(static_cast<void>(memory.allocate(40)), std::bad_alloc);
        BOOST_TEST(std::ranges::all_of(blocks, &written_block::is_intact));
        BOOST_TEST(below.requests().size() == 1u);
        BOOST_TEST(below.requests()[0] == (layout{10'000, 16}));
        BOOST_TEST(below.deallocations() == 0u);
    }
    BOOST_TEST(below.deallocations() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_usual_capacity_is_1_MiB, upstream) {
    bounded_time_resource memory{&below};
    static_cast<void>(memory.allocate(1));
    BOOST_TEST(below.requests()[0].size == 1_MiB);
}

BOOST_AUTO_TEST_CASE(over_a_fixed_buffer_it_takes_what_is_left) {
    strata::fixed_buffer_resource<10'000> below;
    static_cast<void>(below.allocate(100, 1));
    const std::size_t room = below.room_bytes(16);
    bounded_time_resource memory{&below};
    BOOST_TEST(memory.capacity_bytes() > room - room / 50);
    BOOST_TEST((memory.try_allocate({memory.capacity_bytes(), 8}) != nullptr));
    BOOST_TEST(memory.usage().reserved_bytes.value() == room);
    BOOST_TEST(below.room_bytes(1) == 0u);
    memory.release();
    BOOST_TEST(below.room_bytes(16) == room);
}

BOOST_AUTO_TEST_CASE(a_fixed_buffer_that_is_full_is_not_asked) {
    strata::fixed_buffer_resource<100> below;
    static_cast<void>(below.allocate(90, 1));
    bounded_time_resource memory{&below};
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1)), std::bad_alloc);
    BOOST_TEST(memory.capacity_bytes() == 0u);
    BOOST_TEST(below.usage().live_blocks.value() == 1u);
}

BOOST_AUTO_TEST_CASE(without_memory_it_is_consistent_too) {
    bounded_time_resource memory{bounded_time{.capacity = 1000}};
    BOOST_TEST(memory.is_consistent());
    static_cast<void>(memory.allocate(10));
    memory.release();
    BOOST_TEST(memory.is_consistent());
}

BOOST_AUTO_TEST_CASE(over_a_buffer_the_upstream_is_never_asked) {
    std::array<std::byte, 1000> bytes{};
    bounded_time_resource memory{bounded_time{.buffer = bytes}, std::pmr::null_memory_resource()};
    auto* block = static_cast<std::byte*>(memory.allocate(900));
    BOOST_TEST((block >= bytes.data() && block + 900 <= bytes.data() + bytes.size()));
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(900)), std::bad_alloc);
    BOOST_TEST(memory.upstream(0) == nullptr);
    BOOST_TEST(memory.upstream_resource() == std::pmr::null_memory_resource());
}

// Whatever the buffer and where it lies: nothing outside of it is touched, and all of it that the
// resource claims to have can be used.
BOOST_DATA_TEST_CASE(an_odd_buffer_is_respected, data::xrange(0, 201), size) {
    for (std::size_t shift = 0; shift != 17; ++shift) {
        alignas(64) std::array<std::byte, 256> around;
        around.fill(std::byte{0xA5});
        const std::span<std::byte> buffer{around.data() + shift, static_cast<std::size_t>(size)};
        {
            bounded_time_resource memory{bounded_time{.buffer = buffer}};
            const std::size_t capacity = memory.capacity_bytes();
            BOOST_REQUIRE(capacity + 16 + 15 + 8 + 8 > buffer.size());
            BOOST_REQUIRE(memory.largest_free_block() == capacity);
            BOOST_REQUIRE(memory.try_allocate({capacity + 1, 1}) == nullptr);
            if (capacity != 0) {
                void* all = memory.allocate(capacity, 1);
                std::memset(all, 0x5A, capacity);
                memory.deallocate(all, capacity, 1);
            }
            std::size_t served = 0;
            while (void* block = memory.try_allocate({3, 1})) {
                std::memset(block, 0x5A, 3);
                served += 16;
            }
            BOOST_REQUIRE(served == capacity);
            BOOST_REQUIRE(memory.try_allocate({0, 1}) == nullptr);
            BOOST_REQUIRE(memory.is_consistent());
        }
        const auto is_untouched = [](std::byte each) { return each == std::byte{0xA5}; };
        BOOST_REQUIRE(std::all_of(around.data(), buffer.data(), is_untouched));
        BOOST_REQUIRE(std::all_of(buffer.data() + buffer.size(), around.data() + around.size(),
                                  is_untouched));
    }
}

BOOST_AUTO_TEST_CASE(what_a_capacity_is_too_small_for_is_refused_without_a_call) {
    for (const std::size_t capacity : {0_B, 1_B, 16_B, 23_B}) {
        bounded_time_resource memory{bounded_time{.capacity = capacity},
                                     std::pmr::null_memory_resource()};
        BOOST_TEST(memory.capacity_bytes() == 0u);
        BOOST_TEST((memory.try_allocate({1, 1}) == nullptr));
    }
}

BOOST_AUTO_TEST_CASE(at_most_64_GiB_are_used) {
    strata::checking_resource below;  // which refuses them
    bounded_time_resource memory{bounded_time{.capacity = most}, &below};
    BOOST_TEST(memory.capacity_bytes() < 64_GiB);
    BOOST_TEST(memory.capacity_bytes() > 63_GiB - 1_MiB);
    BOOST_TEST((memory.try_allocate({1, 1}) == nullptr));
    BOOST_TEST(below.requests()[0].size == 64_GiB);
}

// Addresses without memory behind them, but for the pages that are touched.
BOOST_AUTO_TEST_CASE(above_4_GiB_all_is_as_below,
                     *utf::enable_if<!tests::asan>() *utf::precondition(tests::without_memcheck)) {
    constexpr std::size_t bytes = 20_GiB;
    void* reserved = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        BOOST_TEST_MESSAGE("the system does not give 20 GiB of addresses");
        return;
    }
    {
        strata::bounded_time description{.buffer = {static_cast<std::byte*>(reserved), bytes}};
        bounded_time_resource memory{description};
        BOOST_TEST(memory.capacity_bytes() > 19_GiB);
        std::vector<written_block> ends;
        std::vector<std::pair<void*, std::size_t>> blocks;
        for (const std::size_t size : {5_GiB + 1, 3_GiB, 4_GiB, 6_GiB - 16, 1_GiB}) {
            auto* block = static_cast<std::byte*>(memory.allocate(size, 1));
            blocks.emplace_back(block, size);
            ends.emplace_back(block, layout{100, 1}, ends.size());
            ends.emplace_back(block + size - 100, layout{100, 1}, ends.size());
        }
        BOOST_TEST((memory.try_allocate({1_GiB, 1}) == nullptr));
        BOOST_TEST(std::ranges::all_of(ends, &written_block::is_intact));
        BOOST_TEST(memory.is_consistent());
        for (const std::size_t i : {1, 3, 2, 4, 0}) {
            memory.deallocate(blocks[i].first, blocks[i].second, 1);
            BOOST_TEST(memory.is_consistent());
        }
        BOOST_TEST(memory.largest_free_block() == memory.capacity_bytes());
        void* aligned = memory.try_allocate({1, 4_GiB});
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(aligned) % 4_GiB == 0u);
        BOOST_TEST((aligned != nullptr));
    }
    munmap(reserved, bytes);
}

// --- what is served and what is refused ---------------------------------------------------------

BOOST_AUTO_TEST_CASE(every_small_size_has_every_alignment) {
    std::vector<std::byte> bytes(1_MiB);
    bounded_time_resource memory{bounded_time{.buffer = bytes}};
    for (std::size_t size = 0; size <= 130; ++size) {
        for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
            std::array<std::optional<written_block>, 3> blocks;
            for (std::size_t i = 0; i != blocks.size(); ++i) {
                const layout as{size, alignment};
                blocks[i].emplace(memory.allocate(size, alignment), as, size + i);
            }
            BOOST_REQUIRE(memory.is_consistent());
            for (const std::size_t i : {1, 0, 2}) {
                BOOST_REQUIRE(blocks[i]->is_intact());
                blocks[i]->free_to(memory);
                BOOST_REQUIRE(memory.is_consistent());
            }
            BOOST_REQUIRE(memory.largest_free_block() == memory.capacity_bytes());
        }
    }
}

BOOST_FIXTURE_TEST_CASE(impossible_sizes_and_alignments_are_refused, upstream) {
    bounded_time_resource memory{bounded_time{.capacity = 64_KiB}, &below};
    for (int round = 0; round != 2; ++round) {
        for (const std::size_t size :
             {most, most - 1, most - 14, most - 15, most - 16, most / 2, most / 2 + 1, 64_GiB,
              64_GiB + 1, 64_KiB}) {
            for (const std::size_t alignment : {1_B, 16_B, 32_B, 4_KiB, 1_GiB, most / 2 + 1}) {
                BOOST_TEST((memory.try_allocate({size, alignment}) == nullptr));
                BOOST_CHECK_THROW(static_cast<void>(memory.allocate(size, alignment)),
                                  std::bad_alloc);
            }
        }
        BOOST_TEST(below.requests().size() == static_cast<std::size_t>(round));
        for (std::size_t alignment = most / 2 + 1; alignment >= 1_GiB; alignment /= 2) {
            BOOST_TEST((memory.try_allocate({1, alignment}) == nullptr));
        }
        BOOST_TEST(memory.is_consistent());
        BOOST_TEST(memory.free_bytes() == memory.capacity_bytes());
    }
}

BOOST_FIXTURE_TEST_CASE(an_alignment_as_large_as_the_memory_is_met_where_it_can_be, in_buffer) {
    std::vector<std::byte> wide(64_KiB);
    const auto at = reinterpret_cast<std::uintptr_t>(wide.data());
    const std::size_t begin = (0 - at) & (32_KiB - 1);
    bounded_time_resource over{
        bounded_time{.buffer = std::span{wide}.subspan(begin, 32_KiB)}};
    void* block = over.try_allocate({30_KiB, 32_KiB});  // there is no room for a gap
    BOOST_TEST(block == wide.data() + begin);
    BOOST_TEST((over.try_allocate({1, 32_KiB}) == nullptr));
    BOOST_TEST(over.is_consistent());
}

BOOST_FIXTURE_TEST_CASE(blocks_of_no_bytes_are_distinct, in_buffer) {
    void* one = memory.allocate(0, 1);
    void* other = memory.allocate(0, 1);
    BOOST_TEST(one != other);
    BOOST_TEST(memory.usage().live_bytes.value() == 0u);
    BOOST_TEST(memory.usage().live_blocks.value() == 2u);
    memory.deallocate(one, 0, 1);
    memory.deallocate(other, 0, 1);
    BOOST_TEST(is_whole());
}

BOOST_FIXTURE_TEST_CASE(the_whole_capacity_can_be_one_block, in_buffer) {
    const std::size_t all = memory.largest_free_block();
    BOOST_TEST(all == memory.capacity_bytes());
    BOOST_TEST(all >= bytes.size() / 65 * 64 - 32);
    void* block = memory.allocate(all);
    BOOST_TEST(memory.largest_free_block() == 0u);
    BOOST_TEST(memory.free_bytes() == 0u);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(0, 1)), std::bad_alloc);
    memory.deallocate(block, all);
    BOOST_TEST(is_whole());
}

BOOST_FIXTURE_TEST_CASE(a_refusal_changes_nothing, in_buffer) {
    std::vector<void*> blocks;
    while (void* block = memory.try_allocate({100, 8})) {
        blocks.push_back(block);
    }
    memory.deallocate(blocks[5], 100, 8);
    const strata::usage before = memory.usage();
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(113, 8)), std::bad_alloc);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(100, 4096)), std::bad_alloc);
    BOOST_TEST((memory.usage() == before));
    BOOST_TEST(memory.is_consistent());
    BOOST_TEST(memory.allocate(112, 8) == blocks[5]);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_a_null_from_try_allocate, in_buffer) {
    static_assert(noexcept(memory.try_allocate({})));
    BOOST_TEST((memory.try_allocate({5000, 1}) == nullptr));
    BOOST_TEST((memory.try_allocate({1, 1}) != nullptr));
}

BOOST_FIXTURE_TEST_CASE(a_failure_of_the_upstream_passes_and_the_next_call_asks_again, upstream) {
    bounded_time_resource memory{bounded_time{.capacity = 10'000}, &below};
    fail();
    for (int i = 0; i != 3; ++i) {
        BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1)), tests::upstream_failure);
        BOOST_TEST((memory.try_allocate({1, 1}) == nullptr));
    }
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
    below.never_fail();
    const written_block block{memory.allocate(500), layout{500}, 1};
    BOOST_TEST(block.is_intact());
    BOOST_TEST(below.live_blocks() == 1u);
}

// --- what comes back ----------------------------------------------------------------------------

BOOST_DATA_TEST_CASE(whatever_the_order_of_freeing_one_free_block_is_left, data::xrange(1, 21),
                     seed) {
    tests::random random{static_cast<std::uint64_t>(seed)};
    std::vector<std::byte> bytes(64_KiB);
    bounded_time_resource memory{bounded_time{.buffer = bytes}};
    for (int round = 0; round != 3; ++round) {
        std::vector<written_block> blocks;
        for (;;) {
            const layout as{random.below(random.power_of_two(11)), random.power_of_two(9)};
            void* block = memory.try_allocate(as);
            if (block == nullptr) {
                break;
            }
            blocks.emplace_back(block, as, blocks.size());
        }
        while (!blocks.empty()) {
            const written_block freed = take(blocks, random.below(blocks.size()));
            BOOST_REQUIRE(freed.is_intact());
            freed.free_to(memory);
            BOOST_REQUIRE(memory.is_consistent());
        }
        BOOST_TEST(memory.largest_free_block() == memory.capacity_bytes());
    }
}

BOOST_FIXTURE_TEST_CASE(a_freed_block_is_joined_with_free_neighbours, in_buffer) {
    std::array<void*, 4> blocks{};
    std::ranges::generate(blocks, [&] { return memory.allocate(64); });
    memory.deallocate(blocks[0], 64);
    memory.deallocate(blocks[2], 64);
    memory.deallocate(blocks[1], 64);
    BOOST_TEST(memory.allocate(192) == blocks[0]);
}

BOOST_FIXTURE_TEST_CASE(release_gives_all_back_and_all_can_be_had_again, upstream) {
    static_assert(noexcept(std::declval<bounded_time_resource&>().release()));
    bounded_time_resource memory{bounded_time{.capacity = 10'000}, &below};
    memory.release();
    BOOST_TEST(calls() == 0u);
    for (int round = 0; round != 3; ++round) {
        while (memory.try_allocate({100, 64}) != nullptr) {
        }
        memory.release();
        memory.release();
        BOOST_TEST(below.live_blocks() == 0u);
        BOOST_TEST(memory.usage().live_bytes.value() == 0u);
        BOOST_TEST(memory.usage().live_blocks.value() == 0u);
        BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
        BOOST_TEST(memory.free_bytes() == memory.capacity_bytes());
    }
    BOOST_TEST(below.requests().size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(release_makes_the_whole_buffer_available, in_buffer) {
    while (memory.try_allocate({100, 64}) != nullptr) {
    }
    memory.release();
    BOOST_TEST(is_whole());
}

BOOST_FIXTURE_TEST_CASE(containers_can_live_in_it, in_buffer) {
    {
        std::pmr::map<int, std::pmr::vector<int>> lists{&memory};
        for (int i = 0; i != 20; ++i) {
            lists[i % 5].push_back(i);
        }
        BOOST_TEST(lists[3].back() == 18);
    }
    BOOST_TEST(is_whole());
}

// --- a random program against a model -----------------------------------------------------------

namespace {

// Whether no two blocks overlap, and all lie in the buffer.
bool are_apart(std::vector<written_block> blocks, std::span<const std::byte> in) {
    std::ranges::sort(blocks, {}, &written_block::begin);
    const std::byte* free_from = in.data();
    for (const written_block& each : blocks) {
        if (each.begin < free_from) {
            return false;
        }
        free_from = each.begin + std::max<std::size_t>(each.as.size, 1);
    }
    return free_from <= in.data() + in.size();
}

}  // namespace

BOOST_DATA_TEST_CASE(a_random_program_finds_what_its_model_finds, data::xrange(1, 9), seed) {
    tests::random random{static_cast<std::uint64_t>(seed)};
    std::vector<std::byte> bytes(random.between(1000, 200'000));
    std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random.below(256)); });
    bounded_time_resource memory{bounded_time{.buffer = bytes}};
    std::vector<written_block> blocks;
    std::size_t live = 0;
    std::size_t taken = 0;
    std::size_t peak = 0;
    const std::size_t largest = random.between(4, 14);
    for (std::size_t step = tests::operations(80'000) / 8; step-- != 0;) {
        // It breathes: mostly growing, until it is full, then mostly shrinking.
        if (blocks.empty() || random.below(10) < (step / 700 % 2 == 0 ? 8u : 3u)) {
            const layout as{random.below(random.power_of_two(largest)),
                            random.below(4) == 0 ? random.power_of_two(12) : 8};
            const std::size_t sure = memory.largest_free_block();
            void* block = memory.try_allocate(as);
            BOOST_REQUIRE((block != nullptr || rounded(as.size) > sure || as.alignment > 16));
            if (block != nullptr) {
                blocks.emplace_back(block, as, step);
                live += as.size;
                taken += rounded(as.size);
                peak = std::max(peak, live);
            }
        } else {
            const written_block freed = take(blocks, random.below(blocks.size()));
            BOOST_REQUIRE(freed.is_intact());
            freed.free_to(memory);
            live -= freed.as.size;
            taken -= rounded(freed.as.size);
        }
        BOOST_REQUIRE((memory.usage() == strata::usage{.live_bytes = live,
                                                       .live_blocks = blocks.size(),
                                                       .used_bytes = live,
                                                       .peak_bytes = peak,
                                                       .reserved_bytes = bytes.size()}));
        BOOST_REQUIRE(memory.free_bytes() == memory.capacity_bytes() - taken);
        if (random.below(50) == 0) {
            BOOST_REQUIRE(memory.is_consistent());
            BOOST_REQUIRE(std::ranges::all_of(blocks, &written_block::is_intact));
            BOOST_REQUIRE(are_apart(blocks, bytes));
        }
    }
    for (const written_block& each : blocks) {
        BOOST_REQUIRE(each.is_intact());
        each.free_to(memory);
    }
    BOOST_TEST(memory.is_consistent());
    BOOST_TEST(memory.largest_free_block() == memory.capacity_bytes());
}

// --- how full it gets ---------------------------------------------------------------------------

namespace {

// The mixed workload: sizes of 8 to 4096 bytes, each as likely as any other, freed at random.
struct mixed_workload {
    explicit mixed_workload(std::uint64_t seed, std::size_t capacity)
        : random{seed}, bytes(capacity), memory{bounded_time{.buffer = bytes}} {}

    bool take_one() {
        const layout as{next_size, 8};
        void* block = memory.try_allocate(as);
        if (block != nullptr) {
            blocks.emplace_back(block, as.size);
            live += as.size;
            next_size = random.between(8, 4096);
        }
        return block != nullptr;
    }
    void free_one() {
        const auto freed = take(blocks, random.below(blocks.size()));
        memory.deallocate(freed.first, freed.second, 8);
        live -= freed.second;
    }
    [[nodiscard]] double unused() const {
        return 1.0 - static_cast<double>(live) / static_cast<double>(bytes.size());
    }

    tests::random random;
    std::vector<std::byte> bytes;
    bounded_time_resource memory;
    std::vector<std::pair<void*, std::size_t>> blocks;
    std::size_t live = 0;
    std::size_t next_size = 1000;
};

}  // namespace

// All that is not in the hands of the clients counts: rounding, bookkeeping, holes.
BOOST_DATA_TEST_CASE(when_the_first_request_fails_at_most_15_percent_is_unused,
                     data::xrange(1, 6), seed) {
    mixed_workload work{static_cast<std::uint64_t>(seed), 1_MiB};
    double sum = 0;
    for (int full = 0; full != 20'000; ++full) {
        while (work.take_one()) {
        }
        sum += full < 10'000 ? 0 : work.unused();  // the first half is for getting steady
        work.free_one();
    }
    BOOST_TEST_MESSAGE("unused when full: " << sum / 10'000);
    BOOST_TEST(sum / 10'000 <= 0.15);
}

// The same asked differently: with 85 % of the memory in the hands of the clients, nothing fails.
BOOST_DATA_TEST_CASE(with_85_percent_live_no_request_fails, data::xrange(1, 6), seed) {
    mixed_workload work{static_cast<std::uint64_t>(seed), 4_MiB};
    for (int step = 0; step != 100'000; ++step) {
        while (work.live + work.next_size > work.bytes.size() / 100 * 85) {
            work.free_one();
        }
        BOOST_REQUIRE(work.take_one());
    }
}

// --- inspection and misuse ----------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(usage_is_exact, in_buffer) {
    void* one = memory.allocate(10, 1);
    void* other = memory.allocate(8, 256);
    BOOST_TEST((memory.usage() == strata::usage{18, 2, 18, 18, 4096}));
    memory.deallocate(one, 10, 1);
    BOOST_TEST((memory.usage() == strata::usage{8, 1, 8, 18, 4096}));
    memory.deallocate(other, 8, 256);
    BOOST_TEST((memory.usage() == strata::usage{0, 0, 0, 18, 4096}));
}

BOOST_FIXTURE_TEST_CASE(it_owns_what_lies_in_its_memory, upstream) {
    bounded_time_resource memory{bounded_time{.capacity = 10'000}, &below};
    int foreign = 0;
    BOOST_TEST(memory.owns(nullptr) == strata::ownership::no);
    auto* block = static_cast<std::byte*>(memory.allocate(100));
    BOOST_TEST(memory.owns(block) == strata::ownership::yes);
    BOOST_TEST(memory.owns(block + 50) == strata::ownership::yes);
    BOOST_TEST(memory.owns(block - 1) == strata::ownership::no);
    BOOST_TEST(memory.owns(block + memory.capacity_bytes()) == strata::ownership::no);
    BOOST_TEST(memory.owns(&foreign) == strata::ownership::no);
    BOOST_TEST(memory.owns(nullptr) == strata::ownership::no);
}

BOOST_FIXTURE_TEST_CASE(the_largest_free_block_can_be_had, in_buffer) {
    std::vector<void*> blocks;
    while (void* block = memory.try_allocate({48, 8})) {
        blocks.push_back(block);
    }
    for (std::size_t i = 0; i < 30; i += i % 7 + 1) {
        memory.deallocate(blocks[i], 48, 8);
        const std::size_t largest = memory.largest_free_block();
        void* block = memory.try_allocate({largest, 16});
        BOOST_TEST((block != nullptr));
        memory.deallocate(block, largest, 16);
    }
}

BOOST_FIXTURE_TEST_CASE(a_wrong_free_is_a_misuse_and_does_nothing, in_buffer,
                        *utf::enable_if<strata::checked>()) {
    auto* block = static_cast<std::byte*>(memory.allocate(100, 8));
    auto* behind = static_cast<std::byte*>(memory.allocate(100, 8));
    void* gone = memory.allocate(40, 8);
    memory.deallocate(gone, 40, 8);
    const strata::usage before = memory.usage();
    const tests::misuse_recorder misuses;
    std::size_t expected = 0;
    const auto expect_misuse = [&](void* freed, std::size_t size, std::size_t alignment) {
        memory.deallocate(freed, size, alignment);
        BOOST_TEST(misuses.count() == ++expected);
    };
    expect_misuse(gone, 40, 8);          // a second time
    expect_misuse(block, 80, 8);         // a smaller size
    expect_misuse(block, 113, 8);        // a larger one
    expect_misuse(block, 224, 8);        // as large as two
    expect_misuse(behind, 2000, 8);      // into what is free
    expect_misuse(behind, 5000, 8);      // beyond the memory
    expect_misuse(behind, most, 8);
    expect_misuse(block + 16, 80, 8);    // inside
    expect_misuse(block + 1, 100, 1);
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    expect_misuse(block, 100, 2 * (address & (0 - address)));  // one that it does not have
    expect_misuse(nullptr, 100, 8);
    expect_misuse(&expected, sizeof expected, alignof(std::size_t));
    BOOST_TEST((memory.usage() == before));
    BOOST_TEST(memory.is_consistent());
    memory.deallocate(behind, 100, 8);
    memory.deallocate(block, 100, 8);
    BOOST_TEST(misuses.count() == expected);
    BOOST_TEST(is_whole());
}

BOOST_AUTO_TEST_CASE(a_free_before_there_is_memory_is_a_misuse,
                     *utf::enable_if<strata::checked>()) {
    bounded_time_resource memory;
    const tests::misuse_recorder misuses;
    int foreign = 0;
    memory.deallocate(&foreign, sizeof foreign, alignof(int));
    BOOST_TEST(misuses.count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_nobody_owns_is_poisoned, in_buffer, *utf::enable_if<tests::asan>()) {
    auto* block = static_cast<std::byte*>(memory.allocate(21));
    BOOST_TEST(!tests::is_poisoned(block));
    BOOST_TEST(!tests::is_poisoned(block + 20));
    for (std::byte* each = block + 21; each != bytes.data() + bytes.size(); ++each) {
        BOOST_REQUIRE(tests::is_poisoned(each));  // the bookkeeping at the end too
    }
    memory.deallocate(block, 21);
    BOOST_TEST(tests::is_poisoned(block));
    static_cast<void>(memory.allocate(21));
    memory.release();
    BOOST_TEST(tests::is_poisoned(block));
}

BOOST_AUTO_TEST_CASE(a_buffer_is_not_poisoned_in_the_end, *utf::enable_if<tests::asan>()) {
    std::array<std::byte, 1000> bytes{};
    { bounded_time_resource memory{bounded_time{.buffer = bytes}}; }
    BOOST_TEST(std::ranges::none_of(bytes, [](const std::byte& each) {
        return tests::is_poisoned(&each);
    }));
}

BOOST_AUTO_TEST_CASE(the_object_is_as_small_as_its_header_says) {
    BOOST_TEST(sizeof(bounded_time_resource) <= 4408u);
}

BOOST_FIXTURE_TEST_CASE(it_has_a_name_an_upstream_and_no_equal, upstream) {
    const bounded_time_resource memory{&below};
    BOOST_TEST(memory.name() == "bounded_time");
    BOOST_TEST(memory.upstream(0) == &below);
    BOOST_TEST(memory.upstream(1) == nullptr);
    BOOST_TEST(memory.upstream_resource() == &below);
    const bounded_time_resource twin{&below};
    BOOST_TEST(memory.is_equal(memory));
    BOOST_TEST(!memory.is_equal(twin));
    BOOST_TEST(bounded_time_resource{}.upstream_resource() == std::pmr::get_default_resource());
}

BOOST_AUTO_TEST_CASE(descriptions_are_values) {
    std::array<std::byte, 100> bytes{};
    const bounded_time over{.buffer = bytes};
    BOOST_TEST((over == bounded_time{.buffer = bytes}));
    BOOST_TEST((over != bounded_time{}));
    BOOST_TEST((bounded_time{.capacity = 1} != bounded_time{}));
    BOOST_TEST((bounded_time_resource{over}.options() == over));
}

BOOST_AUTO_TEST_CASE(a_capacity_that_is_too_large_is_told_as_it_is_in_force) {
    constexpr std::size_t most = std::size_t{1} << 36;
    BOOST_TEST(bounded_time_resource{bounded_time{.capacity = most}}.options().capacity.value() ==
               most);
    BOOST_TEST(bounded_time_resource{bounded_time{.capacity = most + 1}}
                   .options()
                   .capacity.value() == most);
    BOOST_TEST(bounded_time_resource{bounded_time{.capacity = 0}}.options().capacity.value() == 1u);
    BOOST_TEST(!bounded_time_resource{}.options().capacity.has_value());
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_was_asked_for_and_what_room_is_left) {
    alignas(16) std::array<std::byte, 1000> buffer{};
    bounded_time_resource memory{{.buffer = buffer}};
    const std::size_t capacity = memory.capacity_bytes();
    void* first = memory.allocate(160, 8);
    (void)memory.allocate(capacity - 320, 8);
    memory.deallocate(first, 160, 8);
    const std::string text =
        "strata: bounded_time has no room for 200 B (aligned to 8 B): the largest free block has "
        "160 B, of 320 B free in all of " +
        std::to_string(capacity) + " B";
    const auto is_right = [&](const strata::out_of_room& refused) {
        BOOST_TEST(refused.what() == text);
        return refused.asked() == layout{200, 8} && refused.room_bytes() == 160;
    };
    BOOST_CHECK_EXCEPTION((void)memory.allocate(200, 8), strata::out_of_room, is_right);
    BOOST_CHECK_THROW((void)memory.allocate(most, 8), strata::out_of_room);
    (void)memory.allocate(160, 8);
    (void)memory.allocate(160, 8);
    BOOST_CHECK_THROW((void)memory.allocate(1, 1), strata::out_of_room);
}

BOOST_AUTO_TEST_CASE(a_first_request_that_is_too_large_says_so_too) {
    strata::fixed_buffer_resource<256> below;
    bounded_time_resource memory{&below};
    BOOST_CHECK_THROW((void)memory.allocate(1000, 8), strata::out_of_room);
    BOOST_TEST(memory.allocate(100, 8));
}

BOOST_AUTO_TEST_CASE(null_can_be_freed_before_there_is_memory_and_after) {
    const tests::misuse_recorder recorder;
    bounded_time_resource memory;
    memory.deallocate(nullptr, 40, 8);
    void* block = memory.allocate(40, 8);
    memory.deallocate(nullptr, 40, 8);
    BOOST_TEST(memory.is_consistent());
    memory.deallocate(block, 40, 8);
    memory.release();
    memory.deallocate(nullptr, 40, 8);
    BOOST_TEST((memory.usage().live_blocks == 0U));
}

BOOST_AUTO_TEST_SUITE_END()
