// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/compose/stack.hpp>
#include <strata/core/literals.hpp>
#include <strata/sources/page_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/random.hpp"
#include <strata/testing/boost_test_print.hpp>

namespace strata {

std::ostream& operator<<(std::ostream& out, const pages& of) {
    return out << "reserve " << of.reserve << ", huge " << static_cast<int>(of.huge) << ", guard "
               << of.guard << ", populate " << of.populate << ", keep " << of.keep;
}

}  // namespace strata

BOOST_AUTO_TEST_SUITE(page_resource_test)

using namespace strata::literals;
using strata::huge_pages;
using strata::page_resource;
using strata::pages;
namespace utf = boost::unit_test;
namespace data = utf::data;

static_assert(std::is_convertible_v<page_resource*, std::pmr::memory_resource*>);
static_assert(!std::is_copy_constructible_v<page_resource>);
static_assert(!std::is_convertible_v<pages, page_resource>);
static_assert(pages::is_source && pages{} == pages{} && pages{} != pages{.guard = true});

namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
const std::size_t page = page_resource::page_bytes();
const std::size_t huge_page = page_resource::huge_page_bytes();

// Every option in both modes.
const std::vector<pages> all_kinds{
    {},
    {.huge = huge_pages::transparent},
    {.huge = huge_pages::explicit_or_transparent},
    {.guard = true},
    {.huge = huge_pages::explicit_or_transparent, .guard = true},
    {.populate = true},
    {.reserve = 64_MiB},
    {.reserve = 64_MiB, .keep = 1_MiB},
    {.reserve = 64_MiB, .huge = huge_pages::transparent},
    {.reserve = 64_MiB, .huge = huge_pages::explicit_or_transparent, .keep = 64_MiB},
    {.reserve = 64_MiB, .guard = true, .keep = 1_MiB},
    {.reserve = 64_MiB, .huge = huge_pages::transparent, .guard = true, .populate = true},
};
const std::vector<pages> guarded{{.guard = true}, {.reserve = 64_MiB, .guard = true}};

[[nodiscard]] std::uintptr_t address_of(const void* block) {
    return reinterpret_cast<std::uintptr_t>(block);
}

/// How many of the pages from here on are in memory, or -1 where some are not even mapped.
[[nodiscard]] std::ptrdiff_t resident_pages(const void* begin, std::size_t bytes) {
    std::vector<unsigned char> states(bytes / page);
    if (mincore(const_cast<void*>(begin), bytes, states.data()) != 0) {
        return -1;
    }
    return std::ranges::count_if(states, [](unsigned char state) { return (state & 1) != 0; });
}

/// The number, in bytes, behind `key` in a file of the system's that counts in kB, added up.
[[nodiscard]] std::size_t bytes_in(const char* file, const std::string& key) {
    std::ifstream text{file};
    std::size_t sum = 0;
    for (std::string word; text >> word;) {
        std::size_t kilobytes = 0;
        if (word == key && text >> kilobytes) {
            sum += kilobytes * 1024;
        }
    }
    return sum;
}

/// Whether a child process that does this comes to its end, and finds that all is right. Its exit
/// code does not tell: valgrind has one of its own.
template <class Work>
[[nodiscard]] bool is_right_in_child(Work work) {
    const tests::child ended = tests::run_in_child([&] {
        if (work()) {
            std::fputs("right", stderr);
        }
    });
    return ended.errors.ends_with("right");
}

template <class Use>
[[nodiscard]] bool dies(Use use) {
    return !is_right_in_child([&] {
        use();
        return true;
    });
}

char read_at(const char* address) {
    return *const_cast<const volatile char*>(address);
}

}  // namespace

// --- any mode -----------------------------------------------------------------------------------

BOOST_DATA_TEST_CASE(blocks_of_every_size_can_be_used_to_their_end, all_kinds, kind) {
    page_resource memory{kind};
    for (const std::size_t bytes :
         {1_B, 100_B, page - 1, page, page + 1, 10 * page, huge_page - 1, huge_page, 5_MiB}) {
        auto* block = static_cast<char*>(memory.allocate(bytes));
        BOOST_TEST((kind.guard || address_of(block) % page == 0));
        std::memset(block, 0x5A, bytes);
        memory.deallocate(block, bytes);
    }
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
}

BOOST_DATA_TEST_CASE(every_alignment_is_honoured, all_kinds, kind) {
    page_resource memory{kind};
    for (std::size_t alignment = 1; alignment <= 16_MiB; alignment *= 2) {
        for (const std::size_t bytes : {1_B, 24_B, page, 3 * page + 5}) {
            void* one = memory.allocate(bytes, alignment);
            void* other = memory.allocate(bytes, alignment);
            BOOST_TEST(address_of(one) % alignment == 0u);
            BOOST_TEST(address_of(other) % alignment == 0u);
            std::memset(one, 0x5A, bytes);
            std::memset(other, 0xA5, bytes);
            memory.deallocate(one, bytes, alignment);
            memory.deallocate(other, bytes, alignment);
        }
    }
}

