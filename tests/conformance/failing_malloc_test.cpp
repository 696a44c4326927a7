// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What takes its memory from malloc (`system_heap`, the checking resource, the names of functions)
// while each call of malloc fails in turn.
#define BOOST_TEST_MODULE failing_malloc
#include <boost/test/unit_test.hpp>

#include "failing_sweep.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include <strata/diagnostics/stack_trace.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/for_each_allocation_failure.hpp>
#include <strata/testing/injected_failure.hpp>

#include "counted_heap.hpp"
#include "support/child.hpp"

#ifdef STRATA_HEAP_IS_COUNTED

namespace {

constinit bool is_exhausted = false;

template <class Allocate>
void* served(Allocate allocate) noexcept {
    if (is_exhausted || failing_heap::fails()) {
        errno = ENOMEM;
        return nullptr;
    }
    void* block = allocate();
    failing_heap::live += block != nullptr;
    return block;
}

}  // namespace

extern "C" {

// glibc's own functions, which those below stand in front of.
void* __libc_malloc(std::size_t bytes) noexcept;
void* __libc_calloc(std::size_t items, std::size_t bytes) noexcept;
void* __libc_realloc(void* block, std::size_t bytes) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t bytes) noexcept;
void __libc_free(void* block) noexcept;

void* malloc(std::size_t bytes) noexcept {
    return served([=] { return __libc_malloc(bytes); });
}

void* calloc(std::size_t items, std::size_t bytes) noexcept {
    return served([=] { return __libc_calloc(items, bytes); });
}

void* realloc(void* block, std::size_t bytes) noexcept {
    failing_heap::live -= block != nullptr;
    void* moved = served([=] { return __libc_realloc(block, bytes); });
    failing_heap::live += moved == nullptr && block != nullptr;  // it is still there
    return moved;
}

void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
    return served([=] { return __libc_memalign(alignment, bytes); });
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    return memalign(alignment, bytes);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) noexcept {
    *block = memalign(alignment, bytes);
    return *block == nullptr ? ENOMEM : 0;
}

void free(void* block) noexcept {
    failing_heap::live -= block != nullptr;
    __libc_free(block);
}

}  // extern "C"

using failing_heap::sweep;

namespace {

// With a thread's first exception, libc++abi takes memory that it keeps for the next.
struct first_exception {
    first_exception() {
        try {
            throw std::bad_alloc{};
        } catch (const std::bad_alloc&) {
        }
    }
};

// Whether an exception as large as those of a failing resource can be thrown without memory.
// libc++abi ends the program for one of more than some 370 bytes.
boost::test_tools::assertion_result injected_failures_need_no_memory(
    boost::unit_test::test_unit_id /*of*/) {
    using exception = std::array<char, sizeof(strata::injected_failure)>;
    const auto child = tests::run_in_child([] {
        is_exhausted = true;
        try {
            throw exception{};
        } catch (const exception&) {
        }
    });
    if (child.signal != 0) {
        std::cout << "skipped: the C++ library ends the program where it has no memory for a large "
                     "exception\n";
    }
    return child.signal == 0;
}

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(first_exception);

BOOST_AUTO_TEST_CASE(the_heap) {
    sweep("the heap", [] {
        strata::heap_resource* const heap = strata::system_heap();
        heap->deallocate(heap->allocate(100, 8), 100, 8);
        heap->deallocate(heap->allocate(100, 4096), 100, 4096);
        return std::string{"served"};
    });
}

// Deallocations need no memory, and of what is wrong nothing is lost: what cannot be written down
// is reported at once.
BOOST_AUTO_TEST_CASE(the_checking_resource) {
    sweep("a checking resource", [] {
        strata::checking_resource memory;
        void* first = memory.allocate(100, 8);
        void* second = nullptr;
        try {
            second = memory.allocate(50, 16);
        } catch (const std::bad_alloc&) {
            memory.deallocate(first, 100, 8);
            throw;
        }
        memory.deallocate(second, 50, 16);
        memory.deallocate(first, 100, 8);
        BOOST_REQUIRE(memory.live_blocks() == 0 && memory.errors().empty());
        return std::string{"checked"};
    });
    sweep("a misuse of a checking resource", [] {
        const failing_heap::report kept;
        strata::checking_resource memory;
        memory.deallocate(memory.allocate(100, 8), 50, 8);
        const bool is_known =
            !memory.errors().empty() || kept.text().find("wrong size") != std::string_view::npos;
        BOOST_REQUIRE(is_known);
        BOOST_REQUIRE(memory.live_blocks() == 0);
        return std::string{"known"};
    });
}

BOOST_AUTO_TEST_CASE(stacks) {
    const auto here = strata::stack_trace::capture();
    sweep("a stack", [&] {
        std::ostringstream out;
        out << here;
        return out.str();
    });
    // Nor does it end the program without any memory.
    is_exhausted = true;
    try {
        std::ostringstream out;
        out << here;
    } catch (const std::bad_alloc&) {
    }
    is_exhausted = false;
}

BOOST_AUTO_TEST_CASE(failures_are_enumerated,
                     *boost::unit_test::precondition(injected_failures_need_no_memory)) {
    sweep("all failures", [] {
        std::ostringstream out;
        out << strata::for_each_allocation_failure([](std::pmr::memory_resource& memory) {
            const std::pmr::vector<int> numbers(10, &memory);
        });
        return out.str();
    });
    sweep("a misuse is found", [] {
        const failing_heap::report or_reported;  // for want of memory to write it down
        std::ostringstream out;
        out << strata::for_each_allocation_failure(
            [](std::pmr::memory_resource& memory) { memory.deallocate(memory.allocate(100), 50); });
        return out.str();
    });
}

#else

BOOST_AUTO_TEST_CASE(malloc_does_not_fail_here) {
    BOOST_TEST_MESSAGE("skipped: only without a sanitizer, and with glibc");
}

#endif
