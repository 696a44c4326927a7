// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE debug_resource
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory_resource>
#include <new>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/finding_recorder.hpp"
#include "support/forwarding.hpp"
#include "support/random.hpp"
#include "support/upstream.hpp"
#include "support/wild_write.hpp"
#include "support/written_block.hpp"

namespace {

using strata::finding;

// What has been asked of the global heap. Messages are made of it, blocks are not.
std::size_t news = 0;

}  // namespace

// Not inlined, or the compiler sees malloc's memory go to operator delete.
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

BOOST_FIXTURE_TEST_CASE(well_used_it_finds_nothing, tests::upstream) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.handler = found.handler()}, &below};
    {
        std::pmr::map<int, std::pmr::string> texts{&memory};
        for (int i = 0; i != 500; ++i) {
            texts[i * 7919 % 1000] = std::string(static_cast<std::size_t>(i), 'x');
        }
        std::pmr::vector<int> numbers(1000, 1, &memory);
        BOOST_TEST(memory.check() == 0u);
        numbers.resize(5000);
    }
    BOOST_TEST(memory.check() == 0u);
    memory.flush();
    BOOST_TEST(below.live_blocks() == 0u);
    BOOST_TEST(memory.findings() == 0u);
}

BOOST_FIXTURE_TEST_CASE(blocks_are_in_memory_of_the_upstream_and_go_back_as_they_came,
                        tests::upstream) {
    strata::debug_resource memory{strata::debug{.quarantine = 0}, &below};
    for (const strata::layout each : tests::assorted_layouts) {
        void* block = memory.allocate(each.size, each.alignment);
        BOOST_TEST(below.holds(block, each.size));
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % each.alignment == 0u);
        BOOST_TEST(below.live_blocks() == 1u);
        memory.deallocate(block, each.size, each.alignment);
        BOOST_TEST(below.live_blocks() == 0u);
    }
    tests::check_huge_sizes(memory);
}

BOOST_FIXTURE_TEST_CASE(a_block_costs_what_the_comment_says, tests::upstream) {
    for (const std::size_t fence : {0U, 16U, 20U}) {
        strata::debug_resource memory{strata::debug{.fence = fence, .quarantine = 0}, &below};
        for (const std::size_t size : {1U, 13U, 64U}) {
            void* block = memory.allocate(size, 8);
            const std::size_t before = (fence + 7) / 8 * 8;
            const std::size_t whole = (before + size + fence + 7) / 8 * 8;
            BOOST_TEST(below.live_bytes() == whole);
            BOOST_TEST(memory.usage().reserved_bytes.value() == whole);
            memory.deallocate(block, size, 8);
        }
    }
    BOOST_TEST(sizeof(strata::debug_resource<>) <= 1024u);
}

BOOST_FIXTURE_TEST_CASE(every_failure_of_the_upstream_leaves_it_as_it_was, tests::upstream) {
    using failure = strata::checking_resource::failure;
    for (const failure kind : {failure::bad_alloc, failure::injected, failure::foreign}) {
        strata::debug_resource memory{strata::debug{.quarantine = 0}, &below};
        void* kept = memory.allocate(40);
        for (const std::size_t nth : {1U}) {
            const std::size_t live = below.live_blocks();
            below.fail_at(nth, kind);
            bool has_thrown = false;
            try {
                (void)memory.allocate(24);
            } catch (const strata::checking_resource::foreign_failure&) {
                has_thrown = kind == failure::foreign;
            } catch (const std::bad_alloc&) {
                has_thrown = kind != failure::foreign;
            }
            BOOST_TEST(has_thrown);
            BOOST_TEST(below.live_blocks() == live);
            BOOST_TEST(memory.usage().live_blocks.value() == 1u);
        }
        memory.deallocate(memory.allocate(24), 24);
        memory.deallocate(kept, 40);
    }
}