BOOST_DATA_TEST_CASE(blocks_of_no_bytes_are_distinct, all_kinds, kind) {
    page_resource memory{kind};
    for (const std::size_t alignment : {1_B, 64_B, 2 * page}) {
        void* one = memory.allocate(0, alignment);
        void* other = memory.allocate(0, alignment);
        BOOST_TEST((one != nullptr && other != nullptr && one != other));
        BOOST_TEST(address_of(one) % alignment == 0u);
        memory.deallocate(one, 0, alignment);
        memory.deallocate(other, 0, alignment);
    }
}

BOOST_DATA_TEST_CASE(impossible_sizes_and_alignments_are_refused, all_kinds, kind) {
    page_resource memory{kind};
    for (const std::size_t bytes : {most, most - 1, most - page, most - huge_page, most / 2,
                                    most / 2 + 1, most / 2 - page, most / 4, 1_B << 48}) {
        for (const std::size_t alignment : {1_B, 16_B, page, huge_page, 1_B << 40}) {
            BOOST_TEST((memory.try_allocate({bytes, alignment}) == nullptr),
                       bytes << " bytes, alignment " << alignment);
        }
    }
    for (const std::size_t alignment : {1_B << 48, 1_B << 62, 1_B << 63}) {
        for (const std::size_t bytes : {0_B, 1_B, most}) {
            BOOST_CHECK_THROW(static_cast<void>(memory.allocate(bytes, alignment)), std::bad_alloc);
        }
    }
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
    memory.deallocate(memory.allocate(1), 1);
}

