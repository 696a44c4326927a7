// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/adaptors/limit_resource.hpp>
#include <strata/adaptors/retry_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/finding_recorder.hpp"
#include "support/forwarding.hpp"

BOOST_AUTO_TEST_SUITE(retry_resource_test)

namespace {

using checking = strata::checking_resource;
using failure = checking::failure;

// Installs a handler for `std::get_new_handler` while it lives.
class scoped_new_handler {
public:
    explicit scoped_new_handler(std::new_handler handler)
        : previous_{std::set_new_handler(handler)} {}
    scoped_new_handler(const scoped_new_handler&) = delete;
    scoped_new_handler& operator=(const scoped_new_handler&) = delete;
    ~scoped_new_handler() { std::set_new_handler(previous_); }

private:
    std::new_handler previous_;
};

// A callback that says yes, and how often it was asked.
struct yes {
    std::vector<std::pair<strata::layout, unsigned>>& asked;

    bool operator()(strata::layout wanted, unsigned attempt) const {
        asked.emplace_back(wanted, attempt);
        return true;
    }
};

int handler_calls = 0;

}  // namespace

BOOST_AUTO_TEST_CASE(everything_passes_unchanged) {
    checking upstream;
    strata::retry_resource memory{&upstream};
    tests::check_forwarding(memory, upstream);
    tests::check_huge_sizes(memory);
}

BOOST_AUTO_TEST_CASE(the_callback_is_asked_after_each_failure_but_the_last) {
    for (const std::size_t failures : {0U, 1U, 2U, 3U}) {
        checking upstream;
        std::vector<std::pair<strata::layout, unsigned>> asked;
        const auto frees = [&](strata::layout wanted, unsigned attempt) {
            if (attempt == failures) {
                upstream.never_fail();
            }
            return yes{asked}(wanted, attempt);
        };
        strata::retry_resource memory{strata::retry{.attempts = 4, .callback = frees}, &upstream};
        if (failures != 0) {
            upstream.fail_from(1);
        }
        memory.deallocate(memory.allocate(40, 32), 40, 32);
        BOOST_TEST(asked.size() == failures);
        for (unsigned i = 0; i != asked.size(); ++i) {
            BOOST_TEST((asked[i] == std::pair{strata::layout{40, 32}, i + 1}));
        }
        BOOST_TEST(upstream.requests().size() == failures + 1);
    }
}

BOOST_AUTO_TEST_CASE(attempts_are_bounded_and_the_last_exception_passes) {
    for (const unsigned attempts : {0U, 1U, 2U, 5U}) {
        checking upstream;
        std::vector<std::pair<strata::layout, unsigned>> asked;
        strata::retry_resource memory{strata::retry{.attempts = attempts, .callback = yes{asked}},
                                      &upstream};
        upstream.fail_from(1, failure::injected);
        BOOST_CHECK_THROW((void)memory.allocate(8), strata::injected_failure);
        BOOST_TEST(upstream.requests().size() == std::max(attempts, 1U));
        BOOST_TEST(asked.size() == std::max(attempts, 1U) - 1);
        BOOST_TEST(memory.options().attempts == std::max(attempts, 1U));
        upstream.never_fail();
        memory.deallocate(memory.allocate(8), 8);
    }
}

BOOST_AUTO_TEST_CASE(no_ends_it) {
    checking upstream;
    strata::retry_resource memory{
        strata::retry{.attempts = 9,
                      .callback = [](auto, unsigned attempt) { return attempt < 3; }},
        &upstream};
    upstream.fail_from(1, failure::injected);
    BOOST_CHECK_THROW((void)memory.allocate(8), strata::injected_failure);
    BOOST_TEST(upstream.requests().size() == 3u);

    strata::retry_resource without{strata::retry{.callback = nullptr}, &upstream};
    BOOST_CHECK_THROW((void)without.allocate(8), strata::injected_failure);
    BOOST_TEST(upstream.requests().size() == 4u);
}

