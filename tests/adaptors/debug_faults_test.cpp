// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <sys/resource.h>

#include <array>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <string>
#include <utility>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/finding_recorder.hpp"
#include "support/in_order.hpp"
#include "support/memcheck.hpp"

BOOST_AUTO_TEST_SUITE(debug_faults_test)

// What follows an address that was read from a freed block faults, and the message says where that
// block was freed.

namespace {

using strata::finding;

// The tools stop at the read already.
boost::test_tools::assertion_result without_tools(boost::unit_test::test_unit_id /*of*/) {
    return !tests::asan && !tests::is_memcheck();
}

template <class T>
T* hidden(T* pointer) {
    asm volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

using allocator = std::pmr::polymorphic_allocator<>;

// Its destructor follows an address that it reads from the object, as those of containers do.
class owner {
public:
    explicit owner(std::pmr::memory_resource& memory)
        : memory_{&memory},
          block_{memory.allocate(40, 8)} {}
    owner(const owner&) = delete;
    owner& operator=(const owner&) = delete;
    ~owner() { memory_->deallocate(block_, 40, 8); }

private:
    std::pmr::memory_resource* memory_;
    void* block_;
};

[[gnu::noinline]] owner* makes(std::pmr::memory_resource& memory) {
    return hidden(allocator{&memory}.new_object<owner>(memory));
}
[[gnu::noinline]] void destroys(std::pmr::memory_resource& memory, owner* object) {
    allocator{&memory}.delete_object(hidden(object));
    (void)hidden(&object);
}
[[gnu::noinline]] void destroys_again(std::pmr::memory_resource& memory, owner* object) {
    allocator{&memory}.delete_object(hidden(object));
    (void)hidden(&object);
}

void destroy_twice(std::pmr::memory_resource& memory) {
    owner* object = makes(memory);
    destroys(memory, object);
    destroys_again(memory, object);
}

struct shape {
    virtual ~shape() = default;
    [[nodiscard]] virtual int corners() const { return 0; }
};
[[gnu::noinline]] int asks(const shape* of) {
    return hidden(of)->corners() + 1;
}

bool is_fault(const tests::child& child) {
    return child.signal == SIGSEGV || child.signal == SIGBUS;
}

sigjmp_buf way_out;

}  // namespace

BOOST_AUTO_TEST_CASE(a_second_destructor_is_told_with_the_block_and_both_frees,
                     *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        strata::stack memory{strata::debug{.name = "m"}, strata::pool{}};
        destroy_twice(memory);
    });
    BOOST_TEST(is_fault(child));
    tests::check_in_order(
        child.errors,
        {"strata: misuse: debug \"m\": an address that was read from a freed block was used\n",
         "  address       0xdddd", "\n  perhaps       an object in the block is destroyed a second",
         "\n  block         ", " B aligned to 8 at 0x", ", allocation 1\n",
         "  used          at debug_faults_test::owner::~owner",
         " at debug_faults_test::destroys_again",
         "\n  freed first   at debug_faults_test::destroys",
         "\n  allocated     at debug_faults_test::makes", "\n"});
}

BOOST_AUTO_TEST_CASE(so_is_a_virtual_call_of_a_freed_object,
                     *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.name = "m"}, strata::system_heap()};
        shape* const freed = hidden(allocator{&memory}.new_object<shape>());
        allocator{&memory}.delete_object(freed);
        (void)asks(freed);
    });
    BOOST_TEST(is_fault(child));
    tests::check_in_order(
        child.errors,
        {"read from a freed block", "8 B aligned to 8 at 0x",
         "used          at debug_faults_test::asks", "freed first   at ", "allocated     at "});
}

BOOST_AUTO_TEST_CASE(the_block_is_the_one_whose_memory_was_read,
                     *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.stack_depth = 0}, strata::system_heap()};
        std::array<void*, 20> blocks{};
        for (void*& each : blocks) {
            each = memory.allocate(48);
        }
        for (void* each : blocks) {
            memory.deallocate(each, 48);
        }
        // Other ones are in registers and on the stack.
        int* const* from = hidden(static_cast<int**>(blocks[12]) + 3);
        std::printf("%d", **hidden(from));
    });
    BOOST_TEST(is_fault(child));
    tests::check_in_order(child.errors, {"read from a freed block", "48 B", "allocation 13\n"});
    BOOST_TEST(child.errors.find("used  ") == std::string::npos);
}

// Also after release(), and with a size that is no multiple of a word.
BOOST_AUTO_TEST_CASE(a_released_block_says_so, *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{}, strata::system_heap()};
        auto* const block = static_cast<char**>(memory.allocate(13));
        memory.release();
        std::printf("%c", (*hidden(block))[5]);
    });
    BOOST_TEST(is_fault(child));
    tests::check_in_order(child.errors, {"read from a freed block", "13 B", "released  "});
}