BOOST_DATA_TEST_CASE(what_the_system_refuses_is_refused_and_changes_nothing, all_kinds, kind) {
    BOOST_TEST(is_right_in_child([&] {
        page_resource memory{kind};
        void* before = memory.allocate(page);
        const strata::usage use = memory.usage();
        const std::size_t data = bytes_in("/proc/self/status", "VmData:") + 16_MiB;
        const rlimit limit{data, data};
        setrlimit(RLIMIT_DATA, &limit);
        if (mmap(nullptr, 40_MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
            MAP_FAILED) {
            return true;  // this system, or valgrind, has no such limit
        }
        bool right = memory.try_allocate({40_MiB, 8}) == nullptr && memory.usage() == use;
        void* after = memory.try_allocate({page, 8});
        right = right && after != nullptr;
        std::memset(after, 0x5A, page);
        memory.deallocate(after, page, 8);
        memory.deallocate(before, page);
        return right && memory.usage().live_blocks == 0;
    }));
}

BOOST_DATA_TEST_CASE(a_forked_child_goes_on_as_its_parent_does, all_kinds, kind) {
    page_resource memory{kind};
    auto* block = static_cast<char*>(memory.allocate(3 * page));
    *block = 'p';
    BOOST_TEST(is_right_in_child([&] {
        const bool right = *block == 'p';
        *block = 'c';
        memory.deallocate(block, 3 * page);
        memory.deallocate(memory.allocate(5 * page), 5 * page);
        return right && memory.usage().live_blocks == 0;
    }));
    BOOST_TEST(*block == 'p');
    memory.deallocate(block, 3 * page);
}

BOOST_AUTO_TEST_CASE(it_has_a_name_no_upstream_and_no_equal) {
    const page_resource memory{pages{.reserve = 1_GiB, .keep = 4_KiB}};
    BOOST_TEST(memory.name() == "pages");
    BOOST_TEST(memory.upstream(0) == nullptr);
    BOOST_TEST(memory.is_equal(memory));
    BOOST_TEST(!memory.is_equal(page_resource{}));
    BOOST_TEST((memory.options() == pages{.reserve = 1_GiB, .keep = 4_KiB}));
    BOOST_TEST(page_resource{pages{.keep = 4_KiB}}.options().keep == 0U);
    BOOST_TEST((page_resource{pages{.reserve = 1_MiB, .keep = 1_GiB}}.options().keep == 1_MiB));
    BOOST_TEST(sizeof memory <= 240u);
}

BOOST_AUTO_TEST_CASE(the_sizes_of_pages_are_the_systems) {
    BOOST_TEST(page == static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
    BOOST_TEST(huge_page > page);
    BOOST_TEST(huge_page % page == 0u);
}

// --- a mapping a block --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_freed_block_is_unmapped) {
    page_resource memory;
    void* block = memory.allocate(64_MiB);
    std::memset(block, 0x5A, 64_MiB);
    BOOST_TEST(resident_pages(block, 64_MiB) == static_cast<std::ptrdiff_t>(64_MiB / page));
    memory.deallocate(block, 64_MiB);
    BOOST_TEST(resident_pages(block, 64_MiB) == -1);
}

BOOST_AUTO_TEST_CASE(usage_of_mappings_is_exact) {
    page_resource memory;
    BOOST_TEST((memory.usage() == strata::usage{0, 0, 0, 0, 0}));
    void* one = memory.allocate(10);
    void* other = memory.allocate(page + 1, 8 * page);
    BOOST_TEST((memory.usage() == strata::usage{page + 11, 2, page + 11, page + 11, 3 * page}));
    memory.deallocate(one, 10);
    BOOST_TEST((memory.usage() == strata::usage{page + 1, 1, page + 1, page + 11, 2 * page}));
    memory.release();  // gives up nothing, for the blocks are ours
    BOOST_TEST(memory.purge() == 0u);
    std::memset(other, 0x5A, page + 1);
    memory.deallocate(other, page + 1, 8 * page);
    BOOST_TEST((memory.usage() == strata::usage{0, 0, 0, page + 11, 0}));
    BOOST_TEST(memory.owns(one) == strata::ownership::unknown);
}

BOOST_AUTO_TEST_CASE(a_block_outlives_the_resource) {
    char* block = nullptr;
    {
        page_resource memory;
        block = static_cast<char*>(memory.allocate(page));
    }
    std::memset(block, 0x5A, page);
    BOOST_TEST(munmap(block, page) == 0);
}

BOOST_AUTO_TEST_CASE(populated_blocks_are_in_memory_before_they_are_used) {
    for (const std::size_t reserve : {0_B, 16_MiB}) {
        page_resource memory{pages{.reserve = reserve, .populate = true}};
        void* block = memory.allocate(100 * page);
        BOOST_TEST(resident_pages(block, 100 * page) == 100);
        memory.deallocate(block, 100 * page);
        page_resource lazy{pages{.reserve = reserve}};
        block = lazy.allocate(100 * page);
        BOOST_TEST(resident_pages(block, 100 * page) == 0);
        lazy.deallocate(block, 100 * page);
    }
}

// --- guards -------------------------------------------------------------------------------------

BOOST_DATA_TEST_CASE(a_guarded_block_ends_at_its_guard, guarded, kind) {
    page_resource memory{kind};
    for (const std::size_t alignment : {1_B, 16_B, 64_B, page, 4 * page}) {
        for (const std::size_t bytes : {0_B, 1_B, 100_B, page, page + 1, 3 * page - 8}) {
            void* block = memory.allocate(bytes, alignment);
            const std::size_t end = address_of(block) + std::max(bytes, 1_B);
            BOOST_TEST(address_of(block) % alignment == 0u);
            BOOST_TEST(((0 - end) & (page - 1)) < alignment);
            memory.deallocate(block, bytes, alignment);
        }
    }
}

BOOST_DATA_TEST_CASE(what_runs_over_the_end_or_the_start_is_stopped, guarded, kind) {
    page_resource memory{kind};
    for (const std::size_t alignment : {1_B, 8 * page}) {
        const std::size_t bytes = alignment == 1 ? 2 * page + 100 : 2 * page;
        auto* block = static_cast<char*>(memory.allocate(bytes, alignment));
        BOOST_TEST(!dies([=] { std::memset(block, 0x5A, bytes); }));
        BOOST_TEST(dies([=] { read_at(block + bytes); }));
        BOOST_TEST(dies([=] { block[bytes] = 0; }));
        BOOST_TEST(dies([=] { read_at(block + bytes + page - 1); }));
        BOOST_TEST(dies([=] { read_at(block - page); }));
        memory.deallocate(block, bytes, alignment);
        BOOST_TEST(dies([=] { read_at(block); }));
    }
}

BOOST_AUTO_TEST_CASE(guards_stand_on_what_was_kept_too) {
    page_resource memory{pages{.reserve = 1_MiB, .guard = true, .keep = 1_MiB}};
    const auto fill = [&](std::size_t count) {
        auto* block = static_cast<char*>(memory.allocate(count * page));
        std::memset(block, 0x5A, count * page);
        return block;
    };
    memory.deallocate(fill(10), 10 * page);
    char* first = fill(2);
    char* second = fill(2);
    BOOST_TEST(second - first == static_cast<std::ptrdiff_t>(4 * page));
    BOOST_TEST(dies([=] { read_at(first + 2 * page); }));
    BOOST_TEST(dies([=] { read_at(second - 1); }));
    BOOST_TEST(memory.usage().reserved_bytes.value() == 11 * page);
    BOOST_TEST(memory.purge() == 6 * page);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 5 * page);
    BOOST_TEST(first[0] == 0x5A);
    BOOST_TEST(second[2 * page - 1] == 0x5A);
    memory.release();
}

