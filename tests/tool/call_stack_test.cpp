// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// The stacks that a writer of traces captures, as a reader finds them.
#include <boost/test/unit_test.hpp>

#include <dlfcn.h>
#include <execinfo.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "support/forks.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"
#include "support/traces.hpp"
#include "tool/trace/event_source.hpp"
#include "trace/frame_rule.hpp"
#include "trace/trace_writer.hpp"

BOOST_AUTO_TEST_SUITE(call_stack_test)

using strata::detail::frame_rule;
using strata::detail::trace_writer;
using strata::tool::trace::call_sites;
using strata::tool::trace::shown_call;

namespace {

using addresses = std::vector<std::uintptr_t>;

/// A stack as the system's unwinder sees it, and the number of it in the trace.
struct captured {
    addresses expected;  // of the callers of `capture`
    std::uint32_t site = 0;
};

[[gnu::noinline]] captured capture(trace_writer& to) {
    captured all;
    std::array<void*, 400> found{};
    const int count = backtrace(found.data(), static_cast<int>(found.size()));
    // Under a sanitizer, frames of its own are further in.
    auto* const caller =
        std::find(found.begin(), found.begin() + count, __builtin_return_address(0));
    std::transform(caller, found.begin() + count, std::back_inserter(all.expected),
                   [](void* each) { return reinterpret_cast<std::uintptr_t>(each) - 1; });
    all.site = to.site(to.clock().now());
    return all;
}

/// Functions that call each other in a random order, with frames of different kinds.
class random_program {
public:
    random_program(trace_writer& to, std::uint64_t seed) : to_{to}, dice_{seed} {}

    std::vector<captured> run(std::size_t stacks) {
        wanted_ = stacks;
        while (all_.size() < wanted_) {
            call(1 + dice_.below(40));
        }
        return std::move(all_);
    }

private:
    void call(std::uint64_t depth) {
        while (depth != 0 && dice_.below(4) != 0 && all_.size() < wanted_) {
            switch (dice_.below(3)) {
                case 0:
                    simple(depth - 1);
                    break;
                case 1:
                    with_pointer(depth - 1);
                    break;
                default:
                    aligned(depth - 1);
            }
        }
        all_.push_back(capture(to_));
    }
    [[gnu::noinline]] void simple(std::uint64_t depth) {
        call(depth);
        asm volatile("" : : : "memory");
    }
    // A frame of a size that is known at run time needs a base pointer.
    [[gnu::noinline]] void with_pointer(std::uint64_t depth) {
        auto* const room = static_cast<char*>(__builtin_alloca(16 + 16 * dice_.below(20)));
        asm volatile("" : : "r"(room) : "memory");
        call(depth);
        asm volatile("" : : "r"(room) : "memory");
    }
    [[gnu::noinline]] void aligned(std::uint64_t depth) {
        alignas(256) std::array<char, 300> room;  // NOLINT: only its place matters
        asm volatile("" : : "r"(room.data()) : "memory");
        call(depth);
        asm volatile("" : : "r"(room.data()) : "memory");
    }

    trace_writer& to_;
    tests::random dice_;
    std::size_t wanted_ = 0;
    std::vector<captured> all_;
};

addresses addresses_of(const call_sites& in, std::uint32_t site) {
    addresses all;
    for (const shown_call& each : in.calls_of(site)) {
        all.push_back(each.address + (each.module == nullptr ? 0 : each.module->bias));
    }
    return all;
}

// All callers: what the trace has further in are calls of this test and of the library.
void check(const call_sites& in, const captured& of, std::size_t depth) {
    const addresses found = addresses_of(in, of.site);
    BOOST_TEST(!found.empty());
    BOOST_TEST(found.size() <= depth);
    addresses wanted = of.expected;
    BOOST_REQUIRE(!wanted.empty());
    const auto begin = std::ranges::find(found, wanted.front());
    const auto count = static_cast<std::size_t>(found.end() - begin);
    BOOST_REQUIRE(count != 0u);
    if (found.size() == depth) {
        wanted.resize(std::min(wanted.size(), count));  // the outermost ones were left out
    }
    BOOST_TEST(std::equal(begin, found.end(), wanted.begin(), wanted.end()));
}

std::size_t address_space() {
    std::ifstream sizes{"/proc/self/statm"};
    std::size_t pages = 0;
    sizes >> pages;
    return pages * 4096;
}

struct recorded {
    tests::temporary_folder files;
    std::string path = files.file("run.live");