BOOST_AUTO_TEST_CASE(a_block_that_left_the_quarantine_is_still_named_by_its_address,
                     *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.quarantine = 0}, strata::system_heap()};
        auto* const block = static_cast<char**>(memory.allocate(64));
        char* const* const inside = hidden(block + 3);
        char* const other = hidden(static_cast<char*>(memory.allocate(64)));
        memory.deallocate(block, 64);
        std::printf("%c%c", *other, **inside);
    });
    BOOST_TEST(is_fault(child));
    tests::check_in_order(child.errors, {"read from a freed block", "at 0x", "freed too long ago"});
}

// --- between guard pages
// --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_read_of_a_freed_block_between_guard_pages_is_told,
                     *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.guard = strata::guard_page::ends},
                                      strata::system_heap()};
        auto* const block = static_cast<char*>(memory.allocate(40, 8));
        memory.deallocate(block, 40, 8);
        std::printf("%c", *hidden(block + 8));
    });
    BOOST_TEST(is_fault(child));
    tests::check_in_order(child.errors, {"debug: a block was used after it was freed\n",
                                         "which is 8 B into a block\n", "40 B aligned to 8",
                                         "used  ", "freed first ", "allocated "});
}

BOOST_AUTO_TEST_CASE(so_is_what_lies_beyond_a_block,
                     *boost::unit_test::precondition(without_tools)) {
    for (const std::size_t size : {1U, 40U, 4096U, 5000U}) {
        const auto behind = tests::run_in_child([=] {
            strata::debug_resource memory{strata::debug{.guard = strata::guard_page::ends},
                                          strata::system_heap()};
            (void)memory.allocate(8, 1);
            auto* const block = static_cast<char*>(memory.allocate(size, 1));
            (void)memory.allocate(8, 1);
            *hidden(block + size) = 1;
        });
        BOOST_TEST(is_fault(behind));
        tests::check_in_order(behind.errors, {"debug: memory beyond a block was used\n",
                                              "0 B after a block\n", std::to_string(size).c_str(),
                                              ", allocation 2\n", "used  ", "allocated "});
        const auto before = tests::run_in_child([=] {
            strata::debug_resource memory{strata::debug{.guard = strata::guard_page::begins},
                                          strata::system_heap()};
            (void)memory.allocate(8, 1);
            auto* const block = static_cast<char*>(memory.allocate(size, 1));
            (void)memory.allocate(8, 1);
            *hidden(block - 1) = 1;
        });
        BOOST_TEST(is_fault(before));
        tests::check_in_order(before.errors, {"memory beyond a block was used\n",
                                              "1 B before a block\n", ", allocation 2\n"});
    }
}

// --- what else there is
// ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_earlier_handler_goes_on, *boost::unit_test::precondition(without_tools)) {
    for (const int flags : {0, SA_SIGINFO}) {
        const auto child = tests::run_in_child([=] {
            struct sigaction own {};
            own.sa_flags = flags;
            if (flags == 0) {
                own.sa_handler = [](int) { std::_Exit(7); };
            } else {
                own.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
                    std::_Exit(signal == info->si_signo && context != nullptr ? 7 : 8);
                };
            }
            sigaction(SIGSEGV, &own, nullptr);
            sigaction(SIGBUS, &own, nullptr);
            strata::debug_resource memory{strata::system_heap()};
            destroy_twice(memory);
        });
        BOOST_TEST(child.exit_code == 7);
        tests::check_in_order(child.errors, {"read from a freed block"});
    }
}

BOOST_AUTO_TEST_CASE(a_program_that_goes_on_after_faults_can_do_so,
                     *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        struct sigaction own {};
        own.sa_handler = [](int) { siglongjmp(way_out, 1); };
        sigaction(SIGSEGV, &own, nullptr);
        sigaction(SIGBUS, &own, nullptr);
        strata::debug_resource memory{strata::debug{.on_finding = strata::on_finding::ignore},
                                      strata::system_heap()};
        static int round = 0;
        for (; round != 3; ++round) {
            if (sigsetjmp(way_out, 1) == 0) {
                destroy_twice(memory);
            }
            if (sigsetjmp(way_out, 1) == 0) {
                *hidden(static_cast<int*>(nullptr)) = 1;  // none of ours
            }
        }
        std::fprintf(stderr, "%zu\n", memory.findings(finding::use_after_free));
    });
    BOOST_TEST(child.exit_code == 0);
    BOOST_TEST(child.errors == "3\n");
}

BOOST_AUTO_TEST_CASE(other_faults_are_left_as_they_are,
                     *boost::unit_test::precondition(without_tools)) {
    const auto null = tests::run_in_child([] {
        const strata::debug_resource memory{strata::system_heap()};
        *hidden(static_cast<int*>(nullptr)) = 1;
    });
    BOOST_TEST(null.signal == SIGSEGV);
    BOOST_TEST(null.errors == "");
    const auto sent = tests::run_in_child([] {
        const strata::debug_resource memory{strata::system_heap()};
        std::raise(SIGBUS);
    });
    BOOST_TEST(sent.signal == SIGBUS);
    BOOST_TEST(sent.errors == "");
}