// --- a range ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(blocks_take_the_lowest_place_in_one_contiguous_range) {
    page_resource memory{pages{.reserve = 1_MiB}};
    std::vector<char*> blocks;
    for (std::size_t i = 0; i != 8; ++i) {
        blocks.push_back(static_cast<char*>(memory.allocate(2 * page)));
        BOOST_TEST((blocks.back() == blocks.front() + i * 2 * page));
    }
    memory.deallocate(blocks[3], 2 * page);
    memory.deallocate(blocks[4], 2 * page);
    memory.deallocate(blocks[1], 2 * page);
    BOOST_TEST(memory.allocate(4 * page) == blocks[3]);
    BOOST_TEST(memory.allocate(page) == blocks[1]);
    BOOST_TEST(memory.allocate(page + 1) == blocks[7] + 2 * page);
    BOOST_TEST(memory.allocate(page) == blocks[1] + page);
}

BOOST_AUTO_TEST_CASE(all_of_the_range_can_be_used_and_nothing_more) {
    page_resource memory{pages{.reserve = 300 * page - 5}};
    std::vector<void*> blocks;
    while (void* block = memory.try_allocate({page, 8})) {
        std::memset(block, 0x5A, page);
        blocks.push_back(block);
    }
    BOOST_TEST(blocks.size() == 300u);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1)), std::bad_alloc);
    memory.deallocate(blocks[64], page, 8);
    memory.deallocate(blocks[63], page, 8);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(3 * page)), std::bad_alloc);
    BOOST_TEST(memory.allocate(2 * page) == blocks[63]);
    memory.release();
    BOOST_TEST(memory.allocate(300 * page) != nullptr);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(0)), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(a_range_costs_no_memory_before_it_is_used) {
    page_resource memory{pages{.reserve = 8_GiB}};
    void* block = memory.allocate(1_MiB);
    std::memset(block, 0x5A, 1_MiB);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 1_MiB + page);
}

BOOST_DATA_TEST_CASE(a_range_that_no_system_has_is_refused_at_first_use,
                     data::make({most, most / 2, most / 4, 1_B << 48}), reserve) {
    page_resource memory{pages{.reserve = reserve, .huge = huge_pages::transparent}};
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1)), std::bad_alloc);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(1)), std::bad_alloc);
    BOOST_TEST(memory.owns(&memory) == strata::ownership::no);
    BOOST_TEST(memory.purge() == 0u);
    memory.release();
}

BOOST_AUTO_TEST_CASE(of_a_freed_block_no_page_stays_mapped) {
    page_resource memory;
    auto* block = static_cast<char*>(memory.allocate(3 * page));
    std::memset(block, 0x5A, 3 * page);
    BOOST_TEST(resident_pages(block, 3 * page) == 3);
    memory.deallocate(block, 3 * page);
    for (std::size_t i = 0; i != 3; ++i) {
        BOOST_TEST(resident_pages(block + i * page, page) == -1);
    }
}

BOOST_AUTO_TEST_CASE(the_memory_of_a_freed_block_goes_back_to_the_system) {
    page_resource memory{pages{.reserve = 16_MiB}};
    auto* block = static_cast<char*>(memory.allocate(100 * page));
    std::memset(block, 0x5A, 100 * page);
    BOOST_TEST(resident_pages(block, 100 * page) == 100);
    memory.deallocate(block, 100 * page);
    BOOST_TEST(resident_pages(block, 100 * page) == 0);
    BOOST_TEST(memory.usage().reserved_bytes.value() == page);
    BOOST_TEST(memory.purge() == 0u);
    BOOST_TEST(memory.allocate(100 * page) == block);
    BOOST_TEST(block[0] + block[50 * page] + block[100 * page - 1] == 0);
}

BOOST_AUTO_TEST_CASE(freed_memory_is_kept_up_to_a_bound_until_it_is_purged) {
    page_resource memory{pages{.reserve = 16_MiB, .keep = 100 * page + 1}};
    const auto fill = [&](std::size_t count) {
        void* block = memory.allocate(count * page);
        std::memset(block, 0x5A, count * page);
        return block;
    };
    void* one = fill(70);
    void* two = fill(31);
    void* three = fill(30);
    memory.deallocate(one, 70 * page);
    memory.deallocate(two, 31 * page);  // one page too many
    memory.deallocate(three, 30 * page);
    BOOST_TEST(resident_pages(one, 70 * page) == 70);
    BOOST_TEST(resident_pages(two, 31 * page) == 0);
    BOOST_TEST(resident_pages(three, 30 * page) == 30);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 101 * page);
    BOOST_TEST(fill(20) == one);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 101 * page);
    BOOST_TEST(memory.purge() == 80 * page);
    BOOST_TEST(memory.purge() == 0u);
    BOOST_TEST(resident_pages(one, 131 * page) == 20);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 21 * page);
}