BOOST_AUTO_TEST_CASE(the_quarantine_gives_way_before_a_request_is_refused) {
    strata::fixed_buffer_resource<8192> buffer;
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.handler = found.handler()}, &buffer};
    for (int i = 0; i != 100; ++i) {
        memory.deallocate(memory.allocate(100), 100);
    }
    BOOST_CHECK_THROW((void)memory.allocate(10'000), std::bad_alloc);
    void* block = memory.allocate(100);
    memory.deallocate(block, 100);
    tests::wild_write(block, 0);
    BOOST_CHECK_THROW((void)memory.allocate(10'000), std::bad_alloc);
    found.expect(finding::write_after_free, {"1 byte at +0"});
}

// Neither for blocks and their stacks nor for what is only counted.
BOOST_FIXTURE_TEST_CASE(the_heap_is_not_asked_for_anything, tests::upstream) {
    strata::arena_resource arena{&below};
    void* first_chunk = arena.allocate(64'000);
    arena.deallocate(first_chunk, 64'000);
    arena.reset();
    strata::debug_resource memory{strata::debug{.on_finding = strata::on_finding::ignore}, &arena};
    int foreign = 0;
    const std::size_t before = news;
    for (int i = 0; i != 50; ++i) {
        void* block = memory.allocate(40);
        memory.deallocate(block, 39);
        memory.deallocate(block, 40);
        memory.deallocate(&foreign, 40);
    }
    const std::size_t found = memory.check();
    BOOST_TEST(news == before);
    BOOST_TEST(found == 0u);
    BOOST_TEST(memory.findings() == 150u);
}

BOOST_AUTO_TEST_CASE(random_programs_raise_no_alarm) {
    const std::uint64_t seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    tests::random random{seed};
    for (const std::size_t quarantine : {std::size_t{0}, std::size_t{5000}, std::size_t{1} << 20}) {
        BOOST_TEST_CONTEXT("seed " << seed << ", quarantine " << quarantine) {
            tests::upstream under;
            tests::finding_recorder found;
            strata::debug_resource memory{
                strata::debug{.quarantine = quarantine, .handler = found.handler()}, &under.below};
            std::vector<tests::written_block> blocks;
            std::size_t live_bytes = 0;
            std::size_t wrong = 0;
            for (std::size_t step = 0; step != tests::operations(20'000); ++step) {
                const std::size_t what = random.below(1000);
                if (what < 500 && blocks.size() < 200) {
                    blocks.emplace_back(
                        memory, strata::layout{random.below(300), random.power_of_two(9)}, step);
                    live_bytes += blocks.back().as.size;
                } else if (what < 996 && !blocks.empty()) {
                    const auto taken = tests::take(blocks, random.below(blocks.size()));
                    live_bytes -= taken.as.size;
                    wrong += taken.is_intact() ? 0 : 1;
                    taken.free_to(memory);
                } else if (what < 998) {
                    wrong += memory.check();
                } else if (what == 998) {
                    memory.flush();
                } else if (random.below(5) == 0) {
                    memory.release();
                    blocks.clear();
                    live_bytes = 0;
                }
                const auto usage = memory.usage();
                wrong += usage.live_bytes == live_bytes ? 0 : 1;
                wrong += usage.live_blocks == blocks.size() ? 0 : 1;
                wrong += usage.reserved_bytes == under.below.live_bytes() ? 0 : 1;
                if (!blocks.empty()) {
                    const auto& any = blocks[random.below(blocks.size())];
                    wrong += memory.owns(any.begin) == strata::ownership::yes ? 0 : 1;
                }
            }
            for (const auto& each : blocks) {
                each.free_to(memory);
            }
            BOOST_TEST(wrong == 0u);
        }
    }
}

// Programs that make mistakes at random: each is found for what it is, and nothing else is.
BOOST_AUTO_TEST_CASE(random_mistakes_are_found_for_what_they_are) {
    const std::uint64_t seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    tests::random random{seed};
    tests::upstream under;
    tests::finding_recorder found;
    strata::debug_resource memory{
        strata::debug{.quarantine = std::size_t{1} << 24, .handler = found.handler()},
        &under.below};
    std::vector<tests::written_block> live;
    std::vector<tests::written_block> freed;
    for (std::size_t step = 0; step != 2000; ++step) {
        BOOST_TEST_CONTEXT("seed " << seed << ", step " << step) {
            if (live.size() < 20) {
                live.emplace_back(memory, strata::layout{1 + random.below(300), 8}, step);
                continue;
            }
            auto block = tests::take(live, random.below(live.size()));
            const auto size = static_cast<std::ptrdiff_t>(block.as.size);
            switch (random.below(8)) {
                case 0:
                    memory.deallocate(block.begin, block.as.size + 1, 8);
                    found.expect(finding::wrong_size, {});
                    break;
                case 1:
                    memory.deallocate(block.begin, block.as.size, 16);
                    found.expect(finding::wrong_alignment, {});
                    break;
                case 2:
                    tests::wild_write(block.begin, size);
                    block.free_to(memory);
                    found.expect(finding::overflow, {});
                    break;
                case 3:
                    tests::wild_write(block.begin, -1);
                    block.free_to(memory);
                    found.expect(finding::underflow, {});
                    break;
                case 4:
                    memory.deallocate(block.begin + 1 + random.below(block.as.size), 8, 8);
                    found.expect(finding::interior_pointer, {});
                    block.free_to(memory);
                    break;
                case 5:
                    block.free_to(memory);
                    block.free_to(memory);
                    found.expect(finding::double_free, {});
                    break;
                case 6:
                    block.free_to(memory);
                    tests::wild_write(block.begin, size - 1);
                    BOOST_TEST(memory.check() == 1u);
                    found.expect(finding::write_after_free, {});
                    break;
                default:
                    block.free_to(memory);
                    break;
            }
        }
    }
    for (const auto& each : live) {
        each.free_to(memory);
    }
}

BOOST_FIXTURE_TEST_CASE(it_says_what_it_is, tests::upstream) {
    strata::debug_resource memory{strata::debug{.name = "orders", .fence = 24}, &below};
    static_assert(std::is_same_v<decltype(memory.upstream_resource()), strata::checking_resource*>);
    BOOST_TEST(memory.name() == "debug");
    BOOST_TEST(memory.title() == "debug \"orders\"");
    BOOST_TEST(memory.options().name.text() == "orders");
    BOOST_TEST(memory.options().fence == 24u);
    BOOST_TEST(memory.upstream_resource() == &below);
    BOOST_TEST(memory.upstream(0) == &below);
    BOOST_TEST(memory.upstream(1) == nullptr);
    void* block = memory.allocate(64);
    BOOST_TEST((memory.owns(block) == strata::ownership::yes));
    BOOST_TEST((memory.owns(static_cast<std::byte*>(block) + 1) == strata::ownership::no));
    BOOST_TEST(memory.usage().live_bytes.value() == 64u);
    BOOST_TEST(memory.usage().live_blocks.value() == 1u);
    memory.deallocate(block, 64);
    BOOST_TEST((memory.owns(block) == strata::ownership::no));
    BOOST_TEST(memory.usage().peak_bytes.value() == 64u);

    strata::debug_resource standard;
    BOOST_TEST(standard.upstream_resource() == std::pmr::get_default_resource());
    BOOST_TEST(standard.title() == "debug");
    BOOST_TEST(!standard.is_equal(memory));
}

BOOST_AUTO_TEST_CASE(what_is_not_printable_in_its_name_is_escaped_in_messages) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.name = "a\xFF\u202E", .handler = found.handler()},
                                  strata::system_heap()};
    BOOST_TEST(memory.options().name.text() == "a\xFF\u202E");
    BOOST_TEST(memory.title() == R"(debug "a\xFF\xE2\x80\xAE")");
    memory.deallocate(nullptr, 1);
    found.expect(finding::null_pointer, {R"(debug "a\xFF\xE2\x80\xAE": a null pointer is freed)"});
}

BOOST_AUTO_TEST_CASE(it_is_a_layer_of_a_stack) {
    tests::finding_recorder found;
    strata::stack memory{strata::debug{.handler = found.handler()}, strata::pool{}, strata::debug{},
                         strata::arena{}};
    void* block = memory.allocate(100);
    memory.deallocate(block, 101);
    found.expect(finding::wrong_size, {"100 B"});
    BOOST_TEST(memory.get<0>().findings() == 1u);
    BOOST_TEST(memory.get<2>().findings() == 0u);
}
