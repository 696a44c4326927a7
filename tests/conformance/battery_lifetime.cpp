// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <memory_resource>
#include <new>

#include <strata/sources/heap_resource.hpp>

#include "battery.hpp"
#include "dice.hpp"
#include "subject.hpp"

namespace conformance {
namespace {

void take_some(subject& tested, dice& chance) {
    for (int i = 0; i != 300; ++i) {
        tested.take(chance.any_layout());
    }
}

// Construction and destruction are, and so is the release of what holds nothing.
void unused_is_quiet(const recipe& of) {
    strata::checking_resource upstream;
    {
        instance made = of.make(&upstream);
        made.release();
    }
    BOOST_TEST(upstream.requests().empty());
    BOOST_TEST(upstream.deallocations() == 0U);
    BOOST_TEST(upstream.errors().empty());
}

void over_null_upstream(const recipe& of) {
    instance made = of.make(std::pmr::null_memory_resource());
    BOOST_CHECK_THROW((void)made.memory().allocate(8, 8), std::bad_alloc);
    BOOST_CHECK_THROW((void)made.memory().allocate(100'000, 8), std::bad_alloc);
}

void release_returns_all(const recipe& of) {
    subject tested{of};
    dice chance{seed()};
    for (int round = 0; round != 5; ++round) {
        take_some(tested, chance);
        tested.release();
        tested.release();
    }
}

void release_after_partial_free(const recipe& of) {
    subject tested{of};
    dice chance{seed()};
    for (int round = 0; round != 5; ++round) {
        take_some(tested, chance);
        while (tested.blocks().size() > 50) {
            tested.give_back(chance.below(tested.blocks().size()));
        }
        tested.release();
    }
}

void destruction_returns_all(const recipe& of) {
    subject tested{of};
    dice chance{seed()};
    take_some(tested, chance);
    tested.finish();
}

void equality_is_identity(const recipe& of) {
    strata::checking_resource upstream;
    const instance made = of.make(&upstream);
    const instance other = of.make(&upstream);
    BOOST_TEST((made.memory() == made.memory()));
    // All heaps are one.
    const bool is_heap = made.memory().is_equal(*strata::system_heap());
    BOOST_TEST((made.memory() == other.memory()) == is_heap);
    BOOST_TEST(!made.memory().is_equal(upstream));
    BOOST_TEST(!upstream.is_equal(made.memory()));
    BOOST_TEST(!made.memory().is_equal(*std::pmr::new_delete_resource()));
    BOOST_TEST(upstream.requests().empty());
}

}  // namespace

std::vector<check> lifetime_checks() {
    return {
        {"unused_is_quiet", unused_is_quiet},
        {"over_null_upstream", over_null_upstream,
         [](const recipe& of) { return of.has_upstream && !of.has_buffer; }},
        {"release_returns_all", release_returns_all, can_release},
        {"release_after_partial_free", release_after_partial_free, can_release},
        {"destruction_returns_all", destruction_returns_all},
        {"equality_is_identity", equality_is_identity},
    };
}

}  // namespace conformance
