// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory_resource>
#include <sstream>
#include <stdexcept>
#include <string>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/sources/heap_resource.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/in_order.hpp"
#include "support/memcheck.hpp"
#include "support/valgrind.hpp"

BOOST_AUTO_TEST_SUITE(stack_room_test)

// Call sites are named where there is hardly any stack: that takes some 40 KiB, and 16 KiB are what
// the smallest thread has.

namespace {

constexpr std::size_t smallest_stack = 16384;

// AddressSanitizer needs more for itself.
boost::test_tools::assertion_result without_asan(boost::unit_test::test_unit_id /*of*/) {
    return !tests::asan;
}

// A stack with pages on both sides that cannot be accessed.
class small_stack {
public:
    small_stack() {
        all_ = static_cast<char*>(
            mmap(nullptr, 3 * smallest_stack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        BOOST_TEST_REQUIRE(all_ != MAP_FAILED);
        mprotect(begin(), smallest_stack, PROT_READ | PROT_WRITE);
        std::memset(begin(), paint, smallest_stack);
        known_to_valgrind_ = VALGRIND_STACK_REGISTER(begin(), begin() + smallest_stack);
    }
    small_stack(const small_stack&) = delete;
    small_stack& operator=(const small_stack&) = delete;
    ~small_stack() {
        VALGRIND_STACK_DEREGISTER(known_to_valgrind_);
        munmap(all_, 3 * smallest_stack);
    }

    [[nodiscard]] char* begin() const { return all_ + smallest_stack; }
    [[nodiscard]] std::size_t untouched() const {
        const tests::unseen_by_memcheck here;
        const char* const end = begin() + smallest_stack;
        return static_cast<std::size_t>(
            std::find_if(begin(), const_cast<char*>(end), [](char c) { return c != paint; }) -
            begin());
    }

private:
    static constexpr char paint = 0x5A;
    char* all_;
    unsigned known_to_valgrind_ = 0;
};

std::size_t run_on_smallest_thread(std::function<void()> work) {
    const small_stack stack;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    BOOST_TEST_REQUIRE(pthread_attr_setstack(&attributes, stack.begin(), smallest_stack) == 0);
    pthread_t thread{};
    const auto run = [](void* data) -> void* {
        (*static_cast<std::function<void()>*>(data))();
        return nullptr;
    };
    BOOST_TEST_REQUIRE(pthread_create(&thread, &attributes, run, &work) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    return stack.untouched();
}

[[gnu::noinline]] void frees(std::pmr::memory_resource& memory, void* block) {
    memory.deallocate(block, 40);
    asm volatile("" : : : "memory");
}
[[gnu::noinline]] void frees_again(std::pmr::memory_resource& memory, void* block) {
    memory.deallocate(block, 40);
    asm volatile("" : : : "memory");
}
void free_twice(std::pmr::memory_resource& memory) {
    void* const block = memory.allocate(40);
    frees(memory, block);
    frees_again(memory, block);
}

std::string kept;

}  // namespace

BOOST_AUTO_TEST_CASE(a_report_with_call_sites_fits_in_the_smallest_thread,
                     *boost::unit_test::precondition(without_asan)) {
    strata::debug_resource memory{
        strata::debug{.stack_depth = 8,
                      .handler = [](strata::finding, const char* message) { kept = message; }},
        strata::system_heap()};
    const std::size_t left = run_on_smallest_thread([&] { free_twice(memory); });
    BOOST_TEST(left >= 2048u, "only " << left << " B of the stack are left");
    tests::check_in_order(
        kept, {"a block is freed twice", "freed again   at stack_room_test::frees_again",
               "freed first   at stack_room_test::frees",
               "allocated     at stack_room_test::free_twice"});
}

BOOST_AUTO_TEST_CASE(so_does_the_default_handler_of_misuses,
                     *boost::unit_test::precondition(without_asan)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::system_heap()};
        (void)run_on_smallest_thread([&] { free_twice(memory); });
    });
    BOOST_TEST(child.signal == SIGABRT);
    tests::check_in_order(child.errors,
                          {"strata: misuse: debug: a block is freed twice",
                           "freed again   at stack_room_test::frees_again", "allocated     at "});
}

BOOST_AUTO_TEST_CASE(so_does_what_is_said_of_a_fault,
                     *boost::unit_test::precondition(without_asan)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.guard = strata::guard_page::ends},
                                      strata::system_heap()};
        (void)run_on_smallest_thread([&] {
            auto* const block = static_cast<volatile char*>(memory.allocate(40));
            frees(memory, const_cast<char*>(block));
            *block = 1;
        });
    });
    BOOST_TEST(child.signal != 0);
    tests::check_in_order(child.errors,
                          {"strata: misuse: debug: a block was used after it was freed",
                           "freed first   at stack_room_test::frees", "allocated     at "});
}

// memcheck takes what lies on a stack for lost once the thread changes to another one.
BOOST_AUTO_TEST_CASE(so_does_a_trace_that_is_printed,
                     *boost::unit_test::precondition(without_asan) *
                         boost::unit_test::precondition(tests::without_memcheck)) {
    const std::size_t left = run_on_smallest_thread([] {
        std::ostringstream out;
        out << strata::stack_trace::capture();
        kept = out.str();
    });
    BOOST_TEST(left >= 2048u, "only " << left << " B of the stack are left");
    BOOST_TEST(kept.find("stack_room_test") != std::string::npos);
    (void)run_on_smallest_thread(
        [] { kept = strata::function_at(reinterpret_cast<const void*>(&free_twice)); });
    BOOST_TEST(kept.find("free_twice") != std::string::npos);
}

// Its stack is none of the thread's: how much is left of it is not known.
BOOST_AUTO_TEST_CASE(a_fiber_has_as_much_room, *boost::unit_test::precondition(without_asan)) {
    static ucontext_t here;
    ucontext_t fiber;
    const small_stack stack;
    getcontext(&fiber);
    fiber.uc_stack.ss_sp = stack.begin();
    fiber.uc_stack.ss_size = smallest_stack;
    fiber.uc_link = &here;
    makecontext(
        &fiber,
        +[] { kept = strata::calls_at(reinterpret_cast<const void*>(&free_twice))[0].function; },
        0);
    swapcontext(&here, &fiber);
    BOOST_TEST(kept.find("free_twice") != std::string::npos);
    BOOST_TEST(stack.untouched() >= 2048u);
}

BOOST_AUTO_TEST_SUITE_END()
