// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory_resource>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/finding_recorder.hpp"
#include "support/random.hpp"
#include "support/upstream.hpp"
#include "support/written_block.hpp"

BOOST_AUTO_TEST_SUITE(debug_threads_test)

// Who may be inside, and when.

namespace {

using strata::finding;

[[gnu::noinline]] void* makes(std::pmr::memory_resource& memory, std::size_t bytes) {
    return memory.allocate(bytes, 8);
}
[[gnu::noinline]] void* makes_meanwhile(std::pmr::memory_resource& memory, std::size_t bytes) {
    return memory.allocate(bytes, 8);
}
[[gnu::noinline]] void frees(std::pmr::memory_resource& memory, void* block, std::size_t bytes) {
    memory.deallocate(block, bytes, 8);
}

/// An upstream that does something else before it serves a request.
class busy_upstream : public std::pmr::memory_resource {
public:
    std::function<void()> before_allocation;
    std::function<void()> before_deallocation;

private:
    static void run_once(std::function<void()>& work) {
        if (const auto taken = std::exchange(work, nullptr)) {
            taken();
        }
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        run_once(before_allocation);
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        run_once(before_deallocation);
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
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

// A random program over blocks of its own; how many of them were not as they should be.
template <class Lock>
int work_with(std::pmr::memory_resource& memory, unsigned seed, Lock lock) {
    tests::random random{seed};
    std::vector<tests::written_block> blocks;
    int wrong = 0;
    for (std::size_t step = 0; step != 2000; ++step) {
        [[maybe_unused]] const auto held = lock();
        if (blocks.size() < 20 && random.below(3) != 0) {
            blocks.emplace_back(memory, strata::layout{random.below(200), random.power_of_two(7)},
                                step);
        } else if (!blocks.empty()) {
            const auto taken = tests::take(blocks, random.below(blocks.size()));
            wrong += taken.is_intact() ? 0 : 1;
            taken.free_to(memory);
        }
    }
    for (const auto& each : blocks) {
        [[maybe_unused]] const auto held = lock();
        each.free_to(memory);
    }
    return wrong;
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_threads_at_once_are_found_with_what_both_do) {
    tests::finding_recorder found;
    busy_upstream below;
    strata::debug_resource memory{strata::debug{.name = "t", .handler = found.handler()}, &below};
    void* other_block = nullptr;
    std::thread other;
    // While this thread is inside, another comes; the first goes on once that has been found.
    below.before_allocation = [&] {
        other = std::thread{[&] { other_block = makes_meanwhile(memory, 24); }};
        while (memory.findings() == 0) {
            std::this_thread::yield();
        }
    };
    void* block = makes(memory, 40);
    other.join();
    found.expect(finding::two_threads,
                 {"debug \"t\": two threads are inside at once", "thread ", "allocate", "called",
                  "at debug_threads_test::makes_meanwhile (debug_threads_test.cpp:",
                  "thread " + std::to_string(gettid()), "allocate", "called",
                  "at debug_threads_test::makes (debug_threads_test.cpp:"});
    BOOST_TEST(memory.findings(finding::two_threads) == 1u);
    BOOST_TEST(memory.usage().live_blocks.value() == 2u);
    frees(memory, block, 40);
    frees(memory, other_block, 24);
}

BOOST_AUTO_TEST_CASE(it_stays_sound_with_many_threads_inside) {
    strata::pool_resource pool{strata::system_heap()};
    strata::debug_resource memory{strata::debug{.on_finding = strata::on_finding::ignore}, &pool};
    std::atomic<int> wrong = 0;
    in_threads(4, [&](unsigned seed) { wrong += work_with(memory, seed, [] { return 0; }); });
    BOOST_TEST(wrong == 0);
    BOOST_TEST(memory.findings() == memory.findings(finding::two_threads));
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
}

BOOST_AUTO_TEST_CASE(under_a_lock_any_number_of_threads_is_fine) {
    strata::pool_resource pool{strata::system_heap()};
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.handler = found.handler()}, &pool};
    std::mutex mutex;
    std::atomic<int> wrong = 0;
    in_threads(4, [&](unsigned seed) {
        wrong += work_with(memory, seed, [&] { return std::unique_lock{mutex}; });
    });
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(where_it_is_to_be_concurrent_they_take_turns) {
    strata::pool_resource pool{strata::system_heap()};
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.handler = found.handler(), .concurrent = true},
                                  &pool};
    std::atomic<int> wrong = 0;
    in_threads(4, [&](unsigned seed) { wrong += work_with(memory, seed, [] { return 0; }); });
    BOOST_TEST(wrong == 0);
}

