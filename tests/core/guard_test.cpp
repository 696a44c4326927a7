// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <functional>
#include <memory_resource>
#include <new>
#include <string>

#include <strata/strata.hpp>

#include "support/joined_thread.hpp"
#include "support/misuse_recorder.hpp"

BOOST_AUTO_TEST_SUITE(guard_test)

// What the resources that carve memory find in a checked build, and with no tool but their own
// eyes. Under a tool they find the same and more, so all of this holds there too.

using strata::arena;
using strata::arena_resource;
using strata::bounded_time_resource;
using strata::concurrent_arena_resource;
using strata::concurrent_pool_resource;
using strata::fixed_buffer_resource;
using strata::page_resource;
using strata::pool_resource;

namespace {

/// An upstream in which another thread gets the chance to use the resource above.
class upstream_with_a_visitor : public std::pmr::memory_resource {
public:
    std::function<void()> visitor;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (const auto call = std::exchange(visitor, nullptr)) {
            tests::joined_thread{call};
        }
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

/// A source, to be made like the others.
struct buffer_resource : fixed_buffer_resource<4096> {
    explicit buffer_resource(std::pmr::memory_resource* /*upstream*/) {}
};
struct some_pages : page_resource {
    explicit some_pages(std::pmr::memory_resource* /*upstream*/)
        : page_resource{strata::pages{.reserve = 1 << 20}} {}
};

using of_one_thread = boost::mpl::list<arena_resource, pool_resource, bounded_time_resource>;
using all = boost::mpl::list<arena_resource, pool_resource, bounded_time_resource,
                             concurrent_arena_resource, concurrent_pool_resource, buffer_resource,
                             some_pages>;
using all_that_know_their_memory =
    boost::mpl::list<arena_resource, pool_resource, bounded_time_resource,
                     concurrent_arena_resource, concurrent_pool_resource, buffer_resource>;

constexpr bool is_checked = strata::checked;

bool is_reported(const tests::misuse_recorder& recorded, const std::string& by,
                 const std::string& what) {
    return recorded.messages().size() == 1 && recorded.messages()[0].starts_with(by + ": ") &&
           recorded.messages()[0].find(what) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(in_checked_builds,
                      *boost::unit_test::enable_if<is_checked>())

BOOST_AUTO_TEST_CASE_TEMPLATE(two_threads_inside_are_reported, Resource, of_one_thread) {
    upstream_with_a_visitor below;
    Resource memory{&below};
    const tests::misuse_recorder recorded;
    // The other thread does not get as far as to change anything: nothing fits so many bytes.
    below.visitor = [&] {
        BOOST_CHECK_THROW(static_cast<void>(memory.allocate(std::size_t(-1))), std::bad_alloc);
    };
    void* block = memory.allocate(10);
    BOOST_TEST(is_reported(recorded, std::string{memory.name()}, "two threads inside at once"));
    memory.deallocate(block, 10);
    BOOST_TEST(recorded.messages().size() == 1u);
}

using of_quick_calls = boost::mpl::list<arena_resource, pool_resource>;

// The quick paths could serve the other thread: they must not.
BOOST_AUTO_TEST_CASE_TEMPLATE(quick_calls_beside_another_thread_are_reported, Resource,
                              of_quick_calls) {
    upstream_with_a_visitor below;
    Resource memory{&below};
    void* const first = memory.allocate(10);
    memory.deallocate(memory.allocate(10), 10);
    const tests::misuse_recorder recorded;
    below.visitor = [&] { memory.deallocate(memory.allocate(10), 10); };
    void* const large = memory.allocate(100'000);
    BOOST_TEST(recorded.messages().size() == 2u);
    for (const std::string& each : recorded.messages()) {
        BOOST_TEST(each.find("two threads inside at once") != std::string::npos, each);
    }
    memory.deallocate(large, 100'000);
    memory.deallocate(first, 10);
    BOOST_TEST(recorded.messages().size() == 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(threads_in_turn_are_not, Resource, all) {
    Resource memory{std::pmr::new_delete_resource()};
    const tests::misuse_recorder recorded;
    void* block = memory.allocate(10);
    tests::joined_thread{[&] { memory.deallocate(block, 10); }}.join();
    tests::joined_thread{[&] { block = memory.allocate(10); }}.join();
    memory.deallocate(block, 10);
    BOOST_TEST(recorded.messages().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_alignment_that_is_none_is_reported_and_refused, Resource, all) {
    Resource memory{std::pmr::new_delete_resource()};
    for (const std::size_t alignment : {0, 3, 24}) {
        const tests::misuse_recorder recorded;
        BOOST_CHECK_THROW(static_cast<void>(memory.allocate(8, alignment)), std::bad_alloc);
        BOOST_TEST(is_reported(recorded, std::string{memory.name()}, "no power of two"));
    }
    memory.deallocate(memory.allocate(8, 8), 8, 8);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_free_of_a_foreign_block_is_reported_and_does_nothing, Resource,
                              all_that_know_their_memory) {
    Resource memory{std::pmr::new_delete_resource()};
    void* own = memory.allocate(100);
    const auto before = memory.usage().used_bytes;
    alignas(16) std::byte elsewhere[128] = {};
    for (void* block : {static_cast<void*>(elsewhere), static_cast<void*>(nullptr)}) {
        const tests::misuse_recorder recorded;
        memory.deallocate(block, 100);
        BOOST_TEST(is_reported(recorded, std::string{memory.name()}, "deallocate of"));
    }
    BOOST_TEST((memory.usage().used_bytes == before));
    BOOST_TEST((elsewhere[0] == std::byte{}));
    memory.deallocate(own, 100);
}

BOOST_AUTO_TEST_CASE(a_pool_knows_the_block_freed_last) {
    pool_resource memory{std::pmr::new_delete_resource()};
    void* block = memory.allocate(100);
    memory.deallocate(block, 100);
    const tests::misuse_recorder recorded;
    memory.deallocate(block, 100);
    BOOST_TEST(is_reported(recorded, "pool", "deallocate of"));
    BOOST_TEST(memory.allocate(100) == block);
    BOOST_TEST(memory.allocate(100) != block);
}

using pools = boost::mpl::list<pool_resource, concurrent_pool_resource>;

BOOST_AUTO_TEST_CASE_TEMPLATE(a_large_block_freed_with_another_size_is_reported, Pool, pools) {
    Pool memory{std::pmr::new_delete_resource()};
    void* block = memory.allocate(100'000);
    {
        const tests::misuse_recorder recorded;
        memory.deallocate(block, 50'000);
        BOOST_TEST(is_reported(recorded, std::string{memory.name()}, "50000 bytes"));
    }
    memory.deallocate(block, 100'000);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(calls_within_calls_of_the_same_thread_are_no_misuse) {
    struct nested : std::pmr::memory_resource {
        std::function<void()> inside;

        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            inside();
            return std::pmr::new_delete_resource()->allocate(bytes, alignment);
        }
        void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
            std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
        }
        [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
            return this == &other;
        }
    } below;
    arena_resource memory{&below};
    below.inside = [&] { static_cast<void>(memory.mark()); };
    const tests::misuse_recorder recorded;
    static_cast<void>(memory.allocate(10));
    static_cast<void>(memory.allocate(10));
    BOOST_TEST(recorded.messages().empty());
}

BOOST_AUTO_TEST_SUITE_END()
