// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/trace/mark_phase.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>

#include <strata/trace/detail/open_trace.hpp>

#include "support/live_trace.hpp"
#include "support/temporary_folder.hpp"

BOOST_AUTO_TEST_SUITE(mark_phase_test)

using strata::detail::open_trace;
using tests::live_kind;

BOOST_AUTO_TEST_CASE(a_phase_is_in_every_open_trace) {
    const tests::temporary_folder files;
    strata::mark_phase("before");
    {
        const open_trace first{"trace", "one", files.file("1")};
        strata::mark_phase("parse");
        {
            const open_trace second{"trace", "two", files.file("2")};
            strata::mark_phase("check");
            std::thread{[] { strata::mark_phase("write"); }}.join();
        }
        strata::mark_phase("");
    }
    strata::mark_phase("after");

    const auto phases = [&](const char* name) {
        std::string all;
        for (const auto& [thread, events] : tests::read_live_trace(files.file(name)).threads) {
            for (const auto& each : events) {
                all += each.kind == live_kind::phase ? each.text + ";" : "";
            }
        }
        return all;
    };
    BOOST_TEST(phases("1") == "parse;check;;write;");
    BOOST_TEST(phases("2") == "check;write;");
}

BOOST_AUTO_TEST_CASE(names_of_every_length_are_written_whole_up_to_1000_bytes) {
    const tests::temporary_folder files;
    const std::string name(1100, 'x');
    {
        const open_trace to{"trace", "one", files.file("run")};
        for (std::size_t length = 0; length <= name.size(); length += 7) {
            strata::mark_phase(std::string_view{name}.substr(0, length));
        }
    }
    std::size_t length = 0;
    const auto read = tests::read_live_trace(files.file("run"));
    BOOST_TEST(read.chunks > 1u);  // no text is in two of them
    for (const auto& each : read.threads.at(1)) {
        if (each.kind == live_kind::phase) {
            BOOST_TEST(each.text == name.substr(0, std::min<std::size_t>(length, 1000)));
            length += 7;
        }
    }
    BOOST_TEST(length > name.size());
}

BOOST_AUTO_TEST_SUITE_END()
