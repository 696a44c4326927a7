// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory_resource>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include <strata/adaptors/limit_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/forwarding.hpp"

BOOST_AUTO_TEST_SUITE(limit_resource_test)

namespace {

using failure = strata::checking_resource::failure;

// The heap, with the most that was ever live there: counted last in and first out, so that the
// figure is never below the truth.
class gauge : public strata::resource {
public:
    [[nodiscard]] std::string_view do_name() const noexcept override { return "gauge"; }

    std::atomic<std::size_t> most_bytes = 0;
    std::atomic<std::size_t> most_blocks = 0;

private:
    static void raise(std::atomic<std::size_t>& most, std::size_t to) {
        for (std::size_t seen = most; seen < to && !most.compare_exchange_weak(seen, to);) {
        }
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        raise(most_bytes, bytes_ += bytes);
        raise(most_blocks, ++blocks_);
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
        bytes_ -= bytes;
        --blocks_;
    }

    std::atomic<std::size_t> bytes_ = 0;
    std::atomic<std::size_t> blocks_ = 0;
};

template <class Work>
void in_threads(unsigned count, const Work& work) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i != count; ++i) {
        threads.emplace_back(work, i);
    }
    for (std::thread& each : threads) {
        each.join();
    }
}

}  // namespace

static_assert(strata::limit{} ==
              strata::limit{.bytes = tests::size_max, .blocks = tests::size_max});
static_assert(strata::limit{.bytes = 1} != strata::limit{.blocks = 1});
static_assert(std::is_base_of_v<std::bad_alloc, strata::limit_exceeded>);
static_assert(std::is_nothrow_copy_constructible_v<strata::limit_exceeded>);