BOOST_AUTO_TEST_CASE(usage_of_a_range_is_exact) {
    page_resource memory{pages{.reserve = 1_GiB}};
    BOOST_TEST((memory.usage() == strata::usage{0, 0, 0, 0, 0}));
    void* one = memory.allocate(10);
    void* other = memory.allocate(page + 1);
    BOOST_TEST((memory.usage() == strata::usage{page + 11, 2, page + 11, page + 11, 4 * page}));
    memory.deallocate(one, 10);
    BOOST_TEST((memory.usage() == strata::usage{page + 1, 1, page + 1, page + 11, 3 * page}));
    memory.deallocate(other, page + 1);
    BOOST_TEST((memory.usage() == strata::usage{0, 0, 0, page + 11, page}));
    memory.release();
    BOOST_TEST((memory.usage() == strata::usage{0, 0, 0, page + 11, 0}));
}

BOOST_AUTO_TEST_CASE(release_and_destruction_give_the_whole_range_back) {
    void* block = nullptr;
    {
        page_resource memory{pages{.reserve = 32_MiB}};
        static_assert(noexcept(memory.release())&& noexcept(memory.purge()));
        memory.release();
        for (int round = 0; round != 3; ++round) {
            block = memory.allocate(20_MiB);
            std::memset(block, 0x5A, 20_MiB);
            BOOST_TEST((memory.try_allocate({20_MiB, 8}) == nullptr));
            memory.release();
            BOOST_TEST(resident_pages(block, 20_MiB) == -1);
        }
        block = memory.allocate(20_MiB);
    }
    BOOST_TEST(resident_pages(block, 20_MiB) == -1);
}

BOOST_AUTO_TEST_CASE(a_range_knows_its_blocks) {
    page_resource memory{pages{.reserve = 1_MiB}};
    page_resource twin{pages{.reserve = 1_MiB}};
    BOOST_TEST(memory.owns(&memory) == strata::ownership::no);
    auto* block = static_cast<char*>(memory.allocate(1_MiB));
    BOOST_TEST(memory.owns(block) == strata::ownership::yes);
    BOOST_TEST(memory.owns(block + 1_MiB - 1) == strata::ownership::yes);
    BOOST_TEST(memory.owns(block + 1_MiB) == strata::ownership::no);
    BOOST_TEST(memory.owns(nullptr) == strata::ownership::no);
    BOOST_TEST(memory.owns(twin.allocate(1)) == strata::ownership::no);
}

// --- what is built on it ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(arenas_and_pools_stand_on_pages) {
    strata::stack memory{strata::pool{}, strata::arena{.first_chunk = 64_KiB},
                         pages{.reserve = 256_MiB, .huge = huge_pages::transparent}};
    std::pmr::vector<std::pmr::string> words{&memory};
    for (int i = 0; i != 10'000; ++i) {
        words.emplace_back("the word that has the number " + std::to_string(i));
    }
    BOOST_TEST(words[9999] == "the word that has the number 9999");
    BOOST_TEST(memory.get<pages>().usage().live_blocks.value() > 1u);
}

BOOST_DATA_TEST_CASE(an_arena_gives_all_its_chunks_back, all_kinds, kind) {
    page_resource below{kind};
    strata::arena_resource arena{&below};
    for (int round = 0; round != 3; ++round) {
        for (std::size_t i = 0; i != 5'000; ++i) {
            std::memset(arena.allocate(1 + i % 500), 0x5A, 1 + i % 500);
        }
        arena.release();
        BOOST_TEST(below.usage().live_blocks.value() == 0u);
    }
}

// --- huge pages ---------------------------------------------------------------------------------

