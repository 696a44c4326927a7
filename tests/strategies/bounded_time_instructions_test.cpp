// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE bounded_time_instructions
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/core/layout.hpp>
#include <strata/core/literals.hpp>
#include <strata/strategies/bounded_time_resource.hpp>

#include "support/instruction_count.hpp"
#include "support/random.hpp"

// Counts the instructions of single calls, in states of the heap that make them long. It holds for
// x86-64 with optimisation, in checked builds too.

using namespace strata::literals;
using strata::bounded_time;
using strata::bounded_time_resource;
using strata::layout;
using tests::section_counter;

namespace {

#ifdef __clang__
constexpr std::uint64_t bound = 220;
#else
constexpr std::uint64_t bound = 200;
#endif

boost::test_tools::assertion_result is_counted(boost::unit_test::test_unit_id /*of*/) {
#if defined(__OPTIMIZE__) && defined(__x86_64__)
    const std::string_view why = tests::no_instruction_count();
#else
    const std::string_view why = "the bound is one of optimised builds for x86-64";
#endif
    boost::test_tools::assertion_result counted{why.empty()};
    counted.message() << "instructions are not counted: " << why;
    return counted;
}

enum call : std::uint64_t { allocate, allocate_aligned, refuse, deallocate, kinds };

/// A heap whose calls are counted one by one, through the interface of all memory resources.
class counted_heap {
public:
    counted_heap(section_counter& count, std::size_t capacity)
        : count_{count}, bytes_(capacity + 64), buffer_{aligned_part(capacity)} {
        bounded_time_resource known{bounded_time{.buffer = buffer_}};
        warm_up(known);
    }

    void* take(layout as) {
        const call kind = as.alignment > 16 ? allocate_aligned : allocate;
        std::pmr::memory_resource* through = &memory;
        void* block = nullptr;
        const std::size_t largest = memory.largest_free_block();
        if (as.size <= largest && as.alignment <= largest - as.size) {
            count_([&] { block = through->allocate(as.size, as.alignment); }, kind);
        } else {
            count_([&] { block = memory.try_allocate(as); }, refuse);  // as it may be
        }
        return block;
    }
    void fill() {
        while (memory.try_allocate({memory.largest_free_block(), 8}) != nullptr) {
        }
    }
    void free(void* block, layout as) {
        std::pmr::memory_resource* through = &memory;
        count_([&] { through->deallocate(block, as.size, as.alignment); }, deallocate);
    }

private:
    std::span<std::byte> aligned_part(std::size_t capacity) {
        const auto at = reinterpret_cast<std::uintptr_t>(bytes_.data());
        return {bytes_.data() + ((0 - at) & 63), capacity};
    }
    // So that all functions are found before they are counted.
    static void warm_up(bounded_time_resource& other) {
        std::pmr::memory_resource* through = &other;
        through->deallocate(through->allocate(1, 64), 1, 64);
        through->deallocate(through->allocate(1, 1), 1, 1);
        through->deallocate(other.try_allocate({1, 1}), 1, 1);
        static_cast<void>(other.try_allocate({std::numeric_limits<std::size_t>::max(), 64}));
    }

    section_counter& count_;
    std::vector<std::byte> bytes_;
    std::span<std::byte> buffer_;

public:
    bounded_time_resource memory{bounded_time{.buffer = buffer_}};
};

template <class Driver>
void expect_bounded(Driver driver) {
    std::array<std::uint64_t, kinds> worst{};
    std::array<std::size_t, kinds> calls{};
    for (const tests::counted_section& each : tests::count_instructions(driver)) {
        worst.at(each.label) = std::max(worst.at(each.label), each.instructions);
        ++calls.at(each.label);
    }
    constexpr std::array names{"allocate", "allocate aligned", "allocate or refuse", "deallocate"};
    for (std::size_t kind = 0; kind != kinds; ++kind) {
        BOOST_TEST_CONTEXT(names.at(kind)) {
            BOOST_TEST_MESSAGE(names.at(kind) << ": " << calls.at(kind) << " calls, at most "
                                              << worst.at(kind) << " instructions");
            BOOST_TEST(worst.at(kind) <= bound);
        }
    }
}

}  // namespace

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_counted))
BOOST_AUTO_TEST_CASE(the_first_calls_over_a_buffer_are_bounded) {
    expect_bounded([](section_counter& count) {
        for (const std::size_t capacity : {200_B, 4_KiB, 1_MiB, 64_MiB}) {
            counted_heap heap{count, capacity};
            void* block = heap.take({64, 8});
            heap.free(block, {64, 8});
        }
    });
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_counted))
BOOST_AUTO_TEST_CASE(all_and_nothing_are_bounded) {
    expect_bounded([](section_counter& count) {
        counted_heap heap{count, 1_MiB};
        const layout all{heap.memory.capacity_bytes(), 8};
        for (const layout refused : {layout{1, 1}, layout{1, 4096}, layout{5000, 64}, all}) {
            void* block = heap.memory.try_allocate(all);
            static_cast<void>(heap.take(refused));
            heap.free(block, all);
        }
        static_cast<void>(heap.take({std::numeric_limits<std::size_t>::max(), 1}));
        static_cast<void>(heap.take({1, std::size_t{1} << 63}));
    });
}