    [[nodiscard]] call_sites sites() const {
        const auto source =
            strata::tool::trace::open_trace(path, strata::tool::trace::on_damage::refuse);
        for (strata::tool::trace::event each; source->next(each);) {
        }
        return source->sites();
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_rule_keeps_what_it_is_made_of) {
    for (const auto from : {frame_rule::base::stop, frame_rule::base::sp, frame_rule::base::bp,
                            frame_rule::base::at_bp}) {
        for (const std::int32_t offset : {0, 8, 16, -8, -160, 8 * 32767, -8 * 32767}) {
            for (const std::uint32_t below : {0u, 16u, 8 * 2047u}) {
                const frame_rule rule{from, offset, below};
                BOOST_TEST((frame_rule::unpacked(rule.packed()) == rule));
                BOOST_TEST(rule.packed() < 1u << frame_rule::bits);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(no_rule_is_known_outside_of_modules) {
    const auto on_stack = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    for (const std::uintptr_t each : {std::uintptr_t{0}, std::uintptr_t{4096}, on_stack}) {
        BOOST_TEST((strata::detail::find_frame_rule(each) == frame_rule{}));
    }
}

BOOST_FIXTURE_TEST_CASE(stacks_are_those_of_the_systems_unwinder, recorded) {
    std::vector<captured> all;
    {
        trace_writer to{"test", "one", path, {.stack_depth = 256}};
        BOOST_TEST(to.has_stacks());
        all = random_program{to, 1}.run(3000);
    }
    const call_sites found = sites();
    for (const captured& each : all) {
        check(found, each, 256);
    }
}

BOOST_FIXTURE_TEST_CASE(stacks_that_are_cut_are_so_at_the_outer_end, recorded) {
    for (const std::size_t depth : {1u, 2u, 7u, 20u}) {
        BOOST_TEST_CONTEXT("depth " << depth) {
            path = files.file("run" + std::to_string(depth));
            std::vector<captured> all;
            {
                trace_writer to{"test", "one", path, {.stack_depth = depth}};
                all = random_program{to, depth}.run(500);
            }
            const call_sites found = sites();
            for (const captured& each : all) {
                BOOST_TEST(found.calls_of(each.site).size() <= depth);
                if (depth >= 7) {
                    check(found, each, depth);
                }
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(threads_share_the_calls, recorded) {
    constexpr std::size_t count = 8;
    std::array<std::vector<captured>, count> all;
    {
        trace_writer to{"test", "one", path, {.stack_depth = 256}};
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i != count; ++i) {
            threads.emplace_back([&to, &each = all[i], i] {
                each = random_program{to, i % 3}.run(500);
            });
        }
        for (std::thread& each : threads) {
            each.join();
        }
    }
    const call_sites found = sites();
    for (const auto& of_thread : all) {
        for (const captured& each : of_thread) {
            check(found, each, 256);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_stack_without_room_in_the_file_is_known_when_there_is_room, recorded) {
    tests::require_in_child([&] {
        const auto limit_files_to = [](rlim_t bytes) {
            rlimit most{};
            getrlimit(RLIMIT_FSIZE, &most);
            most.rlim_cur = bytes == 0 ? most.rlim_max : bytes;
            setrlimit(RLIMIT_FSIZE, &most);
        };
        limit_files_to(2 * strata::live_trace::chunk_bytes);
        trace_writer to{"test", "one", path, {.stack_depth = 256}};
        while (to.write(strata::live_trace::kind::phase, 1, "fills the file")) {
        }
        constexpr int tries = 5000;
        std::uint32_t first = 1;
        std::uint32_t last = 0;
        for (int i = 0; i != tries; ++i) {
            last = capture(to).site;
            if (i == 0) {
                first = last;
                limit_files_to(0);
            }
        }
        return first == 0 && last != 0;
    });
}

BOOST_FIXTURE_TEST_CASE(calls_have_new_numbers_after_a_module_was_unloaded, recorded) {
    trace_writer to{"test", "one", path, {.stack_depth = 256}};
    std::array<std::uint32_t, 4> found{};
    for (std::size_t i = 0; i != found.size(); ++i) {
        if (i == 2) {
            void* const module = dlopen("libanl.so.1", RTLD_NOW);
            if (module == nullptr) {
                BOOST_TEST_MESSAGE("libanl.so.1 is not there");
                return;
            }
            dlclose(module);
            to.forget_unloaded();
        }
        found[i] = capture(to).site;
    }
    BOOST_TEST(found[0] != 0u);
    BOOST_TEST(found[1] == found[0]);
    BOOST_TEST(found[2] > found[1]);
    BOOST_TEST(found[3] == found[2]);
}

BOOST_FIXTURE_TEST_CASE(threads_that_end_leave_their_memory_to_the_next_ones, recorded) {
    trace_writer to{"test", "one", path, {.stack_depth = 256}};
    const auto run_threads = [&to](int count) {
        for (; count != 0; --count) {
            std::thread{[&to] { BOOST_TEST(capture(to).site != 0u); }}.join();
        }
    };
    run_threads(100);
    const std::size_t before = address_space();
    run_threads(1000);
    // A stack of each would be 20 MiB.
    BOOST_TEST(address_space() < before + (std::size_t{5} << 20));
}

BOOST_FIXTURE_TEST_CASE(a_writer_without_stacks_makes_a_file_of_the_first_version, recorded) {
    {
        trace_writer to{"test", "one", path};
        BOOST_TEST(!to.has_stacks());
    }
    std::ifstream file{path, std::ios::binary};
    std::array<char, 12> head{};
    file.read(head.data(), head.size());
    BOOST_TEST(head[8] == 1);
    BOOST_TEST(sites().empty());
}

BOOST_AUTO_TEST_SUITE_END()
