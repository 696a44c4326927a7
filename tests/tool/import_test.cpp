// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What `strata import` makes of recordings, and what it refuses.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "support/random.hpp"
#include "tool/failure.hpp"
#include "tool/import/importer.hpp"
#include "tool/trace/compression.hpp"
#include "tool/trace/trace_summary.hpp"

BOOST_AUTO_TEST_SUITE(import_test)

namespace {

namespace importing = strata::tool::importing;
namespace trace = strata::tool::trace;
using trace::event_kind;
using trace::usage;

struct imported {
    trace::trace_summary sums;
    std::vector<trace::event> events;
    trace::call_sites sites;
    std::string program;
};

imported of(const std::string& text) {
    const auto source =
        importing::read_recording(std::make_unique<std::istringstream>(text), "FILE", nullptr);
    imported all;
    for (trace::event each; source->next(each);) {
        all.sums.add(each);
        all.events.push_back(each);
    }
    all.sites = source->sites();
    all.program = source->info().program;
    return all;
}

std::string refusal(const std::string& text) {
    try {
        (void)of(text);
        return "";
    } catch (const strata::tool::failure& why) {
        return why.what();
    }
}

const std::string heaptrack =
    "v 10400 3\nX /opt/app -x\nI 1000 5\ns 4 /lib\ns 4 main\ns 3 a c\ni 7f00 1 2 3 1f\nt 1 0\n"
    "a 64 1\n+ 0\n+ 0\nc 5\n- 0\na 10 1\n+ 1\nR 3c5\n\n# strings: 3\n";

}  // namespace

BOOST_AUTO_TEST_CASE(a_recording_of_heaptrack) {
    const imported all = of(heaptrack);
    BOOST_TEST(all.program == "/opt/app");
    BOOST_TEST((all.sums.allocated == usage{3, 216}));
    BOOST_TEST((all.sums.peak == usage{2, 200}));
    BOOST_TEST((all.sums.live == usage{2, 116}));
    BOOST_TEST(all.sums.microseconds == 5000u);
    BOOST_TEST(all.events[2].block == 1u);  // the later one of two
    const auto calls = all.sites.calls_of(all.events[0].site);
    BOOST_REQUIRE(calls.size() == 1u);
    BOOST_TEST(calls[0].module->path == "/lib");
    BOOST_TEST((*calls[0].name == trace::code_name{"main", "a c", 31}));
}

BOOST_AUTO_TEST_CASE(a_compressed_recording) {
    const std::string packed = trace::compressed(heaptrack);
    BOOST_TEST((of(packed).sums.allocated == usage{3, 216}));
    BOOST_TEST((of(packed + trace::compressed("+ 1\n")).sums.allocated == usage{4, 232}));
    BOOST_TEST(refusal(packed.substr(0, packed.size() - 5)).find("the file ends") !=
               std::string::npos);
    std::string wrong = packed;
    wrong[wrong.size() / 2] ^= 0x55;
    BOOST_TEST(refusal(wrong).find("FILE: offset ") == 0u);
    BOOST_TEST(refusal("\x1F\x8B\x08") ==
               "FILE: is compressed with gzip; expected it decompressed, as by zcat");
}

BOOST_AUTO_TEST_CASE(what_heaptrack_did_not_write_is_refused) {
    const std::string head = "v 10400 3\n";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "FILE:1: expected a recording of heaptrack, which begins with \"v \", or of mtrace, "
             "which begins with \"= Start\""},
        {"hello\n", "FILE:1: expected a recording of heaptrack"},
        {"v x\n", "FILE:1: expected the version of heaptrack, as a hexadecimal number"},
        {"v 10400\n", "FILE:1: expected version 1 to 3 of heaptrack's format, found 0"},
        {"v 10500 4\n", "FILE:1: expected version 1 to 3 of heaptrack's format, found 4"},
        {head + "x 3 app\n", "FILE:2: expected a file of heaptrack_interpret"},
        {head + "z\n", "FILE:2: expected a line of heaptrack"},
        {head + "+ 0\n", "FILE:2: expected the number of an allocation before it, of which there "
                         "are 0; found 0"},
        {head + "+\n", "FILE:2: expected the number of an allocation, as a hexadecimal number"},
        {head + "a 1000000000000 0\n", "FILE:2: expected a size of at most 281474976710655"},
        {head + "a 10 5\n+ 0\n", "FILE:4: expected call 5, in which a block was allocated; the "
                                 "file ends"},
        {head + "s 5 abc\n", "FILE:2: expected a text of 5 bytes, found 3"},
        {head + "i 1 1\n", "FILE:2: expected the number of a text before it, of which there are 0"},
        {head + "i 1 0\nt 2 0\n", "FILE:3: expected a place and a call before it, of which there "
                                  "are 1 and 0"},
        {head + "i 1 0\nt 1 1\n", "FILE:3: expected a place and a call before it"},
        {head + "c 4000000000001\n", "FILE:2: expected milliseconds of at most "},
        {head + "s 10000001 " + std::string(16 * 1024 * 1024 + 1, 'x'),
         "FILE:2: expected a line of at most 16777216 bytes"},
    };
    for (const auto& [text, why] : cases) {
        BOOST_TEST_CONTEXT(text.substr(0, 40)) {
            BOOST_TEST(refusal(text).substr(0, why.size()) == why);
        }
    }
    BOOST_TEST(of(head + "a 10 0\n- 0\n").sums.not_known == 1u);
}