// Every other block is free.
BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_counted))
BOOST_AUTO_TEST_CASE(a_checkered_heap_is_bounded) {
    expect_bounded([](section_counter& count) {
        for (const std::size_t size : {16_B, 100_B, 1000_B, 5000_B}) {
            counted_heap heap{count, 100_KiB};
            std::vector<void*> blocks;
            while (void* block = heap.memory.try_allocate({size, 8})) {
                blocks.push_back(block);
            }
            for (std::size_t i = 0; i < blocks.size(); i += 2) {
                heap.memory.deallocate(blocks[i], size, 8);
            }
            for (const layout wanted : {layout{size, 8}, layout{size + 16, 8}, layout{1, 32},
                                        layout{size, 64}, layout{1, 1}}) {
                if (void* block = heap.take(wanted)) {
                    heap.free(block, wanted);
                }
            }
            for (std::size_t i = 1; i < std::min<std::size_t>(blocks.size(), 9); i += 2) {
                heap.free(blocks[i], {size, 8});  // between two that are free
            }
        }
    });
}

// Each of the free blocks is alone in its row of lists, and what comes of them too: the bitmaps
// change at both levels with each step.
BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_counted))
BOOST_AUTO_TEST_CASE(blocks_alone_in_their_rows_are_bounded) {
    expect_bounded([](section_counter& count) {
        for (std::size_t first = 16; first <= 64_KiB; first *= 4) {
            for (std::size_t second = 32; second <= 64_KiB; second *= 8) {
                counted_heap heap{count, 1_MiB};
                void* before = heap.memory.allocate(first);
                void* middle = heap.memory.allocate(second * 3);
                void* behind = heap.memory.allocate(second);
                heap.fill();
                heap.memory.deallocate(before, first);
                heap.memory.deallocate(behind, second);
                heap.free(middle, {second * 3, 16});
                for (std::size_t alignment = 32; alignment <= 4096; alignment *= 8) {
                    for (const std::size_t wanted : {second, second * 3, first + second}) {
                        if (void* block = heap.take({wanted, alignment})) {
                            heap.free(block, {wanted, alignment});
                        }
                    }
                }
            }
        }
    });
}

// An aligned block that fits although one larger by the widest gap would not, with gap and rest.
BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_counted))
BOOST_AUTO_TEST_CASE(aligned_blocks_that_barely_fit_are_bounded) {
    expect_bounded([](section_counter& count) {
        for (std::size_t alignment = 64; alignment <= 64_KiB; alignment *= 2) {
            counted_heap heap{count, 1_MiB};
            void* shift = heap.memory.allocate(16);
            const std::size_t free = 6 * alignment;
            void* room = heap.memory.allocate(free);
            heap.fill();
            heap.memory.deallocate(room, free);
            heap.memory.deallocate(shift, 16);
            for (std::size_t wanted = 5 * alignment - 96; wanted < free; wanted += alignment / 4) {
                if (void* block = heap.take({wanted, alignment})) {
                    heap.free(block, {wanted, alignment});
                }
            }
        }
    });
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_counted))
BOOST_AUTO_TEST_CASE(random_programs_are_bounded) {
    expect_bounded([](section_counter& count) {
        for (std::uint64_t seed = 1; seed != 5; ++seed) {
            tests::random random{seed};
            counted_heap heap{count, std::size_t{16_KiB} << 2 * seed};
            std::vector<std::pair<void*, layout>> blocks;
            std::size_t wanted_blocks = 100;
            for (std::size_t step = tests::operations(4000); step-- != 0;) {
                const bool counted = random.below(16) == 0;  // a step of it takes its time
                if (step % 500 == 0) {
                    wanted_blocks = random.below(400 * seed);
                }
                if (blocks.size() < wanted_blocks) {
                    const layout as{random.below(random.power_of_two(15)),
                                    random.below(3) == 0 ? random.power_of_two(13) : 8};
                    void* block = counted ? heap.take(as) : heap.memory.try_allocate(as);
                    if (block != nullptr) {
                        blocks.emplace_back(block, as);
                        continue;
                    }
                }
                if (!blocks.empty()) {
                    std::swap(blocks[random.below(blocks.size())], blocks.back());
                    const auto [block, as] = blocks.back();
                    blocks.pop_back();
                    if (counted) {
                        heap.free(block, as);
                    } else {
                        heap.memory.deallocate(block, as.size, as.alignment);
                    }
                }
            }
        }
    });
}