// One that was installed later and passes on what it gets may be below ours too.
BOOST_AUTO_TEST_CASE(handlers_that_pass_on_to_each_other_come_to_an_end,
                     *boost::unit_test::precondition(without_tools)) {
    static struct sigaction before {};
    const auto child = tests::run_in_child([] {
        const strata::debug_resource first{strata::system_heap()};
        struct sigaction own {};
        own.sa_flags = SA_SIGINFO;
        own.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
            before.sa_sigaction(signal, info, context);
        };
        sigaction(SIGSEGV, &own, &before);
        strata::debug_resource second{strata::system_heap()};
        *hidden(static_cast<int*>(nullptr)) = 1;
    });
    BOOST_TEST(child.signal == SIGSEGV);
}

BOOST_AUTO_TEST_CASE(it_can_be_turned_off, *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.faults = false}, strata::system_heap()};
        destroy_twice(memory);
    });
    BOOST_TEST(is_fault(child));
    BOOST_TEST(child.errors == "");
}

BOOST_AUTO_TEST_CASE(without_memory_for_a_child_it_is_told_briefly,
                     *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{.name = "m"}, strata::system_heap()};
        owner* object = makes(memory);
        destroys(memory, object);
        const rlimit nothing{.rlim_cur = 1, .rlim_max = 1};
        setrlimit(RLIMIT_AS, &nothing);
        destroys_again(memory, object);
    });
    BOOST_TEST(is_fault(child));
    tests::check_in_order(
        child.errors, {"strata: misuse: debug \"m\": an address that was read from a freed block",
                       "address       0xdddd", "block         at 0x", "allocation 1\n", "  used\n",
                       "adaptors_tests(+0x", "  freed first\n", "adaptors_tests(+0x",
                       "  allocated\n", "adaptors_tests(+0x"});
}

// To follow it faults in turn.
BOOST_AUTO_TEST_CASE(a_stack_that_cannot_be_followed_is_left_out,
                     *boost::unit_test::precondition(without_tools)) {
#if defined(__x86_64__)
    const auto child = tests::run_in_child([] {
        strata::debug_resource memory{strata::debug{}, strata::system_heap()};
        auto* const block = static_cast<char**>(memory.allocate(40, 8));
        memory.deallocate(block, 40, 8);
        asm volatile("mov (%0), %%rdi\n"
                     "mov $16, %%rbp\n"
                     "mov (%%rdi), %%rdi\n"
                     :
                     : "r"(hidden(block))
                     : "rdi", "memory");
    });
    BOOST_TEST(is_fault(child));
    tests::check_in_order(child.errors,
                          {"read from a freed block", "40 B aligned to 8", "freed first "});
    BOOST_TEST(child.errors.find("used  ") == std::string::npos);
#endif
}

// --- fills
// ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(freed_memory_reads_as_addresses_of_nothing,
                     *boost::unit_test::precondition(without_tools)) {
    strata::debug_resource memory{strata::system_heap()};
    for (const std::size_t size : {1U, 7U, 8U, 13U, 64U, 4001U}) {
        auto* const block = static_cast<std::byte*>(memory.allocate(size, 1));
        memory.deallocate(block, size, 1);
        const std::uint64_t word =
            std::uint64_t{0xDDDD} << 48 | reinterpret_cast<std::uintptr_t>(block);
        for (std::size_t i = 0; i != size; ++i) {
            BOOST_TEST_REQUIRE((hidden(block)[i] == static_cast<std::byte>(word >> (8 * (i % 8)))));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_pointer_from_a_freed_block_is_known_as_it_is_freed,
                     *boost::unit_test::precondition(without_tools)) {
    tests::finding_recorder found;
    strata::debug_resource memory{strata::debug{.handler = found.handler()}, strata::system_heap()};
    auto* const block = static_cast<void**>(memory.allocate(40));
    memory.deallocate(block, 40);
    memory.deallocate(*hidden(block), 8);
    found.expect(finding::foreign_pointer,
                 {"a pointer that was read from a freed block is freed", "pointer       0xdddd",
                  "block         40 B", "freed before", "allocated"});
}

BOOST_AUTO_TEST_CASE(texts_say_what_memory_is_filled_with) {
    const std::string text =
        "debug(faults=false, fresh_fill=17, freed_fill=34, fence_fill=51) > heap";
    auto memory = strata::strategy::parse(text).build();
    const strata::debug& options = memory.find<strata::debug_resource<>>()->options();
    BOOST_TEST((options.fresh_fill == std::byte{0x11}));
    BOOST_TEST((options.freed_fill == std::byte{0x22}));
    BOOST_TEST((options.fence_fill == std::byte{0x33}));
    BOOST_TEST(!options.faults);
    BOOST_TEST(to_string(strata::strategy::parse(text)) == text);
    auto standard = strata::strategy::parse("debug > heap").build();
    BOOST_TEST(!standard.find<strata::debug_resource<>>()->options().freed_fill.has_value());
    for (const char* fill : {"fresh_fill", "freed_fill", "fence_fill"}) {
        BOOST_CHECK_EXCEPTION(
            (void)strata::strategy::parse("debug(" + std::string{fill} + "=256) > heap"),
            strata::strategy_error, [](const strata::strategy_error& error) {
                return error.problem() == "strategy: expected at most 255";
            });
    }
}

BOOST_AUTO_TEST_SUITE_END()
