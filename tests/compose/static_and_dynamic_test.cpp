// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include <strata/strata.hpp>

BOOST_AUTO_TEST_SUITE(static_and_dynamic_test)

// The same composition as a stack and as text: after the same program both describe themselves
// alike, to the last byte, and give everything back.

using namespace strata::literals;

namespace {

// How much a pool can cut from a chunk depends on where the chunk lies. Here each lies alike.
class even_heap final : public std::pmr::memory_resource {
    static constexpr std::size_t alignment = 64_KiB;

    void* do_allocate(std::size_t bytes, std::size_t /*at_most*/) override {
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* at, std::size_t bytes, std::size_t /*at_most*/) override {
        strata::system_heap()->deallocate(at, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
} bottom;

struct block {
    void* at;
    std::size_t bytes;
};

// Allocates and frees in an order that brings every layer into play; leaves some blocks live.
std::vector<block> run(std::pmr::memory_resource& memory) {
    std::vector<block> live;
    for (std::size_t i = 0; i != 2000; ++i) {
        const std::size_t bytes = 1 + i * 7919 % (i % 10 == 0 ? 20'000 : 300);
        live.push_back({memory.allocate(bytes), bytes});
        if (i % 3 != 0) {
            const std::size_t freed = i * 104'729 % live.size();
            memory.deallocate(live[freed].at, live[freed].bytes);
            live[freed] = live.back();
            live.pop_back();
        }
    }
    return live;
}

void give_back(std::pmr::memory_resource& memory, const std::vector<block>& live) {
    for (const block& each : live) {
        memory.deallocate(each.at, each.bytes);
    }
}

template <class Stack>
void check_alike(Stack& stack, const char* text) {
    BOOST_TEST_CONTEXT(text) {
        auto built = strata::strategy::parse(text).build(&bottom);
        const auto in_stack = run(stack);
        const auto in_built = run(built);
        BOOST_TEST(to_json(strata::describe(stack)) == to_json(strata::describe(built)));
        BOOST_TEST(to_text(strata::describe(stack)) == to_text(strata::describe(built)));
        give_back(stack, in_stack);
        give_back(built, in_built);
        BOOST_TEST(to_json(strata::describe(stack)) == to_json(strata::describe(built)));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_layer) {
    strata::stack heap{strata::heap{}};
    check_alike(heap, "heap");
    strata::stack arena{strata::arena{.first_chunk = 1_KiB, .growth = 1.25, .reuse_last = true},
                        &bottom};
    check_alike(arena, "arena(first_chunk=1KiB, growth=1.25, reuse_last=true)");
    strata::stack pool{strata::pool{.largest_block = 4_KiB, .max_blocks_per_chunk = 100},
                       &bottom};
    check_alike(pool, "pool(largest_block=4KiB, max_blocks_per_chunk=100)");
    static strata::stack buffer{strata::fixed_buffer<4_MiB>{}};  // too large for the call stack
    check_alike(buffer, "fixed_buffer(4MiB)");
    strata::stack mappings{strata::pages{.guard = true}};
    check_alike(mappings, "pages(guard=true)");
    strata::stack range{strata::pages{.reserve = 64_MiB,
                                      .huge = strata::huge_pages::transparent,
                                      .populate = true,
                                      .keep = 128_KiB}};
    check_alike(range, "pages(reserve=64MiB, huge=transparent, populate=true, keep=128KiB)");
}

BOOST_AUTO_TEST_CASE(several_layers) {
    strata::stack counted{strata::stats{}, strata::pool{}, strata::stats{}, &bottom};
    check_alike(counted, "stats > pool > stats");
    strata::stack careful{strata::synchronized{}, strata::limit{.bytes = 1_GiB},
                          strata::retry{.attempts = 2, .callback = {}},
                          strata::basic_stats<strata::counting::single>{}, strata::arena{}, &bottom};
    check_alike(careful,
                "synchronized > limit(bytes=1GiB) > retry(attempts=2) > stats(counting=single) > "
                "arena");
}

BOOST_AUTO_TEST_CASE(branches) {
    strata::stack segregated{
        strata::stats{},
        strata::segregator{strata::up_to{64, 1024}, strata::branch{strata::pool{}, &bottom},
                           strata::branch{strata::stats{}, strata::arena{}, &bottom},
                           strata::heap{}}};
    check_alike(segregated, "stats > segregator(64, 1KiB, pool, stats > arena, heap)");
    strata::stack limited{
        strata::fallback{strata::branch{strata::limit{.bytes = 10_KiB}, strata::pool{}, &bottom},
                         strata::branch{strata::stats{}, strata::heap{}}}};
    check_alike(limited, "fallback(limit(bytes=10KiB) > pool, stats > heap)");
}

BOOST_AUTO_TEST_SUITE_END()