namespace {

[[nodiscard]] bool system_has_transparent_huge_pages() {
    std::ifstream setting{"/sys/kernel/mm/transparent_hugepage/enabled"};
    std::string words;
    std::getline(setting, words);
    return !words.empty() && words.find("[never]") == words.npos;
}

// Whether writing to the memory brought huge pages, where the system's settings let them be.
void check_huge_pages(const char* what, std::size_t before) {
    const std::size_t after = bytes_in("/proc/self/smaps", "AnonHugePages:");
    if (system_has_transparent_huge_pages()) {
        BOOST_WARN_MESSAGE(after > before, "the system had no huge page to spare");
        BOOST_TEST_MESSAGE(what << ": " << after - before << " bytes in huge pages");
    } else {
        BOOST_TEST_MESSAGE(what << ": this system has no transparent huge pages");
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(large_blocks_are_aligned_to_huge_pages_and_have_them) {
    for (const std::size_t reserve : {0_B, 64_MiB}) {
        page_resource memory{pages{.reserve = reserve, .huge = huge_pages::transparent}};
        const std::size_t before = bytes_in("/proc/self/smaps", "AnonHugePages:");
        void* small = memory.allocate(huge_page / 2);
        void* large = memory.allocate(3 * huge_page + page);
        BOOST_TEST(address_of(large) % huge_page == 0u);
        std::memset(large, 0x5A, 3 * huge_page + page);
        check_huge_pages(reserve == 0 ? "mappings" : "range", before);
        BOOST_TEST(memory.usage().reserved_bytes.value() ==
                   huge_page / 2 + 3 * huge_page + page + (reserve == 0 ? 0 : page));
        memory.deallocate(small, huge_page / 2);
        memory.deallocate(large, 3 * huge_page + page);
    }
}

BOOST_AUTO_TEST_CASE(small_blocks_of_a_range_share_huge_pages) {
    page_resource memory{pages{.reserve = 64_MiB, .huge = huge_pages::transparent}};
    const std::size_t before = bytes_in("/proc/self/smaps", "AnonHugePages:");
    auto* first = static_cast<char*>(memory.allocate(10 * page));
    BOOST_TEST(address_of(first) % huge_page == 0u);
    BOOST_TEST(memory.allocate(page) == first + 10 * page);
    std::memset(first, 0x5A, 10 * page);
    check_huge_pages("small blocks", before);
}

BOOST_AUTO_TEST_CASE(explicit_huge_pages_are_taken_where_there_are_some) {
    const std::size_t there = bytes_in("/proc/meminfo", "HugePages_Free:") / 1024;
    page_resource memory{pages{.huge = huge_pages::explicit_or_transparent}};
    auto* block = static_cast<char*>(memory.allocate(huge_page + 1));
    BOOST_TEST(address_of(block) % huge_page == 0u);
    std::memset(block, 0x5A, huge_page + 1);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 2 * huge_page);
    BOOST_TEST_MESSAGE(there << " explicit huge pages were free, "
                             << bytes_in("/proc/meminfo", "HugePages_Free:") / 1024 << " are now");
    memory.deallocate(block, huge_page + 1);
    BOOST_TEST(resident_pages(block, page) == -1);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
}

// --- random programs ----------------------------------------------------------------------------

namespace {

struct live_block {
    char* at;
    strata::layout asked;
    char fill;

    [[nodiscard]] bool is_intact() const {
        return std::all_of(at, at + asked.size, [this](char c) { return c == fill; });
    }
};

/// What a range should do, page by page.
class range_model {
public:
    range_model(std::size_t page_count, const pages& of)
        : states_(page_count, free),
          guard_{of.guard ? 1U : 0U},
          keep_{of.keep / page} {}

    /// The number of the first accessible page that a block should get; -1: none.
    std::ptrdiff_t take(std::size_t count, std::size_t alignment_in_pages, std::size_t first_page) {
        const std::size_t whole = count + 2 * guard_;
        for (std::size_t at = 0; at + whole <= states_.size(); ++at) {
            if ((first_page + at + guard_) % alignment_in_pages == 0 && is_free(at, whole)) {
                for (std::size_t i = at; i != at + whole; ++i) {
                    const bool is_guard = i < at + guard_ || i >= at + guard_ + count;
                    if (states_[i] == kept && !is_guard) {
                        --kept_;
                    }
                    states_[i] = !is_guard ? taken : states_[i] == kept ? kept_guard : guard;
                }
                taken_ += count;
                highest_ = std::max(highest_, at + whole);
                return static_cast<std::ptrdiff_t>(at + guard_);
            }
        }
        return -1;
    }
    void give_back(std::size_t first, std::size_t count) {
        const bool is_kept = kept_ + count <= keep_;
        std::fill_n(states_.begin() + static_cast<std::ptrdiff_t>(first), count,
                    is_kept ? kept : free);
        kept_ += is_kept ? count : 0;
        taken_ -= count;
        for (std::size_t i : {first - guard_, first + count}) {
            if (guard_ != 0) {
                states_[i] = states_[i] == kept_guard ? kept : free;
            }
        }
    }
    std::size_t purge() {
        std::ranges::replace(states_, kept, free);
        std::ranges::replace(states_, kept_guard, guard);
        return std::exchange(kept_, 0) * page;
    }
    [[nodiscard]] std::size_t reserved_bytes() const {
        const std::size_t bits = (highest_ + 63) / 64 * 16;
        return (taken_ + kept_) * page + (bits + page - 1) / page * page;
    }

private:
    enum state : char { free, kept, taken, guard, kept_guard };

    [[nodiscard]] bool is_free(std::size_t first, std::size_t count) const {
        return std::all_of(states_.begin() + static_cast<std::ptrdiff_t>(first),
                           states_.begin() + static_cast<std::ptrdiff_t>(first + count),
                           [](state of) { return of == free || of == kept; });
    }

    std::vector<state> states_;
    std::size_t guard_;
    std::size_t keep_;
    std::size_t kept_ = 0;
    std::size_t taken_ = 0;
    std::size_t highest_ = 0;
};

[[nodiscard]] std::size_t pages_for(std::size_t bytes) {
    return (std::max(bytes, 1_B) + page - 1) / page;
}

strata::layout random_layout(tests::random& random) {
    const std::size_t alignment = random.below(4) != 0 ? 1 : random.power_of_two(17);
    return {random.below(3) == 0 ? random.below(40) * page : random.below(3 * page), alignment};
}

}  // namespace

BOOST_DATA_TEST_CASE(a_random_program_of_mappings,
                     data::make(std::vector<pages>{{}, {.guard = true}, {.populate = true}}) ^
                         data::xrange(1, 4),
                     kind, seed) {
    tests::random random{static_cast<std::uint64_t>(seed)};
    page_resource memory{kind};
    std::vector<live_block> live;
    strata::usage expected{0, 0, 0, 0, 0};
    for (std::size_t step = 0; step != tests::operations(24'000) / 16; ++step) {
        if (live.empty() || (live.size() < 60 && random.below(2) == 0)) {
            const strata::layout asked = random_layout(random);
            auto* block = static_cast<char*>(memory.allocate(asked.size, asked.alignment));
            BOOST_TEST_REQUIRE(address_of(block) % asked.alignment == 0u);
            live.push_back({block, asked, static_cast<char>(random.below(256))});
            std::memset(block, live.back().fill, asked.size);
            *expected.live_bytes += asked.size;
            *expected.live_blocks += 1;
            *expected.reserved_bytes += pages_for(asked.size) * page;
            expected.used_bytes = expected.live_bytes;
            expected.peak_bytes = std::max(*expected.peak_bytes, *expected.live_bytes);
        } else {
            std::swap(live[random.below(live.size())], live.back());
            const live_block given = live.back();
            live.pop_back();
            BOOST_TEST_REQUIRE(given.is_intact());
            memory.deallocate(given.at, given.asked.size, given.asked.alignment);
            *expected.live_bytes -= given.asked.size;
            expected.used_bytes = expected.live_bytes;
            *expected.live_blocks -= 1;
            *expected.reserved_bytes -= pages_for(given.asked.size) * page;
        }
        BOOST_TEST_REQUIRE((memory.usage() == expected), "seed " << seed << ", step " << step);
    }
    for (const live_block& each : live) {
        BOOST_TEST(each.is_intact());
        memory.deallocate(each.at, each.asked.size, each.asked.alignment);
    }
}

namespace {

const std::vector<pages> ranges{
    {.reserve = 700 * page},
    {.reserve = 700 * page, .keep = 90 * page},
    {.reserve = 700 * page, .guard = true},
    {.reserve = 700 * page, .guard = true, .keep = 90 * page},
    {.reserve = 700 * page, .keep = most},
    {.reserve = 700 * page, .huge = huge_pages::transparent, .keep = 200 * page},
};

}  // namespace

BOOST_DATA_TEST_CASE(a_random_program_in_a_range_against_a_model, ranges* data::xrange(1, 3), kind,
                     seed) {
    tests::random random{static_cast<std::uint64_t>(seed)};
    page_resource memory{kind};
    range_model model{700, kind};
    // The first block stands at the start of the range, or at the end of the page behind its guard.
    std::vector<live_block> live{{static_cast<char*>(memory.allocate(1, 1)), {1, 1}, 0}};
    char* begin = live[0].at - (kind.guard ? 2 * page - 1 : 0);
    model.take(1, 1, address_of(begin) / page);
    for (std::size_t step = 0; step != tests::operations(19'200) / 16; ++step) {
        BOOST_TEST_CONTEXT("seed " << seed << ", step " << step) {
            const bool take = live.empty() || random.below(2) == 0;
            if (random.below(500) == 0) {
                BOOST_TEST(memory.purge() == model.purge());
            } else if (take) {
                const strata::layout asked = random_layout(random);
                auto* block = static_cast<char*>(memory.try_allocate(asked));
                const std::ptrdiff_t expected =
                    model.take(pages_for(asked.size), std::max(asked.alignment / page, 1_B),
                               address_of(begin) / page);
                BOOST_TEST_REQUIRE((block == nullptr) == (expected == -1));
                if (block == nullptr) {
                    continue;
                }
                BOOST_TEST_REQUIRE((block - begin) / static_cast<std::ptrdiff_t>(page) == expected);
                BOOST_TEST_REQUIRE(address_of(block) % asked.alignment == 0u);
                live.push_back({block, asked, static_cast<char>(random.below(256))});
                std::memset(block, live.back().fill, asked.size);
            } else {
                std::swap(live[random.below(live.size())], live.back());
                const live_block given = live.back();
                live.pop_back();
                BOOST_TEST_REQUIRE(given.is_intact());
                memory.deallocate(given.at, given.asked.size, given.asked.alignment);
                model.give_back(static_cast<std::size_t>(given.at - begin) / page,
                                pages_for(given.asked.size));
            }
            BOOST_TEST_REQUIRE(memory.usage().reserved_bytes.value() == model.reserved_bytes());
        }
    }
    BOOST_TEST(std::ranges::all_of(live, &live_block::is_intact));
}

// --- threads ------------------------------------------------------------------------------------

BOOST_DATA_TEST_CASE(any_number_of_threads_may_use_it_at_once, all_kinds, kind) {
    page_resource memory{kind};
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (std::uint64_t seed = 1; seed != 5; ++seed) {
        threads.emplace_back([&, seed] {
            tests::random random{seed};
            std::vector<live_block> live;
            for (int step = 0; step != 300; ++step) {
                if (live.size() < 10) {
                    const strata::layout asked{1 + random.below(5 * page), random.power_of_two(14)};
                    auto* block = static_cast<char*>(memory.allocate(asked.size, asked.alignment));
                    live.push_back({block, asked, static_cast<char>(seed)});
                    std::memset(block, live.back().fill, asked.size);
                } else {
                    std::swap(live[random.below(live.size())], live.back());
                    const live_block& given = live.back();
                    wrong += given.is_intact() ? 0 : 1;
                    memory.deallocate(given.at, given.asked.size, given.asked.alignment);
                    live.pop_back();
                }
                if (step % 100 == 0) {
                    memory.purge();
                    wrong += memory.usage().live_blocks == 0 ? 1 : 0;
                    wrong += memory.owns(live.front().at) == strata::ownership::no ? 1 : 0;
                }
            }
            for (const live_block& each : live) {
                memory.deallocate(each.at, each.asked.size, each.asked.alignment);
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    BOOST_TEST(wrong == 0);
    BOOST_TEST(memory.usage().live_bytes.value() == 0u);
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
    BOOST_TEST((kind.reserve != 0 || memory.usage().reserved_bytes == 0));
}

// --- sanitizers ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_nobody_owns_is_poisoned, *utf::enable_if<tests::asan>()) {
    page_resource mapped;
    auto* block = static_cast<char*>(mapped.allocate(100));
    BOOST_TEST(!tests::is_poisoned(block + 99));
    BOOST_TEST(tests::is_poisoned(block + 100));
    BOOST_TEST(tests::is_poisoned(block + page - 1));
    mapped.deallocate(block, 100);
    BOOST_TEST(!tests::is_poisoned(block + 100));  // whoever is mapped there next does not suffer

    page_resource range{pages{.reserve = 8_MiB, .huge = huge_pages::transparent, .keep = 1_MiB}};
    block = static_cast<char*>(range.allocate(page));
    auto* other = static_cast<char*>(range.allocate(page));
    BOOST_TEST(!tests::is_poisoned(block));
    range.deallocate(block, page);
    BOOST_TEST(tests::is_poisoned(block));
    BOOST_TEST(!tests::is_poisoned(other));
    BOOST_TEST(tests::is_poisoned(other + page));
    range.release();
    BOOST_TEST(!tests::is_poisoned(block));
    BOOST_TEST(!tests::is_poisoned(other + page));
}

BOOST_AUTO_TEST_CASE(heap_memory_that_a_block_points_to_is_no_leak,
                     *utf::enable_if<tests::asan>()) {
    // Still so when LeakSanitizer looks, at the end of the program.
    *static_cast<void**>(page_resource{}.allocate(sizeof(void*))) = std::malloc(100);
    static page_resource& range = *new page_resource{pages{.reserve = 1_MiB}};
    *static_cast<void**>(range.allocate(sizeof(void*))) = std::malloc(100);
}

BOOST_AUTO_TEST_SUITE_END()
