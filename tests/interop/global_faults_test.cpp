// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What a debug_resource under operator new says of faults, and at the exit.
#define BOOST_TEST_MODULE global_faults
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/sources/heap_resource.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/in_order.hpp"
#include "support/memcheck.hpp"
#include "support/wild_write.hpp"

STRATA_GLOBAL_RESOURCE(
    strata::strategy::parse("debug(name=program, concurrent=true) > heap").build());

namespace {

// The tools stop at the read already.
boost::test_tools::assertion_result without_tools(boost::unit_test::test_unit_id /*of*/) {
    return !tests::asan && !tests::is_memcheck();
}

template <class T>
T* hidden(T* pointer) {
    asm volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

struct node {
    node* next = nullptr;
    int number = 0;

    node() = default;
    node(const node&) = delete;
    node& operator=(const node&) = delete;
    ~node() { delete next; }
};

[[gnu::noinline]] node* makes() {
    node* first = new node;
    first->next = new node;
    return hidden(first);
}
[[gnu::noinline]] void frees(node* first) {
    delete hidden(first);
    (void)hidden(&first);
}
[[gnu::noinline]] void frees_again(node* first) {
    delete hidden(first);
    (void)hidden(&first);
}

}  // namespace

BOOST_AUTO_TEST_CASE(nodes_that_delete_each_other_twice_are_told,
                     *boost::unit_test::precondition(without_tools)) {
    const auto child = tests::run_in_child([] {
        // Boost.Test and the child have put theirs in place of the program's handler.
        const strata::debug_resource handles_faults_again{strata::system_heap()};
        node* first = makes();
        frees(first);
        frees_again(first);
    });
    BOOST_TEST((child.signal == SIGSEGV || child.signal == SIGBUS));
    tests::check_in_order(
        child.errors, {"strata: misuse: debug \"program\": an address that was read from a freed "
                       "block was used\n",
                       "address       0xdddd", "block         32 B aligned to 16 at 0x",
                       "used          at ", "freed first   at frees", "allocated     at makes"});
}

// It stays in quarantine until then.
BOOST_AUTO_TEST_CASE(a_write_after_a_free_is_found_at_the_exit) {
    const auto child = tests::run_in_child([] {
        strata::set_misuse_handler(
            [](const char* message) noexcept { std::fprintf(stderr, "found: %s\n", message); });
        strata::global::report_at_exit(strata::global::exit_report::leaks);
        node* first = makes();
        frees(first);
        tests::wild_write(first, 9);
        std::exit(EXIT_SUCCESS);
    });
    tests::check_in_order(
        child.errors, {"found: debug \"program\": a block was written to after it was freed\n",
                       "block         32 B aligned to 16 at 0x", "overwritten   1 byte at +25\n",
                       "freed         at frees", "allocated     at makes"});
    BOOST_TEST(child.signal == 0);
}

// As it is, that ends the program.
BOOST_AUTO_TEST_CASE(the_status_of_such_a_program_is_no_success) {
    const auto child = tests::run_in_child([] {
        strata::global::report_at_exit();
        node* first = makes();
        frees(first);
        tests::wild_write(first, 9);
        std::exit(EXIT_SUCCESS);
    });
    BOOST_TEST(child.signal == SIGABRT);
    tests::check_in_order(child.errors, {"a block was written to after it was freed\n"});
}
