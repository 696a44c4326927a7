// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <strata/adaptors/trace_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/trace/detail/open_trace.hpp>
#include <strata/trace/mark_phase.hpp>

#include "support/forks.hpp"
#include "support/live_trace.hpp"
#include "support/memcheck.hpp"
#include "support/temporary_folder.hpp"

BOOST_AUTO_TEST_SUITE(trace_writer_test)

namespace {

namespace utf = boost::unit_test;

using strata::detail::open_trace;
using tests::live_kind;

struct folder {
    tests::temporary_folder files;
    std::string path = files.file("run.trace");
};

const void* block_at(std::uint64_t address) {
    return reinterpret_cast<const void*>(address);
}

// Records so many allocations; returns how many of them.
std::size_t record(open_trace& to, std::size_t count) {
    std::size_t recorded = 0;
    for (std::size_t i = 0; i != count; ++i) {
        recorded += to.allocated(block_at(16 * (i + 1)), 8, 8) ? 1 : 0;
    }
    return recorded;
}

constexpr std::size_t in_a_chunk = strata::live_trace::events_per_chunk - 1;
constexpr std::size_t chunk_bytes = strata::live_trace::chunk_bytes;

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_file_ends_with_its_last_chunk, folder) {
    {
        open_trace to{"trace", "one", path};
        BOOST_TEST(record(to, 3 * in_a_chunk) == 3 * in_a_chunk);
    }
    const auto read = tests::read_live_trace(path);
    BOOST_TEST(read.chunks == 4u);
    BOOST_TEST(read.bytes == 5 * chunk_bytes);
    BOOST_TEST(read.count(live_kind::allocate) == 3 * in_a_chunk);
    BOOST_TEST(read.count(live_kind::dropped) == 0u);
}

BOOST_FIXTURE_TEST_CASE(every_short_thread_takes_one_chunk, folder) {
    constexpr std::size_t count = 40;
    {
        open_trace to{"trace", "one", path};
        for (std::size_t i = 0; i != count; ++i) {
            std::thread{[&] { BOOST_TEST(record(to, 1) == 1u); }}.join();
        }
    }
    const auto read = tests::read_live_trace(path);
    BOOST_TEST(read.threads.size() == count + 1);
    BOOST_TEST(read.chunks == count + 1);
    BOOST_TEST(read.count(live_kind::thread_begin) == count + 1);
    BOOST_TEST(read.count(live_kind::thread_end) == count);
}

BOOST_FIXTURE_TEST_CASE(full_parts_of_the_file_are_mapped_no_longer, folder) {
    open_trace to{"trace", "one", path};
    constexpr std::size_t mebibytes = 20;
    const std::size_t wanted = mebibytes * 16 * in_a_chunk;
    BOOST_TEST(record(to, wanted) == wanted);
    std::size_t mapped = 0;
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
        if (line.find(path) != std::string::npos) {
            const std::size_t dash = line.find('-');
            mapped += std::stoull(line.substr(dash + 1), nullptr, 16) -
                      std::stoull(line.substr(0, dash), nullptr, 16);
        }
    }
    BOOST_TEST(mapped > 0u);
    BOOST_TEST(mapped <= chunk_bytes + 2 * 64 * chunk_bytes);
}

