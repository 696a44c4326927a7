// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// `errno` is as before after each call, whatever the system said meanwhile; and where memory is
// locked, as real-time programs lock it, figures say what the system did.
#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include <strata/diagnostics/stack_trace.hpp>
#include <strata/strata.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/memcheck.hpp"

BOOST_AUTO_TEST_SUITE(errno_test)

using namespace strata::literals;

namespace {

// To a child, a line of its errors is a failure.
void expect(bool holds, const std::string& what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what.c_str());
    }
}

template <class Call>
decltype(auto) kept(const char* what, Call call) {
    struct check {
        const char* what;
        ~check() {
            const int now = errno;
            expect(now == 4711, std::string{what} + " leaves errno " + std::strerror(now));
        }
    };
    const check at_end{what};
    errno = 4711;
    return call();
}

template <class Call>
void expect_bad_alloc(const char* what, Call call) {
    kept(what, [&] {
        try {
            call();
            expect(false, std::string{what} + " was served");
        } catch (const std::bad_alloc&) {
        }
    });
}

template <class Memory>
void serve_and_free(const std::string& name, Memory& memory) {
    for (const std::size_t size : {std::size_t{40}, std::size_t{5000}, 3_MiB}) {
        for (const std::size_t alignment : {std::size_t{8}, std::size_t{4096}, 1_MiB}) {
            void* block = kept((name + ": allocate").c_str(),
                               [&] { return memory.allocate(size, alignment); });
            std::memset(block, 1, size);
            kept((name + ": deallocate").c_str(),
                 [&] { memory.deallocate(block, size, alignment); });
        }
    }
    // More than a process has addresses: jemalloc serves 2^46 bytes.
    expect_bad_alloc((name + ": a refusal").c_str(),
                     [&] { (void)memory.allocate(std::size_t{1} << 50, 8); });
}

template <class Resource>
void try_out(const std::string& name, Resource& memory) {
    serve_and_free(name, memory);
    if constexpr (requires { memory.purge(); }) {
        kept((name + ": purge").c_str(), [&] { memory.purge(); });
    }
    if constexpr (requires { memory.trim(); }) {
        kept((name + ": trim").c_str(), [&] { memory.trim(); });
    }
    if constexpr (requires { memory.reset(); }) {
        kept((name + ": reset").c_str(), [&] { memory.reset(); });
    }
    if constexpr (requires { memory.flush(); }) {
        kept((name + ": flush").c_str(), [&] { memory.flush(); });
    }
    if constexpr (requires { memory.release(); }) {
        kept((name + ": release").c_str(), [&] { memory.release(); });
    }
}

void try_out_all() {
    for (const std::size_t reserve : {0_MiB, 64_MiB}) {
        for (const bool guard : {false, true}) {
            for (const bool populate : {false, true}) {
                for (const std::size_t keep : {0_MiB, 1_MiB}) {
                    for (const auto huge :
                         {strata::huge_pages::none, strata::huge_pages::transparent,
                          strata::huge_pages::explicit_or_transparent}) {
                        strata::page_resource pages{{.reserve = reserve,
                                                     .huge = huge,
                                                     .guard = guard,
                                                     .populate = populate,
                                                     .keep = keep}};
                        try_out("pages", pages);
                    }
                }
            }
        }
    }
    auto* const heap = strata::system_heap();
    strata::page_resource pages{{.reserve = 64_MiB}};
    strata::arena_resource arena{&pages};
    strata::pool_resource pool{&pages};
    strata::concurrent_pool_resource concurrent_pool{&pages};
    strata::concurrent_arena_resource concurrent_arena{&pages};
    strata::bounded_time_resource bounded{{.capacity = 16_MiB}, &pages};
    strata::stats_resource stats{heap};
    strata::debug_resource debug{strata::debug{}, heap};
    strata::debug_resource ends{strata::debug{.guard = strata::guard_page::ends}, heap};
    strata::debug_resource begins{strata::debug{.guard = strata::guard_page::begins}, heap};
    try_out("heap", *heap);
    try_out("arena", arena);
    try_out("pool", pool);
    try_out("concurrent_pool", concurrent_pool);
    try_out("concurrent_arena", concurrent_arena);
    try_out("bounded_time", bounded);
    try_out("stats", stats);
    try_out("debug", debug);
    try_out("debug(guard=ends)", ends);
    try_out("debug(guard=begins)", begins);
}