BOOST_AUTO_TEST_CASE(what_is_no_lack_of_memory_is_not_retried) {
    checking upstream;
    std::vector<std::pair<strata::layout, unsigned>> asked;
    strata::retry_resource memory{strata::retry{.callback = yes{asked}}, &upstream};
    upstream.fail_at(1, failure::foreign);
    BOOST_CHECK_THROW((void)memory.allocate(8), checking::foreign_failure);
    BOOST_TEST(asked.empty());
    upstream.fail_at(1);
    memory.deallocate(memory.allocate(8), 8);
    BOOST_TEST(asked.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_the_callback_throws_passes) {
    checking upstream;
    strata::retry_resource memory{
        strata::retry{.callback = [](auto, auto) -> bool { throw std::logic_error{"mine"}; }},
        &upstream};
    upstream.fail_at(1);
    BOOST_CHECK_THROW((void)memory.allocate(8), std::logic_error);
    memory.deallocate(memory.allocate(8), 8);
}

BOOST_AUTO_TEST_CASE(the_callback_may_use_the_resource) {
    checking heap;
    strata::limit_resource upstream{strata::limit{.bytes = 100}, &heap};
    std::pmr::memory_resource* self = nullptr;
    void* cache = nullptr;
    std::vector<strata::layout> asked;
    strata::retry_resource memory{
        strata::retry{.callback =
                          [&](strata::layout wanted, unsigned) {
                              asked.push_back(wanted);
                              if (wanted.size == 30) {
                                  return false;  // asked for by the callback itself
                              }
                              try {
                                  (void)self->allocate(30);  // fails, and asks in turn
                              } catch (const std::bad_alloc&) {
                                  self->deallocate(std::exchange(cache, nullptr), 80);
                              }
                              return true;
                          }},
        &upstream};
    self = &memory;
    cache = memory.allocate(80);
    void* block = memory.allocate(60);
    BOOST_TEST(asked.size() == 2u);
    BOOST_TEST((cache == nullptr));
    memory.deallocate(block, 60);
}

BOOST_AUTO_TEST_CASE(by_default_it_asks_the_new_handler_as_operator_new_does) {
    checking upstream;
    strata::retry_resource memory{&upstream};
    BOOST_TEST(memory.options().attempts == 3u);
    upstream.fail_at(1);
    {
        const scoped_new_handler none{nullptr};
        BOOST_CHECK_THROW((void)memory.allocate(8), std::bad_alloc);
        BOOST_TEST(upstream.requests().size() == 1u);
    }
    {
        const scoped_new_handler counts{[] { ++handler_calls; }};
        upstream.fail_at(1);
        memory.deallocate(memory.allocate(8), 8);
        BOOST_TEST(handler_calls == 1);
        upstream.fail_from(1, failure::injected);
        BOOST_CHECK_THROW((void)memory.allocate(8), strata::injected_failure);
        BOOST_TEST(handler_calls == 3);
    }
    {
        const scoped_new_handler throws{[] { throw std::bad_array_new_length{}; }};
        BOOST_CHECK_THROW((void)memory.allocate(8), std::bad_array_new_length);
    }
}

BOOST_AUTO_TEST_CASE(threads_may_use_it_over_an_upstream_that_they_may_use) {
    strata::limit_resource upstream{strata::limit{.blocks = 1}, strata::system_heap()};
    std::atomic<int> asked = 0;
    strata::retry_resource memory{strata::retry{.attempts = 1'000'000,
                                                .callback =
                                                    [&](auto, auto) {
                                                        ++asked;
                                                        std::this_thread::yield();
                                                        return true;
                                                    }},
                                  &upstream};
    const auto work = [&] {
        for (int i = 0; i != 2000; ++i) {
            memory.deallocate(memory.allocate(8), 8);
        }
    };
    std::thread other{work};
    work();
    other.join();
    BOOST_TEST(upstream.usage().live_blocks.value() == 0u);
}

BOOST_AUTO_TEST_CASE(it_says_what_it_is) {
    checking upstream;
    strata::retry_resource memory{strata::retry{.attempts = 7}, &upstream};
    static_assert(std::is_same_v<decltype(memory), strata::retry_resource<checking>>);
    BOOST_TEST(memory.name() == "retry");
    BOOST_TEST(memory.options().attempts == 7u);
    BOOST_TEST(memory.upstream_resource() == &upstream);
    BOOST_TEST(memory.upstream(0) == &upstream);
    BOOST_TEST(memory.upstream(1) == nullptr);
    void* block = memory.allocate(8);
    BOOST_TEST(memory.owns(block) == strata::ownership::yes);
    BOOST_TEST(memory.owns(&memory) == strata::ownership::no);
    memory.deallocate(block, 8);
    BOOST_TEST((memory.usage() == strata::usage{}));
    BOOST_TEST(strata::retry_resource{}.upstream_resource() == std::pmr::get_default_resource());
}

BOOST_AUTO_TEST_CASE(it_is_a_layer_of_a_stack) {
    int asked = 0;
    strata::stack memory{strata::retry{.callback = [&](auto, auto) { return ++asked < 2; }},
                         strata::fixed_buffer<64>{}};
    BOOST_CHECK_THROW((void)memory.allocate(65), std::bad_alloc);
    BOOST_TEST(asked == 2);
    BOOST_TEST(memory.get<strata::retry>().options().attempts == 3u);
}

// --- a callback that frees what it must not
// -------------------------------------------------------

#ifdef __GLIBCXX__
namespace {

[[gnu::noinline]] void drop_last_of(std::pmr::vector<std::pmr::string>& names) {
    names.pop_back();
    asm volatile("" : : : "memory");  // no tail call
}

}  // namespace

// The vector has noted already which elements it will move.
BOOST_AUTO_TEST_CASE(debug_says_what_a_callback_took_from_the_container_that_grows) {
    checking upstream;
    tests::finding_recorder found;
    strata::debug_resource debug{
        strata::debug{.stack_depth = 3, .handler = found.handler(), .leaks = false}, &upstream};
    std::pmr::vector<std::pmr::string>* growing = nullptr;
    const auto drops_last = [&](auto, auto) {
        drop_last_of(*growing);
        upstream.never_fail();
        return true;
    };
    strata::retry_resource memory{strata::retry{.callback = drops_last}, &debug};
    std::pmr::vector<std::pmr::string> names{&memory};
    growing = &names;
    names.reserve(2);
    names.emplace_back(40U, 'a');
    names.emplace_back(40U, 'b');
    upstream.fail_from(1);
    names.emplace_back("short");
    names.clear();
    found.expect(strata::finding::double_free,
                 {"a block is freed twice", "41 B", "freed again   at ",
                  "freed first   at retry_resource_test::drop_last_of", "allocated     at "});
}
#endif

BOOST_AUTO_TEST_CASE(debug_above_says_that_a_callback_frees_inside_of_it) {
    checking upstream;
    tests::finding_recorder found;
    void* cached = nullptr;
    std::pmr::memory_resource* top = nullptr;
    const auto drops_cache = [&](auto, auto) {
        top->deallocate(cached, 80);
        upstream.never_fail();
        return true;
    };
    strata::retry_resource retry{strata::retry{.callback = drops_cache}, &upstream};
    strata::debug_resource memory{strata::debug{.stack_depth = 3, .handler = found.handler()},
                                  &retry};
    top = &memory;
    cached = memory.allocate(80);
    upstream.fail_from(1);
    void* const block = memory.allocate(40);
    found.expect(strata::finding::reentry, {"called by its own upstream", "deallocate"});
    memory.deallocate(block, 40);
}

BOOST_AUTO_TEST_SUITE_END()