BOOST_AUTO_TEST_CASE(what_mtrace_writes) {
    const imported all = of("= Start\n"
                            "@ ./a b:(grow+0x1d)[0x1190] + 0x10 0x64\n"
                            "@ ./a b:[0x119e] + 0x20 0x32\n"
                            "@ ./a b:(grow+0x1d)[0x1190] - 0x20\n"
                            "@ ./a b:[0x11b7] < 0x10\n"
                            "@ ./a b:[0x11b7] > 0x30 0x12c\n"
                            "@ [0x11ea] ! 0x30 0x1000000000000000\n"
                            "+ 0x30 0\n"
                            "- 0x77\n"
                            "= End\n");
    BOOST_TEST(all.program == "FILE");
    BOOST_TEST((all.sums.allocated == usage{3, 350}));
    BOOST_TEST((all.sums.peak == usage{1, 300}));
    BOOST_TEST((all.sums.live == usage{1, 0}));
    BOOST_TEST(all.sums.not_known == 1u);
    BOOST_TEST(all.sums.refused_bytes == trace::largest_size);
    BOOST_TEST(all.sums.by_kind[static_cast<std::size_t>(event_kind::missed)] == 1u);
    BOOST_TEST(all.events[0].site == 1u);
    BOOST_TEST(all.events[1].site == 2u);
    const auto calls = all.sites.calls_of(1);
    BOOST_REQUIRE(calls.size() == 1u);
    BOOST_TEST(calls[0].module->path == "./a b");
    BOOST_TEST(calls[0].address == 0x118Fu);
    BOOST_TEST(calls[0].name->function == "grow");
    BOOST_TEST(all.sites.calls_of(2)[0].name == nullptr);
}

BOOST_AUTO_TEST_CASE(what_mtrace_did_not_write_is_refused) {
    for (const char* const line :
         {"hello", "@ a + 0x10", "@ a + 0x10 zz", "@ a * 0x10 0x10", "b + 0x10 0x10", "@ a -",
          "@ a + 0xffffffffffffffff 0x10", "+", " "}) {
        BOOST_TEST_CONTEXT(line) {
            BOOST_TEST(refusal(std::string{"= Start\n"} + line + "\n")
                           .find("FILE:2: expected a line of mtrace") == 0u);
        }
    }
    BOOST_TEST(refusal("= Start\n@ a + 0x10 0x1000000000000\n") ==
               "FILE:2: expected a size below 2^48");
}

BOOST_AUTO_TEST_CASE(broken_recordings_are_read_or_refused) {
    tests::random dice{11};
    const std::string mtrace = "= Start\n@ a:[0x1] + 0x10 0x64\n@ a:[0x2] < 0x10\n"
                               "@ a:[0x2] > 0x20 0x70\n@ a:[0x3] - 0x20\n";
    for (int i = 0; i != 2000; ++i) {
        std::string text = i % 2 == 0 ? heaptrack : mtrace;
        for (std::size_t changes = 1 + dice.below(4); changes != 0; --changes) {
            text[dice.below(text.size())] = "0123456789abcstXv+-<>! \n\xFF"[dice.below(24)];
        }
        BOOST_TEST_CONTEXT(text) {
            const std::string why = refusal(text);
            BOOST_TEST((why.empty() || why.find("FILE:") == 0));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
