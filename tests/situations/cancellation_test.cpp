// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A thread with a pending `pthread_cancel` calls the library. It is served, or it is cancelled and
// unwinds; the program goes on in any case.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <memory_resource>
#include <sstream>
#include <string>

#include <strata/diagnostics/stack_trace.hpp>
#include <strata/strata.hpp>
#include <strata/testing/for_each_allocation_failure.hpp>

#include "support/asan.hpp"
#include "support/cancellation.hpp"
#include "support/child.hpp"

BOOST_AUTO_TEST_SUITE(cancellation_test,
                      *boost::unit_test::precondition(tests::threads_can_be_cancelled))

using namespace strata::literals;

namespace {

// Each call is a point of cancellation.
class logging_resource : public std::pmr::memory_resource {
private:
    static void log(const char* what) {
        tests::forget_frames();
        const int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
        [[maybe_unused]] const ssize_t written = write(file, what, 1);
        close(file);
        pthread_testcancel();
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        log("+");
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
        log("-");
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

void log_misuse(const char* message) noexcept {
    tests::forget_frames();
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message, 1);
    pthread_testcancel();
}

constexpr int cancelled = 7;

// How a process ends in which such a thread does `work`: by its exit code, served or cancelled.
template <class Work>
tests::child in_cancelled_thread(Work work) {
    return tests::run_in_child([&] {
        alarm(60);
        pthread_t thread{};
        const auto run = [](void* argument) -> void* {
            pthread_cancel(pthread_self());
            (*static_cast<Work*>(argument))();
            return nullptr;
        };
        void* result = nullptr;
        if (pthread_create(&thread, nullptr, run, &work) != 0 ||
            pthread_join(thread, &result) != 0) {
            std::_Exit(1);
        }
        std::_Exit(result == PTHREAD_CANCELED ? cancelled : 0);
    });
}

template <class Work>
void expect_served(Work work) {
    const tests::child ended = in_cancelled_thread(work);
    BOOST_TEST(ended.signal == 0);
    BOOST_TEST(ended.exit_code == 0);
    BOOST_TEST(ended.errors.find("terminate") == std::string::npos);
    BOOST_TEST(ended.errors.find("FATAL") == std::string::npos);
}

template <class Work>
void expect_served_or_cancelled(Work work) {
    const tests::child ended = in_cancelled_thread(work);
    BOOST_TEST(ended.signal == 0);
    BOOST_TEST((ended.exit_code == 0 || ended.exit_code == cancelled), ended.errors);
    BOOST_TEST(ended.errors.find("terminate") == std::string::npos);
    BOOST_TEST(ended.errors.find("FATAL") == std::string::npos);
}

// Made before the cancellation waits, so that what is under test is its end alone.
template <class Resource, class... Arguments>
void expect_an_end(Arguments... arguments) {
    logging_resource below;
    Resource memory{arguments..., &below};
    (void)memory.allocate(100, 8);
    (void)memory.allocate(500'000, 8);
    expect_served([&] { std::destroy_at(&memory); });
    if constexpr (requires { memory.trim(); }) {
        memory.deallocate(memory.allocate(200'000, 8), 200'000, 8);
        expect_served([&] { memory.trim(); });
    }
    expect_served([&] { memory.release(); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_block_of_huge_pages) {
    expect_served([] {
        strata::page_resource pages{strata::pages{.huge = strata::huge_pages::transparent}};
        pages.deallocate(pages.allocate(4_MiB), 4_MiB);
    });
    expect_served([] {
        strata::page_resource pages{
            strata::pages{.reserve = 16_MiB, .huge = strata::huge_pages::transparent}};
        pages.deallocate(pages.allocate(4_MiB), 4_MiB);
        pages.purge();
    });
}

// The thread's first call makes its cache, and later ones take chunks.
BOOST_AUTO_TEST_CASE(a_concurrent_pool_over_an_upstream_that_logs) {
    static logging_resource below;
    static strata::concurrent_pool_resource memory{&below};
    expect_served_or_cancelled([] {
        for (int i = 0; i != 10'000; ++i) {
            void* const block = memory.allocate(64, 8);
            if (i % 2 == 0) {
                memory.deallocate(block, 64, 8);
            }
        }
        void* const large = memory.allocate(100'000, 8);
        memory.deallocate(large, 100'000, 8);
    });
    // A first call that frees.
    void* const block = memory.allocate(64, 8);
    void* const large = memory.allocate(100'000, 8);
    expect_served([&] {
        memory.deallocate(block, 64, 8);
        memory.deallocate(large, 100'000, 8);
    });
}

BOOST_AUTO_TEST_CASE(a_concurrent_arena_over_an_upstream_that_logs) {
    static logging_resource below;
    static strata::concurrent_arena_resource memory{&below};
    expect_served_or_cancelled([] {
        for (int i = 0; i != 10'000; ++i) {
            (void)memory.allocate(64, 8);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_misuse_is_printed_or_handled) {
    expect_served([] {
        strata::set_misuse_handler(log_misuse);
        strata::misuse("a message");
    });
    const tests::child aborted = in_cancelled_thread([] { strata::misuse("a message"); });
    BOOST_TEST(aborted.signal == SIGABRT);
    BOOST_TEST(aborted.errors.find("strata: misuse: a message") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_debug_resource_whose_handler_returns) {
    const auto misuse = [](const auto& options) {
        return [options] {
            strata::debug_resource memory{options, strata::system_heap()};
            void* block = memory.allocate(40, 8);
            memory.deallocate(block, 40, 8);
            memory.deallocate(block, 40, 8);
            memory.deallocate(nullptr, 40, 8);
            (void)memory.allocate(50, 8);  // is left
        };
    };
    expect_served(misuse(strata::debug{
        .handler = [](strata::finding, const char* message) { log_misuse(message); }}));
    strata::set_misuse_handler(log_misuse);
    expect_served(misuse(strata::debug{}));
    strata::set_misuse_handler(nullptr);
}

BOOST_AUTO_TEST_CASE(a_report_of_leaks_in_a_destructor) {
    expect_served([] {
        strata::stats_resource memory{strata::stats{.on_destroy = strata::on_finding::report},
                                      strata::system_heap()};
        (void)memory.allocate(40, 8);
    });
}

BOOST_AUTO_TEST_CASE(a_stack_trace_and_a_description) {
    expect_served_or_cancelled([] {
        std::ostringstream text;
        text << strata::stack_trace::capture();
    });
    expect_served_or_cancelled([] {
        strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{}};
        (void)memory.allocate(40, 8);
        std::ostringstream text;
        text << strata::describe(memory);
    });
}

BOOST_AUTO_TEST_CASE(resources_end_over_an_upstream_that_writes_a_log) {
    expect_an_end<strata::arena_resource>();
    expect_an_end<strata::concurrent_arena_resource>(strata::concurrent_arena{});
    expect_an_end<strata::pool_resource>();
    expect_an_end<strata::concurrent_pool_resource>(strata::concurrent_pool{});
    expect_an_end<strata::bounded_time_resource>(strata::bounded_time{});
    expect_an_end<strata::debug_resource<>>(strata::debug{.leaks = false});
}

BOOST_AUTO_TEST_CASE(resources_serve_over_an_upstream_that_writes_a_log) {
    logging_resource below;
    const auto use = [&](auto&... memory) {
        (expect_served_or_cancelled([&] {
             for (const std::size_t size : {40U, 5000U, 300'000U}) {
                 memory.deallocate(memory.allocate(size, 8), size, 8);
             }
         }),
         ...);
    };
    strata::arena_resource arena{&below};
    strata::pool_resource pool{&below};
    strata::bounded_time_resource bounded{&below};
    strata::debug_resource debug{strata::debug{.quarantine = 0}, &below};
    strata::stats_resource stats{&below};
    strata::limit_resource limit{&below};
    strata::retry_resource retry{&below};
    strata::synchronized_resource synchronized{&below};
    use(arena, pool, bounded, debug, stats, limit, retry, synchronized);
    const auto try_out = [](auto&... memory) {
        (expect_served([&] { (void)strata::try_allocate(memory, {300'000, 8}); }), ...);
    };
    try_out(below, arena, pool, bounded, debug, stats, limit, retry, synchronized);
    (void)arena.allocate(40, 8);
    (void)arena.allocate(100'000, 8);
    (void)arena.allocate(200'000, 8);
    expect_served([&] { arena.reset(); });  // takes one chunk for the several
}

BOOST_AUTO_TEST_CASE(a_sweep_of_failures_does_not_stop_a_cancellation) {
    expect_served_or_cancelled([] {
        (void)strata::for_each_allocation_failure([](std::pmr::memory_resource& memory) {
            memory.deallocate(memory.allocate(40, 8), 40, 8);
            pthread_testcancel();
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()