// Each asks the others whose the block is, with its own lock held.
BOOST_AUTO_TEST_CASE(wrong_frees_from_many_resources_at_once_do_not_wait_for_each_other) {
    const strata::debug counting{.on_finding = strata::on_finding::ignore};
    strata::debug_resource first{counting, strata::system_heap()};
    strata::debug_resource second{counting, strata::system_heap()};
    std::atomic<int> not_owned = 0;
    in_threads(2, [&](unsigned number) {
        auto& memory = number == 0 ? first : second;
        auto& other = number == 0 ? second : first;
        void* block = makes(memory, 8);
        int foreign = 0;
        for (int i = 0; i != 2000; ++i) {
            frees(memory, &foreign, 8);
            not_owned += memory.owns(block) == strata::ownership::yes ? 0 : 1;
            (void)other.usage();
        }
        frees(memory, block, 8);
    });
    BOOST_TEST(not_owned == 0);
    BOOST_TEST(first.findings() == 2000u);
    BOOST_TEST(second.findings() == 2000u);
}

// One on the other, where each thread takes the locks in the order of its own calls.
BOOST_AUTO_TEST_CASE(wrong_frees_from_both_of_two_layers_do_not_wait_for_each_other) {
    const strata::debug counting{.on_finding = strata::on_finding::report,
                                 .handler = [](finding, const char*) {},
                                 .concurrent = true};
    strata::debug_resource lower{counting, strata::system_heap()};
    strata::debug_resource upper{counting, &lower};
    in_threads(2, [&](unsigned number) {
        std::pmr::memory_resource& memory =
            number == 0 ? static_cast<std::pmr::memory_resource&>(upper) : lower;
        int foreign = 0;
        for (int i = 0; i != 2000; ++i) {
            frees(memory, &foreign, 8);
            frees(memory, makes(memory, 8), 8);
        }
    });
    BOOST_TEST(upper.findings() == 2000u);
    BOOST_TEST(lower.findings() == 2000u);
}

// --- tied to a thread
// -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_resource_can_be_tied_to_a_thread) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.name = "mine", .handler = found.handler()},
                                  strata::system_heap()};
    std::thread{[&] { frees(memory, makes(memory, 8), 8); }}.join();
    memory.tie_to_this_thread();
    frees(memory, makes(memory, 8), 8);
    std::thread{[&] { frees(memory, makes(memory, 8), 8); }}.join();
    found.expect(finding::wrong_thread,
                 {"debug \"mine\": called by a thread that it is not tied to", "allocate",
                  "by thread", "tied to       thread " + std::to_string(gettid()),
                  "at debug_threads_test::makes (debug_threads_test.cpp:"});
    found.expect(finding::wrong_thread,
                 {"deallocate", "at debug_threads_test::frees (debug_threads_test.cpp:"});
    memory.untie();
    std::thread{[&] { frees(memory, makes(memory, 8), 8); }}.join();
}

BOOST_AUTO_TEST_CASE(or_from_the_start_to_the_one_that_makes_it) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.handler = found.handler(), .one_thread = true},
                                  strata::system_heap()};
    frees(memory, makes(memory, 8), 8);
    std::thread{[&] { (void)memory.check(); }}.join();
    found.expect(finding::wrong_thread, {"check"});
}

// --- re-entry
// -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_upstream_that_calls_back_is_found) {
    tests::finding_recorder found;
    busy_upstream below;
    strata::debug_resource memory{
        strata::debug{.name = "r", .quarantine = 0, .handler = found.handler()}, &below};
    void* cached = makes(memory, 16);
    below.before_allocation = [&] {
        BOOST_CHECK_THROW((void)makes_meanwhile(memory, 8), std::bad_alloc);
        frees(memory, cached, 16);  // as a callback that frees a cache does
    };
    void* block = makes(memory, 40);
    found.expect(finding::reentry,
                 {"debug \"r\": called by its own upstream", "allocate",
                  "at debug_threads_test::makes_meanwhile (debug_threads_test.cpp:"});
    found.expect(finding::reentry, {"called by its own upstream", "deallocate",
                                    "at debug_threads_test::frees (debug_threads_test.cpp:"});
    BOOST_TEST(memory.usage().live_blocks.value() == 1u);
    void* next = makes(memory, 16);
    below.before_deallocation = [&] { frees(memory, next, 16); };
    frees(memory, block, 40);
    found.expect(finding::reentry, {"deallocate"});
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(a_handler_must_not_use_the_resource) {
    std::size_t calls = 0;
    strata::debug_resource<>* self = nullptr;
    void* block = nullptr;
    strata::debug options{.stack_depth = 0};
    options.handler = [&](finding, const char*) {
        ++calls;
        frees(*self, block, 40);
        BOOST_CHECK_THROW((void)makes(*self, 8), std::bad_alloc);
    };
    strata::debug_resource<> memory{options, strata::system_heap()};
    self = &memory;
    block = makes(memory, 40);
    frees(memory, block, 39);
    BOOST_TEST(calls == 1u);
    BOOST_TEST(memory.findings(finding::wrong_size) == 1u);
    BOOST_TEST(memory.findings(finding::reentry) == 2u);
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
