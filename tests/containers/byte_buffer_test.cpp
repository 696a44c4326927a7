// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <strata/strata.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/for_each_allocation_failure.hpp>

#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(byte_buffer_test)

using strata::byte_buffer;

BOOST_AUTO_TEST_CASE(it_takes_no_memory_until_something_is_written) {
    strata::checking_resource upstream;
    {
        byte_buffer bytes{&upstream};
        BOOST_TEST(bytes.empty());
        BOOST_TEST(bytes.view() == "");
        bytes.append("");
        bytes.shrink_to_fit();
        BOOST_TEST(upstream.allocations() == 0u);
        bytes.push_back('a');
        BOOST_TEST(upstream.allocations() == 1u);
        BOOST_TEST(bytes.capacity() == 32u);
    }
    BOOST_TEST(upstream.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_appended_is_there) {
    byte_buffer bytes;
    bytes.append("GET ").append("/index").append(3, '!').push_back('\n');
    BOOST_TEST(bytes.view() == "GET /index!!!\n");
    bytes.append(bytes);
    BOOST_TEST(bytes.view() == "GET /index!!!\nGET /index!!!\n");
    bytes.append(bytes.view().substr(4, 6)).append(bytes);
    BOOST_TEST(bytes.view() == "GET /index!!!\nGET /index!!!\n/indexGET /index!!!\nGET /index!!!\n/index");
    bytes.clear();
    BOOST_TEST(bytes.empty());
}

BOOST_AUTO_TEST_CASE(room_can_be_written_to_and_counted_afterwards) {
    byte_buffer bytes;
    const std::span<char> room = bytes.room_for(100);
    BOOST_TEST(room.size() == 100u);
    std::ranges::fill(room, 'x');
    bytes.append_written(60);
    BOOST_TEST(bytes.view() == std::string(60, 'x'));
}

BOOST_AUTO_TEST_CASE(over_an_arena_it_grows_in_one_block) {
    strata::checking_resource upstream;
    strata::arena_resource arena{strata::arena{.first_chunk = 100'000}, &upstream};
    byte_buffer bytes{&arena};
    bytes.append("x");
    const void* const where = bytes.data();
    for (int i = 0; i != 10'000; ++i) {
        bytes.append("12345678");
    }
    BOOST_TEST(static_cast<const void*>(bytes.data()) == where);
    BOOST_TEST(upstream.allocations() == 1u);
    bytes.shrink_to_fit();
    BOOST_TEST(bytes.capacity() == 80'001u);
    BOOST_TEST(arena.usage().used_bytes.value() == 80'001u);
}

BOOST_AUTO_TEST_CASE(where_there_is_no_room_for_twice_as_much_it_takes_what_it_needs) {
    strata::fixed_buffer_resource<1000> memory;
    byte_buffer bytes{&memory};
    bytes.append(900, 'a');
    bytes.append(100, 'b');
    BOOST_TEST(bytes.capacity() == 1000u);
    BOOST_CHECK_THROW(bytes.push_back('c'), std::bad_alloc);
    BOOST_TEST(bytes.size() == 1000u);
    BOOST_TEST(bytes.view().back() == 'b');
}

BOOST_AUTO_TEST_CASE(where_there_is_no_block_twice_as_large_it_takes_a_smaller_one) {
    strata::fixed_buffer_resource<100> memory;
    byte_buffer bytes{std::string(40, 'a'), &memory};
    (void)memory.allocate(1, 1);  // so that it cannot grow
    bytes.append("bbb");
    BOOST_TEST(bytes.capacity() == 43u);
    BOOST_TEST(bytes.view() == std::string(40, 'a') + "bbb");
}

BOOST_AUTO_TEST_CASE(a_resource_of_another_library_is_asked_for_blocks) {
    byte_buffer bytes{std::pmr::new_delete_resource()};
    for (int i = 0; i != 1000; ++i) {
        bytes.append("12345678");
    }
    BOOST_TEST(bytes.size() == 8000u);
    BOOST_TEST(bytes.capacity() == 8192u);
}

BOOST_AUTO_TEST_CASE(it_uses_all_that_a_pool_has_for_the_block) {
    strata::pool_resource pool;
    byte_buffer bytes{&pool};
    bytes.reserve(100);
    BOOST_TEST(bytes.capacity() == (strata::detail::is_watched() ? 100u : 104u));
    bytes.reset();
    BOOST_TEST(pool.usage().used_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(copies_and_moves_are_those_of_a_pmr_string) {
    strata::checking_resource first;
    strata::checking_resource second;
    {
        byte_buffer one{"a text of more than thirty-two characters", &first};
        byte_buffer copy{one};
        BOOST_TEST(copy == one);
        BOOST_TEST(copy.get_allocator().resource() == std::pmr::get_default_resource());
        byte_buffer moved{std::move(one)};
        BOOST_TEST(moved.get_allocator().resource() == &first);
        BOOST_TEST(first.allocations() == 1u);
        byte_buffer elsewhere{std::move(moved), &second};
        BOOST_TEST(elsewhere == copy);
        BOOST_TEST(second.allocations() == 1u);
        byte_buffer assigned{&second};
        assigned = std::move(elsewhere);
        BOOST_TEST(second.allocations() == 1u);
        assigned = copy;
        BOOST_TEST(assigned == copy);
        assigned = *&assigned;
        assigned = std::move(*&assigned);
        BOOST_TEST(assigned == copy);
        byte_buffer other{"short", &second};
        swap(assigned, other);
        BOOST_TEST(assigned.view() == "short");
        BOOST_TEST(other == copy);
    }
    BOOST_TEST(first.live_blocks() + second.live_blocks() == 0u);
    BOOST_TEST(first.errors().empty());
    BOOST_TEST(second.errors().empty());
}

BOOST_AUTO_TEST_CASE(containers_hand_it_their_resource) {
    strata::checking_resource memory;
    {
        std::pmr::vector<byte_buffer> lines{&memory};
        lines.emplace_back("a text of more than thirty-two characters");
        BOOST_TEST(lines.front().get_allocator().resource() == &memory);
    }
    BOOST_TEST(memory.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(too_much_is_a_length_error_that_changes_nothing) {
    byte_buffer bytes{"text"};
    BOOST_CHECK_THROW(bytes.append(byte_buffer::max_size(), 'x'), std::length_error);
    BOOST_TEST(bytes.view() == "text");
}

BOOST_AUTO_TEST_CASE(a_failure_of_the_resource_changes_nothing) {
    strata::checking_resource upstream;
    {
        byte_buffer bytes{"text", &upstream};
        upstream.fail_from(1);
        BOOST_CHECK_THROW(bytes.append(1000, 'x'), std::bad_alloc);
        upstream.never_fail();
        BOOST_TEST(bytes.view() == "text");
        bytes.append(1000, 'x');
        BOOST_TEST(bytes.size() == 1004u);
    }
    BOOST_TEST(upstream.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(it_holds_what_a_string_would_on_every_kind_of_resource) {
    for (const char* const text :
         {"heap", "pool", "arena", "arena(reuse_last=true)", "pages(reserve=1MiB)",
          "bounded_time(capacity=4MiB)", "concurrent_pool", "concurrent_arena",
          "stats > limit(bytes=64MiB) > pool", "debug(stack_depth=0) > pool",
          "segregator(512, pool, heap)", "fallback(bounded_time(capacity=4KiB), heap)",
          "fallback(heap, heap)", "synchronized > pool(largest_block=64)"}) {
        BOOST_TEST_CONTEXT(text) {
            auto memory = strata::strategy::parse(text).build();
            std::string model;
            byte_buffer bytes{&memory};
            byte_buffer other{&memory};  // so that blocks of the first have others behind them
            tests::random random{7};
            for (int i = 0; i != 2000; ++i) {
                const std::size_t count = random.below(40);
                switch (random.below(20)) {
                    case 0:
                        bytes.shrink_to_fit();
                        break;
                    case 1:
                        other.append(count, 'o');
                        break;
                    case 2:
                        bytes.reserve(bytes.size() + 8 * count);
                        break;
                    default:
                        bytes.append(count, static_cast<char>('a' + i % 26));
                        model.append(count, static_cast<char>('a' + i % 26));
                }
            }
            BOOST_TEST(bytes.view() == model);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