BOOST_AUTO_TEST_CASE(what_is_within_the_limit_passes_unchanged) {
    strata::checking_resource upstream;
    strata::limit_resource unlimited{&upstream};
    tests::check_forwarding(unlimited, upstream);
    strata::limit_resource roomy{strata::limit{.bytes = 10'000, .blocks = 10}, &upstream};
    tests::check_forwarding(roomy, upstream);
    BOOST_TEST(roomy.usage().live_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(bytes_are_limited_to_the_last) {
    strata::checking_resource upstream;
    strata::limit_resource memory{strata::limit{.bytes = 100}, &upstream};
    void* most = memory.allocate(60);
    void* rest = memory.allocate(40);
    BOOST_CHECK_THROW((void)memory.allocate(1), strata::limit_exceeded);
    BOOST_TEST(upstream.requests().size() == 2u);
    memory.deallocate(rest, 40);
    BOOST_CHECK_THROW((void)memory.allocate(41), strata::limit_exceeded);
    rest = memory.allocate(40);
    memory.deallocate(most, 60);
    memory.deallocate(rest, 40);
    BOOST_CHECK_THROW((void)memory.allocate(101), strata::limit_exceeded);
    memory.deallocate(memory.allocate(100), 100);
}

BOOST_AUTO_TEST_CASE(blocks_are_limited_empty_ones_too) {
    strata::checking_resource upstream;
    upstream.allow_zero_sizes();
    strata::limit_resource memory{strata::limit{.blocks = 2}, &upstream};
    void* one = memory.allocate(0);
    void* two = memory.allocate(1'000'000);
    BOOST_CHECK_THROW((void)memory.allocate(0), strata::limit_exceeded);
    BOOST_TEST(memory.usage().live_bytes.value() == 1'000'000u);
    BOOST_TEST(memory.usage().live_blocks.value() == 2u);
    memory.deallocate(one, 0);
    one = memory.allocate(3);
    memory.deallocate(one, 3);
    memory.deallocate(two, 1'000'000);
}

BOOST_AUTO_TEST_CASE(a_limit_of_nothing_admits_nothing_but_empty_blocks) {
    strata::checking_resource upstream;
    upstream.allow_zero_sizes();
    strata::limit_resource no_bytes{strata::limit{.bytes = 0}, &upstream};
    BOOST_CHECK_THROW((void)no_bytes.allocate(1), strata::limit_exceeded);
    no_bytes.deallocate(no_bytes.allocate(0), 0);
    strata::limit_resource no_blocks{strata::limit{.blocks = 0}, &upstream};
    BOOST_CHECK_THROW((void)no_blocks.allocate(0), strata::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(the_error_names_its_figures) {
    strata::fixed_buffer_resource<4096> upstream;
    const auto error_of = [&](strata::limit of) {
        strata::limit_resource memory{of, &upstream};
        void* used = memory.allocate(960);
        try {
            (void)memory.allocate(128, 64);
        } catch (const strata::limit_exceeded& refused) {
            memory.deallocate(used, 960);
            return refused;
        }
        throw std::logic_error{"nothing was refused"};
    };
    const strata::limit_exceeded both = error_of({.bytes = 1000, .blocks = 10});
    BOOST_TEST(both.what() == "strata: the limit has no room for 128 B (aligned to 64 B): "
                              "960 B of 1000 B, 1 blocks of 10 in use");
    BOOST_TEST(both.asked() == (strata::layout{128, 64}));
    BOOST_TEST(both.used_bytes() == 960u);
    BOOST_TEST(both.used_blocks() == 1u);
    BOOST_TEST((both.limit() == strata::limit{.bytes = 1000, .blocks = 10}));
    BOOST_TEST(error_of({.bytes = 1000}).what() ==
               "strata: the limit has no room for 128 B (aligned to 64 B): 960 B of 1000 B in use");
    BOOST_TEST(error_of({.blocks = 1}).what() ==
               "strata: the limit has no room for 128 B (aligned to 64 B): 1 blocks of 1 in use");
}

BOOST_AUTO_TEST_CASE(the_error_has_room_for_the_largest_figures) {
    constexpr std::size_t most = tests::size_max - 1;
    const strata::limit_exceeded error{
        {most, most}, most, most, strata::limit{.bytes = most, .blocks = most}};
    BOOST_TEST(std::string_view{error.what()}.ends_with(" in use"));
}

BOOST_AUTO_TEST_CASE(nothing_wraps) {
    strata::checking_resource upstream;
    strata::limit_resource limited{strata::limit{.bytes = tests::size_max - 1}, &upstream};
    void* block = limited.allocate(64);
    tests::check_huge_sizes(limited);
    for (const std::size_t size : {tests::size_max - 64, tests::size_max}) {  // would wrap
        BOOST_CHECK_THROW((void)limited.allocate(size), strata::limit_exceeded);
    }
    BOOST_TEST(limited.usage().live_bytes.value() == 64u);
    limited.deallocate(block, 64);

    strata::limit_resource unlimited{&upstream};
    block = unlimited.allocate(64);
    tests::check_huge_sizes(unlimited);  // the upstream's refusal
    BOOST_TEST(unlimited.usage().live_bytes.value() == 64u);
    unlimited.deallocate(block, 64);
}

BOOST_AUTO_TEST_CASE(what_the_upstream_throws_passes_and_takes_no_room) {
    strata::checking_resource upstream;
    strata::limit_resource memory{strata::limit{.bytes = 100, .blocks = 1}, &upstream};
    upstream.fail_at(1, failure::injected);
    const auto is_the_upstreams = [](const strata::injected_failure& failed) {
        return failed.asked() == strata::layout{100, 4};
    };
    BOOST_CHECK_EXCEPTION((void)memory.allocate(100, 4),
                          strata::injected_failure, is_the_upstreams);
    upstream.fail_at(1, failure::foreign);
    BOOST_CHECK_THROW((void)memory.allocate(100), strata::checking_resource::foreign_failure);
    memory.deallocate(memory.allocate(100), 100);
}

BOOST_AUTO_TEST_CASE(room_is_free_only_after_the_upstream_took_the_block_back) {
    class : public strata::resource {
    public:
        [[nodiscard]] std::string_view do_name() const noexcept override { return "watching"; }
        std::vector<std::size_t> seen;
        strata::resource* user = nullptr;

    private:
        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            seen.push_back(user->usage().live_bytes.value());
            return strata::system_heap()->allocate(bytes, alignment);
        }
        void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
            seen.push_back(user->usage().live_bytes.value());
            strata::system_heap()->deallocate(block, bytes, alignment);
        }
    } upstream;
    strata::limit_resource memory{strata::limit{.bytes = 100}, &upstream};
    upstream.user = &memory;
    memory.deallocate(memory.allocate(40), 40);
    BOOST_TEST(upstream.seen == (std::vector<std::size_t>{40, 40}));
    BOOST_TEST(memory.usage().live_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(try_allocate_returns_null_and_takes_no_room) {
    strata::fixed_buffer_resource<256> upstream;
    strata::limit_resource memory{strata::limit{.bytes = 1000, .blocks = 1}, &upstream};
    static_assert(noexcept(memory.try_allocate({1, 1})));
    BOOST_TEST(memory.try_allocate({1001, 1}) == nullptr);  // the limit's refusal
    BOOST_TEST(memory.try_allocate({1000, 1}) == nullptr);  // the upstream's
    void* block = memory.try_allocate({256, 1});
    BOOST_TEST(block != nullptr);
    BOOST_TEST(memory.try_allocate({0, 1}) == nullptr);  // too many blocks
    memory.deallocate(block, 256, 1);
    BOOST_TEST(memory.usage().live_bytes.value() == 0u);
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
}

// What is in use is read with the refusal itself: an instant later the others may have freed all.
BOOST_AUTO_TEST_CASE(a_refusal_says_what_was_in_use) {
    strata::limit_resource memory{strata::limit{.bytes = 1000, .blocks = 3}, strata::system_heap()};
    std::atomic<int> refused = 0;
    std::atomic<int> untrue = 0;
    void* const held = memory.allocate(600, 8);
    in_threads(4, [&](unsigned thread) {
        const std::size_t size = 150 * (thread + 1);
        for (int i = 0; i != 20'000; ++i) {
            try {
                memory.deallocate(memory.allocate(size, 8), size, 8);
            } catch (const strata::limit_exceeded& error) {
                ++refused;
                untrue += error.used_bytes() + size <= 1000 && error.used_blocks() < 3;
            }
        }
    });
    memory.deallocate(held, 600, 8);
    BOOST_TEST(untrue == 0);
    BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_CASE(threads_never_overshoot) {
    for (const strata::limit of : {strata::limit{.bytes = 1000}, strata::limit{.blocks = 5},
                                   strata::limit{.bytes = 1000, .blocks = 5}}) {
        gauge upstream;
        strata::limit_resource memory{of, &upstream};
        std::atomic<std::size_t> served = 0;
        in_threads(4, [&](unsigned thread) {
            const std::size_t size = 150 * (thread + 1);
            for (int i = 0; i != 5000; ++i) {
                std::array<void*, 3> blocks{};
                std::size_t count = 0;
                try {
                    for (; count != blocks.size(); ++count) {
                        blocks[count] = memory.allocate(size);
                        ++served;
                    }
                } catch (const strata::limit_exceeded&) {
                }
                while (count != 0) {
                    memory.deallocate(blocks[--count], size);
                }
            }
        });
        BOOST_TEST(upstream.most_bytes <= of.bytes);
        BOOST_TEST(upstream.most_blocks <= of.blocks);
        BOOST_TEST(served > 0u);
        BOOST_TEST(memory.usage().live_bytes.value() == 0u);
        BOOST_TEST(memory.usage().live_blocks.value() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(requests_that_are_too_big_disturb_no_others) {
    strata::limit_resource memory{strata::limit{.bytes = 1000, .blocks = 2}, strata::system_heap()};
    std::atomic<bool> done = false;
    std::atomic<int> wrong = 0;
    in_threads(2, [&](unsigned thread) {
        if (thread == 0) {
            for (int i = 0; i != 20'000; ++i) {
                void* block = memory.try_allocate({900, 1});
                wrong += block == nullptr ? 1 : 0;
                memory.deallocate(block, 900, 1);
            }
            done = true;
        }
        while (!done) {
            wrong += memory.try_allocate({1001, 1}) != nullptr ? 1 : 0;
        }
    });
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(requests_that_nobody_can_meet_disturb_no_others_without_a_limit) {
    class : public strata::resource {
    public:
        [[nodiscard]] std::string_view do_name() const noexcept override { return "busy"; }
        std::pmr::memory_resource* user = nullptr;

    private:
        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            if (bytes > 1000) {  // as another thread would meanwhile
                user->deallocate(user->allocate(900), 900);
                throw std::bad_alloc{};
            }
            return strata::system_heap()->allocate(bytes, alignment);
        }
        void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
            strata::system_heap()->deallocate(block, bytes, alignment);
        }
    } upstream;
    strata::limit_resource memory{strata::limit{.blocks = 3}, &upstream};
    upstream.user = &memory;
    const auto is_the_upstreams = [](const std::bad_alloc& error) {
        return dynamic_cast<const strata::limit_exceeded*>(&error) == nullptr;
    };
    BOOST_CHECK_EXCEPTION((void)memory.allocate(tests::size_max - 10), std::bad_alloc,
                          is_the_upstreams);
    BOOST_TEST(memory.usage().live_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(it_says_what_it_is) {
    strata::checking_resource upstream;
    strata::limit_resource memory{strata::limit{.bytes = 64}, &upstream};
    static_assert(std::is_same_v<decltype(memory.upstream_resource()), strata::checking_resource*>);
    BOOST_TEST(memory.name() == "limit");
    BOOST_TEST(memory.upstream_resource() == &upstream);
    BOOST_TEST(memory.upstream(0) == &upstream);
    BOOST_TEST(memory.upstream(1) == nullptr);
    BOOST_TEST((memory.options() == strata::limit{.bytes = 64}));
    void* block = memory.allocate(64);
    BOOST_TEST(memory.owns(block) == strata::ownership::yes);
    BOOST_TEST(memory.owns(&memory) == strata::ownership::no);
    memory.deallocate(block, 64);

    strata::limit_resource standard;
    BOOST_TEST(standard.upstream_resource() == std::pmr::get_default_resource());
    BOOST_TEST(!standard.is_equal(strata::limit_resource{}));
}

BOOST_AUTO_TEST_CASE(it_is_a_layer_of_a_stack) {
    strata::stack memory{strata::limit{.bytes = 100}, strata::fixed_buffer<1024>{}};
    void* block = memory.allocate(100);
    BOOST_CHECK_THROW((void)memory.allocate(1), strata::limit_exceeded);
    BOOST_TEST(memory.get<strata::limit>().usage().live_bytes.value() == 100u);
    memory.deallocate(block, 100);
}

BOOST_AUTO_TEST_SUITE_END()