// --- killed -----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(of_a_killed_program_all_events_are_there_but_the_last, folder,
                        *utf::precondition(tests::without_memcheck)) {
    constexpr std::size_t threads = 3;
    using counts = std::array<std::atomic<std::uint64_t>, threads>;
    void* const shared =
        mmap(nullptr, sizeof(counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    BOOST_TEST_REQUIRE(shared != MAP_FAILED);
    auto& done = *::new (shared) counts{};
    const pid_t child = fork();
    if (child == 0) {
        alarm(tests::seconds_to_hang);
        strata::trace_resource memory{strata::trace{.file = path}, strata::system_heap()};
        std::vector<std::thread> all;
        for (std::size_t i = 0; i != threads; ++i) {
            all.emplace_back([&, i] {
                for (std::uint64_t calls = 0;;) {
                    void* const block = memory.allocate(1000 + i, 8);
                    done[i].store(++calls);
                    memory.deallocate(block, 1000 + i, 8);
                    done[i].store(++calls);
                }
            });
        }
        all.front().join();
    }
    const auto has_worked = [&] {
        return std::ranges::all_of(done, [](const auto& each) { return each.load() > 20'000; });
    };
    int status = 0;
    while (!has_worked() && waitpid(child, &status, WNOHANG) == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    kill(child, SIGKILL);
    BOOST_TEST(waitpid(child, &status, 0) == child);
    BOOST_TEST(WTERMSIG(status) == SIGKILL);

    const auto read = tests::read_live_trace(path);
    tests::check_causality(read);
    std::array<std::uint64_t, threads> recorded{};
    for (const auto& [thread, events] : read.threads) {
        for (const auto& each : events) {
            if (each.kind == live_kind::allocate || each.kind == live_kind::deallocate) {
                ++recorded.at(each.size - 1000);
            }
        }
    }
    for (std::size_t i = 0; i != threads; ++i) {
        BOOST_TEST(recorded[i] >= done[i]);
        BOOST_TEST(recorded[i] <= done[i] + 1);
    }
    munmap(shared, sizeof(counts));
}

// --- fork -------------------------------------------------------------------------------------

namespace {

void record_nothing_in_a_child(const folder& in, std::size_t stack_depth) {
    const std::string& path = in.path;
    auto to = std::make_unique<open_trace>("trace", "one", path, stack_depth);
    BOOST_TEST(record(*to, 10) == 10u);
    for (const bool ends_it : {false, true}) {
        tests::require_in_child([&] {
            const bool goes_on = record(*to, 10'000) == 10'000 && to->dropped() == 0;
            strata::mark_phase("child");
            const bool is_refusal_done =
                to->refused(8, 8) && to->resized(block_at(16), 8, 16, 8, 0);
            std::thread{[&] { (void)record(*to, 1); }}.join();
            if (ends_it) {
                to.reset();
            }
            return goes_on && is_refusal_done;
        });
        BOOST_TEST(record(*to, 10) == 10u);
    }
    to.reset();
    const auto read = tests::read_live_trace(path);
    BOOST_TEST(read.threads.size() == 1u);
    BOOST_TEST(read.count(live_kind::allocate) == 30u);
    BOOST_TEST(read.count(live_kind::phase) == 0u);
    BOOST_TEST(read.count(live_kind::refused) + read.count(live_kind::reallocate_begin) == 0u);
    BOOST_TEST(read.count(live_kind::site) == (stack_depth == 0 ? 0u : 30u));
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_child_records_nothing, folder) {
    record_nothing_in_a_child(*this, 0);
}

BOOST_FIXTURE_TEST_CASE(a_child_records_nothing_with_call_sites_either, folder) {
    record_nothing_in_a_child(*this, 32);
}

BOOST_FIXTURE_TEST_CASE(a_child_can_record_to_a_file_of_its_own, folder) {
    const open_trace to{"trace", "one", path};
    tests::require_in_child([&] {
        open_trace own{"trace", "two", files.file("child")};
        return record(own, 10) == 10;
    });
    const auto read = tests::read_live_trace(files.file("child"));
    BOOST_TEST(read.count(live_kind::allocate) == 10u);
}

// --- no room ----------------------------------------------------------------------------------

namespace {

void limit_files_to(std::size_t bytes) {
    rlimit most{};
    getrlimit(RLIMIT_FSIZE, &most);
    most.rlim_cur = bytes == 0 ? most.rlim_max : bytes;
    setrlimit(RLIMIT_FSIZE, &most);
}

}  // namespace

// A file over the limit would end the program with SIGXFSZ.
BOOST_FIXTURE_TEST_CASE(events_without_room_are_dropped_and_counted, folder) {
    tests::require_in_child([&] {
        limit_files_to(4 * chunk_bytes);
        open_trace to{"trace", "one", path};
        const std::size_t before = record(to, 5 * in_a_chunk);
        const std::size_t dropped = to.dropped();
        limit_files_to(0);
        const std::size_t after = record(to, 2 * in_a_chunk + 4096);
        return before < 3 * in_a_chunk && before + dropped == 5 * in_a_chunk &&
               to.reason() == EFBIG && after >= 2 * in_a_chunk;
    });
    const auto read = tests::read_live_trace(path);
    const std::size_t all = 7 * in_a_chunk + 4096;
    BOOST_TEST(read.count(live_kind::allocate) + read.sum(live_kind::dropped) == all);
    BOOST_TEST(read.count(live_kind::dropped) == 1u);
}

BOOST_FIXTURE_TEST_CASE(threads_that_never_had_room_say_so_later, folder) {
    tests::require_in_child([&] {
        limit_files_to(2 * chunk_bytes);
        open_trace to{"trace", "one", path};
        std::thread{[&] {
            (void)record(to, 100);
            limit_files_to(0);
            (void)record(to, 4096);
        }}.join();
        return to.dropped() == 4095;
    });
    const auto read = tests::read_live_trace(path);
    BOOST_TEST_REQUIRE(read.threads.size() == 2u);
    const auto& events = read.threads.at(2);
    BOOST_TEST((events.at(1).kind == live_kind::dropped));
    BOOST_TEST(events.at(1).size == 4095u);
    BOOST_TEST(read.count(live_kind::allocate) == 101u);
}

BOOST_FIXTURE_TEST_CASE(a_file_without_room_for_its_header_is_refused_and_removed, folder) {
    tests::require_in_child([&] {
        limit_files_to(100);
        try {
            const open_trace to{"trace", "one", path};
        } catch (const std::system_error& error) {
            return std::string{error.what()}.find("expected room") != std::string::npos &&
                   access(path.c_str(), F_OK) != 0;
        }
        return false;
    });
}

BOOST_FIXTURE_TEST_CASE(a_full_file_is_reported_once_and_at_the_end, folder) {
    const auto ended = tests::run_in_child([&] {
        limit_files_to(2 * chunk_bytes);
        strata::trace_resource memory{strata::trace{.file = path, .name = "orders"},
                                      strata::system_heap()};
        for (std::size_t i = 0; i != in_a_chunk; ++i) {
            memory.deallocate(memory.allocate(8), 8);
        }
    });
    BOOST_TEST(ended.signal == 0);
    const auto has = [&](const std::string& text) {
        const std::size_t at = ended.errors.find(text);
        return at != std::string::npos && ended.errors.find(text, at + 1) == std::string::npos;
    };
    BOOST_TEST(has("strata: trace \"orders\": no more room in \"" + path +
                   "\": the limit for the size of files is reached"),
               ended.errors);
    BOOST_TEST(has("events were not recorded: no room in \"" + path + "\""), ended.errors);
}

BOOST_FIXTURE_TEST_CASE(closed_standard_streams_stay_closed, folder) {
    tests::require_in_child([&] {
        close(STDOUT_FILENO);
        open_trace to{"trace", "one", path};
        return fcntl(STDOUT_FILENO, F_GETFD) < 0 && record(to, 10) == 10;
    });
}

// The number of the descriptor may then be that of a file of the program.
BOOST_FIXTURE_TEST_CASE(a_program_that_closes_all_descriptors_loses_events_and_no_files, folder) {
    tests::require_in_child([&] {
        {
            open_trace to{"trace", "one", path};
            struct stat trace {};
            int number = -1;
            if (stat(path.c_str(), &trace) != 0) {
                return false;
            }
            for (int each = 3; each != 1024; ++each) {
                struct stat now {};
                if (fstat(each, &now) == 0 && now.st_dev == trace.st_dev &&
                    now.st_ino == trace.st_ino) {
                    number = each;
                }
                close(each);
            }
            const int other = open(files.file("other").c_str(), O_CREAT | O_WRONLY, 0600);
            if (number < 0 || dup2(other, number) != number || write(number, "precious", 8) != 8) {
                return false;
            }
            (void)record(to, 10 * in_a_chunk);
            if (to.dropped() == 0 || to.reason() != EBADF) {
                return false;
            }
        }
        std::string content;
        std::ifstream{files.file("other")} >> content;
        return content == "precious";
    });
    const auto read = tests::read_live_trace(path);
    BOOST_TEST(read.count(live_kind::allocate) + read.sum(live_kind::dropped) == 10 * in_a_chunk);
}

BOOST_AUTO_TEST_SUITE_END()