std::size_t resident_bytes(std::byte* begin, std::size_t bytes) {
    const std::size_t page = strata::page_resource::page_bytes();
    std::vector<unsigned char> pages(bytes / page);
    std::size_t resident = 0;
    if (mincore(begin, bytes, pages.data()) == 0) {
        for (const unsigned char each : pages) {
            resident += (each & 1) != 0 ? page : 0;
        }
    }
    return resident;
}

// Memory counts as given back where it was.
void expect_true_figures() {
    constexpr std::size_t size = 3_MiB;
    strata::page_resource pages{{.reserve = 64_MiB, .keep = 8_MiB}};
    auto* block = static_cast<std::byte*>(pages.allocate(size, 4096));
    std::memset(block, 1, size);
    pages.deallocate(block, size, 4096);
    expect(pages.usage().reserved_bytes >= size, "what is kept is reserved");
    const std::size_t purged = pages.purge();
    const std::size_t left = resident_bytes(block, size);
    expect(purged == size - left,
           "purged are " + std::to_string(purged) + ", resident are still " + std::to_string(left));
    expect(pages.usage().reserved_bytes >= left && *pages.usage().reserved_bytes < left + 1_MiB,
           "reserved is what is resident");
    strata::page_resource at_once{{.reserve = 64_MiB}};
    block = static_cast<std::byte*>(at_once.allocate(size, 4096));
    std::memset(block, 1, size);
    at_once.deallocate(block, size, 4096);
    const std::size_t kept = resident_bytes(block, size);
    expect(at_once.usage().reserved_bytes >= kept && *at_once.usage().reserved_bytes < kept + 1_MiB,
           "without `keep`, reserved is what is resident");
}

template <class Work>
void expect_no_errors(Work work) {
    const tests::child ended = tests::run_in_child([&] {
        alarm(300);
        work();
    });
    BOOST_TEST(ended.signal == 0);
    BOOST_TEST(ended.exit_code == 0);
    if constexpr (!tests::asan) {  // which warns of what is too large
        BOOST_TEST(ended.errors == "");
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_call_keeps_errno) {
    expect_no_errors(try_out_all);
}

BOOST_AUTO_TEST_CASE(a_purge_tells_what_it_gave_back) {
    expect_no_errors(expect_true_figures);
}

BOOST_AUTO_TEST_CASE(all_holds_where_memory_is_locked) {
    if (tests::is_memcheck() || tests::asan || tests::tsan) {
        return;  // all of their shadow would be locked
    }
    expect_no_errors([] {
        if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0) {
            try_out_all();
            expect_true_figures();
        }
    });
}

BOOST_AUTO_TEST_CASE(what_is_said_keeps_errno) {
    const tests::child ended = tests::run_in_child([] {
        strata::set_misuse_handler([](const char* /*message*/) noexcept { errno = EBADF; });
        kept("misuse", [] { strata::misuse("a message"); });
        strata::set_misuse_handler(nullptr);
        close(STDERR_FILENO);
        errno = 4711;
        {
            strata::stats_resource memory{strata::stats{.on_destroy = strata::on_finding::report},
                                          strata::system_heap()};
            (void)memory.allocate(40, 8);
        }
        std::_Exit(errno == 4711 ? 0 : 1);
    });
    BOOST_TEST(ended.signal == 0);
    BOOST_TEST(ended.exit_code == 0);
    if constexpr (!tests::asan) {  // which warns of what is too large
        BOOST_TEST(ended.errors == "");
    }
    errno = 4711;
    std::ostringstream text;
    text << strata::stack_trace::capture();
    BOOST_TEST(errno == 4711);
    text << strata::describe(*strata::system_heap());
    BOOST_TEST(errno == 4711);
}

BOOST_AUTO_TEST_SUITE_END()
