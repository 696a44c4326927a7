// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include <strata/diagnostics/misuse.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/this_thread.hpp>

#include "support/child.hpp"

BOOST_AUTO_TEST_SUITE(fork_gate_test)

namespace {

using strata::detail::call_mutex;
using strata::detail::foreign_call;
using strata::detail::lock_order;
using strata::detail::section;
using strata::detail::section_mutex;

constexpr unsigned seconds_to_hang = 30;

// What a child of a fork returns.
template <class Work>
int exit_code_of_fork(Work work) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(seconds_to_hang);
        _exit(work() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A thread that does something until it is told to go on.
class other_thread {
public:
    template <class Work>
    explicit other_thread(Work work)
        : thread_{[this, work] {
              work([this] {
                  is_there_.set_value();
                  may_go_on_.get_future().wait();
              });
          }} {
        is_there_.get_future().wait();
    }
    ~other_thread() {
        may_go_on_.set_value();
        thread_.join();
    }

private:
    std::promise<void> is_there_;
    std::promise<void> may_go_on_;
    std::thread thread_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_of_threads_are_never_given_again) {
    const std::uint64_t mine = strata::detail::number_of_this_thread();
    BOOST_TEST(mine == strata::detail::number_of_this_thread());
    std::uint64_t last = mine;
    for (int i = 0; i != 100; ++i) {
        std::thread{[&] {
            const std::uint64_t number = strata::detail::number_of_this_thread();
            BOOST_TEST(number > last);
            last = number;
        }}.join();
    }
    std::uint64_t before = last;
    BOOST_TEST(exit_code_of_fork([&] {
                   std::uint64_t in_child = 0;
                   std::thread{[&] { in_child = strata::detail::number_of_this_thread(); }}.join();
                   return strata::detail::number_of_this_thread() == mine && in_child > before;
               }) == 0);
}

BOOST_AUTO_TEST_CASE(who_has_a_call_mutex_may_lock_it_again) {
    call_mutex mutex;
    BOOST_TEST(!mutex.is_held_here());
    const std::lock_guard once{mutex};
    BOOST_TEST(mutex.is_held_here());
    {
        const std::lock_guard twice{mutex};
        BOOST_TEST(mutex.try_lock());
        mutex.unlock();
    }
    BOOST_TEST(mutex.is_held_here());
    std::thread{[&] {
        BOOST_TEST(!mutex.is_held_here());
        BOOST_TEST(!mutex.try_lock());
    }}.join();
}

BOOST_AUTO_TEST_CASE(a_call_mutex_lets_one_thread_in_at_a_time) {
    call_mutex mutex;
    int count = 0;
    const auto add = [&] {
        for (int i = 0; i != 20'000; ++i) {
            const std::lock_guard lock{mutex};
            const std::lock_guard again{mutex};
            ++count;
        }
    };
    std::thread one{add};
    std::thread two{add};
    add();
    one.join();
    two.join();
    BOOST_TEST(count == 60'000);
}

// The thread that forks may be in such a call, from which it has forked.
BOOST_AUTO_TEST_CASE(who_forks_keeps_its_call_mutex) {
    call_mutex mutex;
    const std::lock_guard lock{mutex};
    BOOST_TEST(exit_code_of_fork([&] {
                   bool was_locked = false;
                   std::thread{[&] { was_locked = !mutex.try_lock(); }}.join();
                   // Threads that wait while its holder from before the fork unlocks it.
                   int count = 0;
                   const auto add = [&] {
                       for (int i = 0; i != 1000; ++i) {
                           const std::lock_guard turn{mutex};
                           ++count;
                       }
                   };
                   std::thread one{add};
                   std::thread two{add};
                   mutex.unlock();
                   one.join();
                   two.join();
                   bool is_free = false;
                   std::thread{[&] { is_free = mutex.try_lock(); }}.join();
                   return was_locked && count == 2000 && is_free;
               }) == 0);
    BOOST_TEST(mutex.is_held_here());
}

// A call that does not end does not hold up the fork for long; in the child its lock is free.
BOOST_AUTO_TEST_CASE(a_call_mutex_of_a_thread_left_behind_is_free) {
    call_mutex mutex;
    const other_thread holder{[&](auto wait) {
        const std::lock_guard lock{mutex};
        const foreign_call upstream;
        wait();
    }};
    BOOST_TEST(exit_code_of_fork([&] {
                   const std::lock_guard lock{mutex};
                   return mutex.is_held_here();
               }) == 0);
    BOOST_TEST(!mutex.try_lock());
}

BOOST_AUTO_TEST_CASE(a_fork_waits_for_sections) {
    section_mutex mutex;
    std::atomic<bool> is_in_section{false};
    std::atomic<bool> has_left{false};
    std::thread other{[&] {
        const std::lock_guard lock{mutex};
        is_in_section = true;
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
        has_left = true;
    }};
    while (!is_in_section) {
        std::this_thread::yield();
    }
    BOOST_TEST(exit_code_of_fork([&] { return has_left && mutex.try_lock(); }) == 0);
    other.join();
}

// Who is inside goes on though a fork waits: else the fork would wait for it in vain.
BOOST_AUTO_TEST_CASE(who_is_inside_passes_the_closed_gate) {
    call_mutex outer;
    call_mutex inner;
    section_mutex innermost;
    std::atomic<int> rounds{0};
    std::atomic<bool> stop{false};
    std::thread other{[&] {
        while (!stop) {
            const std::lock_guard call{outer};
            const section whole;
            const foreign_call upstream;
            const std::lock_guard nested{inner};
            const std::lock_guard lock{innermost};
            ++rounds;
        }
    }};
    while (rounds == 0) {
        std::this_thread::yield();
    }
    for (int i = 0; i != 100; ++i) {
        BOOST_TEST(exit_code_of_fork([&] {
                       const std::lock_guard call{outer};
                       const std::lock_guard nested{inner};
                       const std::lock_guard lock{innermost};
                       return exit_code_of_fork([] { return true; }) == 0;
                   }) == 0);
    }
    stop = true;
    other.join();
}

// A thread in a call enters a section once the gate is closed, which a third thread sees: it is let
// in no more. The child must find the call at its end. Where the machine is busy, the thread may
// take longer than a fork waits for a call; so one try of ten is enough.
BOOST_AUTO_TEST_CASE(who_is_in_a_call_passes_the_closed_gate) {
    bool has_ended = false;
    for (int i = 0; i != 10 && !has_ended; ++i) {
        call_mutex turn;
        std::atomic<bool> is_in_call{false};
        std::atomic<bool> is_closed{false};
        std::atomic<bool> is_at_end{false};
        std::atomic<bool> stop{false};
        std::thread caller{[&] {
            const std::lock_guard call{turn};
            is_in_call = true;
            while (!is_closed && !stop) {
                std::this_thread::yield();
            }
            const section inner;
            is_at_end = true;
        }};
        while (!is_in_call) {
            std::this_thread::yield();
        }
        std::thread newcomer{[&] {
            call_mutex own;
            while (own.try_lock()) {
                own.unlock();
                if (stop) {
                    return;
                }
                std::this_thread::yield();
            }
            is_closed = true;
        }};
        has_ended = exit_code_of_fork([&] { return is_at_end.load(); }) == 0;
        stop = true;
        caller.join();
        newcomer.join();
    }
    BOOST_TEST(has_ended);
}

BOOST_AUTO_TEST_CASE(locks_out_of_their_order_are_found_in_checked_builds) {
    const auto takes = [](auto& first, auto& second) {
        return tests::run_in_child([&] {
            const std::lock_guard outer{first};
            const std::lock_guard inner{second};
        });
    };
    section_mutex class_0{0};
    section_mutex class_1{1};
    section_mutex chunks{lock_order::chunks};
    section_mutex blocks{lock_order::blocks};
    section_mutex served{lock_order::served};
    section_mutex innermost;
    section_mutex also_innermost;
    call_mutex turn;
    for (const tests::child& ended :
         {takes(turn, class_0), takes(class_0, class_1), takes(class_1, chunks),
          takes(chunks, innermost), takes(blocks, served), takes(served, innermost)}) {
        BOOST_TEST(ended.signal == 0);
        BOOST_TEST(ended.exit_code == 0);
    }
    for (const tests::child& ended :
         {takes(innermost, chunks), takes(chunks, class_1), takes(class_1, class_0),
          takes(innermost, also_innermost), takes(innermost, served), takes(innermost, turn)}) {
        BOOST_TEST(ended.signal == (strata::checked ? SIGABRT : 0));
        BOOST_TEST((ended.errors.find("out of their order") != std::string::npos) ==
                   strata::checked);
    }
    // In whichever order they are released.
    BOOST_TEST(tests::run_in_child([&] {
                   class_0.lock();
                   chunks.lock();
                   class_0.unlock();
                   innermost.lock();
                   chunks.unlock();
                   innermost.unlock();
                   class_0.lock();
                   class_0.unlock();
               }).signal == 0);
}

BOOST_AUTO_TEST_CASE(a_foreign_call_under_a_lock_is_found_in_checked_builds) {
    const tests::child ended = tests::run_in_child([] {
        section_mutex mutex;
        const std::lock_guard lock{mutex};
        strata::misuse("told under a lock");
    });
    BOOST_TEST(ended.signal == SIGABRT);
    if (strata::checked) {
        BOOST_TEST(ended.errors.find("while a lock of the library is held") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
