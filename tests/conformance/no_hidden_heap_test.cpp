// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE no_hidden_heap
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <memory_resource>
#include <new>
#include <vector>

#include <strata/testing/checking_resource.hpp>

#include "counted_heap.hpp"
#include "dice.hpp"
#include "recipe.hpp"
#include "support/memcheck.hpp"

// All memory, bookkeeping included, comes from the upstream: neither operator new nor malloc is
// called while a resource is at work.

#ifdef STRATA_HEAP_IS_COUNTED

namespace {

namespace heap_calls = conformance::heap_calls;

/// An upstream whose own use of the heap is not held against anybody.
class uncounted_upstream : public std::pmr::memory_resource {
public:
    strata::checking_resource memory;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const heap_calls::counting_is off{false};
        return memory.allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const heap_calls::counting_is off{false};
        memory.deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

struct live_block {
    void* at;
    strata::layout asked;
};

/// Allocates and frees at random, within what `live` has reserved; returns how often it was
/// refused.
std::size_t exercise(std::pmr::memory_resource& memory, std::vector<live_block>& live) {
    std::size_t refused = 0;
    conformance::dice chance{conformance::seed()};
    for (int i = 0; i != 3000; ++i) {
        if (live.size() == live.capacity() || (!live.empty() && chance.one_in(3))) {
            const live_block freed = live.back();
            live.pop_back();
            memory.deallocate(freed.at, freed.asked.size, freed.asked.alignment);
            continue;
        }
        const strata::layout wanted = chance.any_layout();
        try {
            live.push_back({memory.allocate(wanted.size, wanted.alignment), wanted});
        } catch (const std::bad_alloc&) {
            ++refused;
        }
    }
    for (const live_block& each : live) {
        memory.deallocate(each.at, each.asked.size, each.asked.alignment);
    }
    return refused;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_counters_count, *boost::unit_test::precondition(tests::without_memcheck)) {
    heap_calls::news = heap_calls::mallocs = 0;
    {
        const heap_calls::counting_is on{true};
        ::operator delete(::operator new(1));
        void* volatile block = std::malloc(1);
        std::free(block);
    }
    BOOST_TEST(heap_calls::news == 1U);
    BOOST_TEST(heap_calls::mallocs == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_but_the_upstream_is_called,
                     *boost::unit_test::precondition(tests::without_memcheck)) {
    // With a thread's first exception, libc++abi takes memory that it keeps for the next.
    BOOST_CHECK_THROW(throw std::bad_alloc{}, std::bad_alloc);
    for (const conformance::recipe& recipe : conformance::recipes()) {
        if (recipe.ends_on_heap) {
            continue;
        }
        uncounted_upstream upstream;
        upstream.memory.allow_zero_sizes();
        std::vector<live_block> live;
        live.reserve(500);
        std::size_t refused = 0;
        {
            conformance::instance tested = recipe.make(&upstream);
            heap_calls::news = heap_calls::mallocs = 0;
            const heap_calls::counting_is on{true};
            refused = exercise(tested.memory(), live);
            tested.release();
        }
        BOOST_TEST_CONTEXT(recipe.name) {
            BOOST_TEST(heap_calls::news == 0U);
            // What an exception is made of is not the resource's. Those caught within are not seen.
            BOOST_TEST((heap_calls::mallocs == refused || recipe.refuses_within));
            BOOST_TEST(upstream.memory.live_blocks() == 0U);
        }
    }
}

#else

BOOST_AUTO_TEST_CASE(the_heap_is_not_counted_here) {
    BOOST_TEST_MESSAGE("skipped: only without a sanitizer, and with glibc");
}

#endif
