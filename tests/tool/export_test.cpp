// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What `strata export` writes, of names that are not meant well, too.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/random.hpp"
#include "support/traces.hpp"
#include "tool/export/bounded_curve.hpp"
#include "tool/export/call_tree.hpp"
#include "tool/export/exporter.hpp"
#include "tool/export/protobuf.hpp"
#include "tool/export/stacks.hpp"
#include "tool/import/importer.hpp"

BOOST_AUTO_TEST_SUITE(export_test)

namespace {

namespace exporting = strata::tool::exporting;
namespace trace = strata::tool::trace;
using exporting::moment;
using trace::event_kind;

trace::event made(event_kind of, std::uint64_t block, std::uint64_t size, std::uint32_t site = 0,
                  std::uint64_t microseconds = 0) {
    trace::event all;
    all.kind = of;
    all.block = block;
    all.size = size;
    all.site = site;
    all.microseconds = microseconds;
    all.thread = 1;
    return all;
}

/// Two calls: site 2 is in `inner`, which `outer` calls.
trace::call_sites two_calls(const std::string& outer, const std::string& inner) {
    trace::call_sites all;
    all.append_module({.build_id = "ab", .path = "/bin/app", .bias = 0x1000});
    all.append_place({.module = 1, .address = 0x10, .names = {{outer, "app.c", 7}}});
    all.append_place({.module = 1, .address = 0x20, .names = {{inner, "", 0}}});
    all.append_call({0, 1});
    all.append_call({1, 2});
    return all;
}

std::string written(const std::string& format, const std::vector<trace::event>& events,
                    const trace::call_sites& sites = {}, const std::string& program = "app",
                    std::uint64_t sample_distance = 0) {
    std::ostringstream to;
    trace::trace_info info;
    info.program = program;
    info.process = 12;
    info.sample_distance = sample_distance;
    for (const exporting::format& each : exporting::formats()) {
        if (each.name == format) {
            const auto exporter = each.make(to, info, nullptr);
            if (each.groups_stacks) {
                exporter->begin(sites);
            }
            trace::trace_summary sums{sample_distance};
            sums.observe([&](const trace::live_change& next) { exporter->change(next); });
            for (const trace::event& next : events) {
                sums.add(next);
                exporter->add(next, sums);
            }
            exporter->finish({info, sums, sites});
        }
    }
    return to.str();
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

const std::vector<trace::event> some_events{
    made(event_kind::allocate, 0, 100, 2),          made(event_kind::allocate, 1, 50, 0, 2000),
    made(event_kind::deallocate, 0, 0, 0, 5000),    made(event_kind::reallocate, 1, 70, 0, 6000),
    made(event_kind::deallocate, 9, 0, 0, 200'000),
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_bounded_curve_keeps_the_peak_and_the_end_and_few_moments) {
    tests::random dice{7};
    exporting::bounded_curve line{8};
    moment peak;
    moment last;
    for (int i = 0; i != 10'000; ++i) {
        last = {last.at + dice.below(5), dice.below(1'000'000)};
        peak = last.bytes > peak.bytes ? last : peak;
        line.add(last);
    }
    const std::vector<moment> all = line.moments();
    BOOST_TEST(all.size() <= 16u);
    BOOST_TEST(all.size() >= 4u);
    BOOST_TEST((std::ranges::find(all, peak) != all.end()));
    BOOST_TEST((all.back() == last));
    BOOST_TEST(std::ranges::is_sorted(all, {}, &moment::at));
}

BOOST_AUTO_TEST_CASE(a_bounded_curve_of_few_moments_has_them_all) {
    exporting::bounded_curve line{8};
    for (const moment each : {moment{0, 5}, moment{0, 3}, moment{9, 4}}) {
        line.add(each);
    }
    BOOST_TEST((line.moments() == std::vector<moment>{{0, 5}, {0, 3}, {9, 4}}));
    exporting::bounded_curve far{2};
    far.add({~std::uint64_t{0}, 1});
    far.add({~std::uint64_t{0}, 2});
    BOOST_TEST(far.moments().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_name_is_one_printable_line_that_is_not_long) {
    BOOST_TEST(exporting::clean("a\nb\x1B[31m\xFF") == "a\\nb\\x1B[31m\\xFF");
    const std::string umlauts = [] {
        std::string all = "x";
        for (int i = 0; i != 5'000'000; ++i) {
            all += "\xC3\xA4";
        }
        return all;
    }();
    const std::string cut = exporting::clean(umlauts);
    BOOST_TEST(cut.size() == exporting::longest_name - 1);
    BOOST_TEST(cut.ends_with("\xC3\xA4"));
}

BOOST_AUTO_TEST_CASE(a_tree_tells_small_callers_in_one_line) {
    exporting::call_tree tree;
    tree.add(std::vector<std::size_t>{0, 1}, 900);
    tree.add(std::vector<std::size_t>{0, 2}, 95);
    tree.add(std::vector<std::size_t>{3}, 4);
    tree.add(std::vector<std::size_t>{4}, 1);
    std::ostringstream to;
    tree.write(to, {"f", "g", "h", "i", "j"});
    BOOST_TEST(to.str() ==
               "n2: 1000 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n"
               " n2: 995 f\n"
               "  n0: 900 g\n"
               "  n0: 95 h\n"
               " n0: 5 in 2 places, all below massif's threshold (1.00%)\n");
}

BOOST_AUTO_TEST_CASE(a_tree_of_an_endless_recursion_is_cut) {
    exporting::call_tree tree;
    tree.add(std::vector<std::size_t>(100'000, 0), 8);
    std::ostringstream to;
    tree.write(to, {"f"});
    const std::string text = to.str();
    BOOST_TEST(static_cast<std::size_t>(std::ranges::count(text, '\n')) ==
               exporting::call_tree::most_depth + 1);
}

BOOST_AUTO_TEST_CASE(a_message_of_protocol_buffers) {
    const std::vector<std::uint64_t> numbers{1, 300};
    BOOST_TEST(exporting::protobuf_message{}
                   .number(1, 150)
                   .bytes(2, "ab")
                   .numbers(16, numbers)
                   .content() == std::string("\x08\x96\x01\x12\x02"
                                             "ab\x82\x01\x03\x01\xAC\x02"));
}

BOOST_AUTO_TEST_CASE(stacks_on_a_line_have_no_other_semicolons_and_no_other_lines) {
    const std::string text = written("collapsed", some_events, two_calls("a;b\n9 9", "in ner"));
    BOOST_TEST(text == "(no call stack) 70\n"
                       "a:b\\n9 9 (app.c:7);in ner in app 100\n");
}

BOOST_AUTO_TEST_CASE(massif_has_no_comments_of_names) {
    const std::string text =
        written("massif", some_events, two_calls("f{lambda#1}", "g"), "app #1\nsnapshot=0");
    BOOST_TEST(has(text, "cmd: app ~1\\nsnapshot=0\n"));
    BOOST_TEST(has(text, "f{lambda~1} (app.c:7)\n"));
    BOOST_TEST(has(text, "time_unit: ms\n"));
    BOOST_TEST(has(text, "time=2\nmem_heap_B=150\nmem_heap_extra_B=0\nmem_stacks_B=0\n"
                         "heap_tree=peak\nn2: 150 "));
    BOOST_TEST(has(text, "  n0: 100 0x10: f"));
    const std::string brief = written("massif", {made(event_kind::allocate, 0, 5)});
    BOOST_TEST(has(brief, "time_unit: B\n"));
    BOOST_TEST(has(brief, "time=5\nmem_heap_B=5\n"));
}

BOOST_AUTO_TEST_CASE(heaptrack_has_a_line_for_each_event) {
    BOOST_TEST(written("heaptrack", some_events, two_calls("out", "in\n+ 0"), "a\nb") ==
               "v 10400 3\nX a\\nb\nI 1000 0\n"
               "a 64 3\n+ 0\nc 2\na 32 1\n+ 1\nc 5\n- 0\nc 6\n- 1\na 46 1\n+ 2\nc c8\n"
               "s f (no call stack)\ni 0 0 1 0 0\nt 1 0\n"
               "s 8 /bin/app\ns 3 out\ns 5 app.c\ni 1010 2 3 4 7\n"
               "s 7 in\\n+ 0\ni 1020 2 5 0 0\nt 2 0\nt 3 2\n");
}

BOOST_AUTO_TEST_CASE(names_in_json_are_quoted) {
    for (const char* const format : {"speedscope", "dhat", "json"}) {
        BOOST_TEST_CONTEXT(format) {
            const std::string text =
                written(format, some_events, two_calls("a\"b\\c\n\xFF", "\x01"), "p\"\xFF");
            BOOST_TEST(has(text, "a\\\"b\\\\"));
            BOOST_TEST(!has(text, "\xFF"));
            BOOST_TEST(!has(text, "\x01"));
        }
    }
}

BOOST_AUTO_TEST_CASE(places_with_one_text_are_one_point_of_dhat) {
    trace::call_sites sites = two_calls("f", "f");
    sites.append_call({1, 2});
    const std::string text =
        written("dhat",
                {made(event_kind::allocate, 0, 10, 2), made(event_kind::allocate, 1, 10, 3, 4),
                 made(event_kind::deallocate, 0, 0, 0, 9)},
                sites);
    BOOST_TEST(has(text, "\"pps\":[\n{\"tb\":20,\"tbk\":2,\"tl\":14,\"mb\":20,\"mbk\":2,\"gb\":20,"
                         "\"gbk\":2,\"eb\":10,\"ebk\":1,\"fs\":[1,2]}\n]"));
}

// Each of the two has its most bytes when the other one has none.
BOOST_AUTO_TEST_CASE(the_maximum_of_a_point_of_dhat_is_of_one_moment) {
    trace::call_sites sites = two_calls("f", "f");
    sites.append_call({1, 2});
    const std::string text =
        written("dhat",
                {made(event_kind::allocate, 0, 10, 2), made(event_kind::deallocate, 0, 0, 0, 3),
                 made(event_kind::allocate, 1, 12, 3, 4), made(event_kind::deallocate, 1, 0, 0, 9)},
                sites);
    BOOST_TEST(has(text, "\"pps\":[\n{\"tb\":22,\"tbk\":2,\"tl\":8,\"mb\":12,\"mbk\":1,\"gb\":12,"
                         "\"gbk\":1,\"eb\":0,\"ebk\":0,\"fs\":[1,2]}\n]"));
}

BOOST_AUTO_TEST_CASE(a_cell_is_quoted_and_no_formula) {
    trace::event phase = made(event_kind::phase, 0, 0);
    phase.text = "=HYPERLINK(\"x\"),\n";
    BOOST_TEST(written("csv", {phase, some_events[0]}) ==
               "microseconds,thread,event,block,size,alignment,form,resource,site,text\n"
               "0,1,phase,,0,,,0,,\"'=HYPERLINK(\"\"x\"\"),\\n\"\n"
               "0,1,allocate,0,100,1,memory_resource,0,2,\n");
}

BOOST_AUTO_TEST_CASE(a_call_in_json_tells_the_file_and_its_build) {
    BOOST_TEST(has(written("json", {made(event_kind::allocate, 0, 1, 1)}, two_calls("out", "in")),
                   "\"stack\":[{\"function\":\"out\",\"file\":\"app.c\",\"line\":7,"
                   "\"module\":\"/bin/app\",\"build_id\":\"ab\",\"address\":16}]"));
}

BOOST_AUTO_TEST_CASE(a_build_that_is_not_known_is_left_out_of_json) {
    trace::call_sites sites;
    sites.append_module({.build_id = {}, .path = "/bin/app"});
    sites.append_place({.module = 1, .address = 0x10, .names = {{"out", "", 0}}});
    sites.append_call({0, 1});
    BOOST_TEST(has(written("json", {made(event_kind::allocate, 0, 1, 1)}, sites),
                   "\"stack\":[{\"function\":\"out\",\"module\":\"/bin/app\",\"address\":16}]"));
}

BOOST_AUTO_TEST_CASE(blocks_of_a_sample_count_as_those_that_they_stand_for) {
    const std::vector<trace::event> events{made(event_kind::allocate, 0, 1)};
    BOOST_TEST(has(written("heaptrack", events, {}, "app", 1000), "a 3e9 1\n"));
    BOOST_TEST(has(written("massif", events, {}, "app", 1000), "mem_heap_B=1001\n"));
    BOOST_TEST(has(written("json", events, {}, "app", 1000), "\"sample_distance\":1000"));
}

BOOST_AUTO_TEST_CASE(a_release_ends_all_blocks_of_its_resource) {
    trace::event other = made(event_kind::allocate, 1, 30);
    other.resource = 2;
    const std::vector<trace::event> events{made(event_kind::allocate, 0, 16), other,
                                           made(event_kind::release, 0, 0)};
    BOOST_TEST(has(written("heaptrack", events), "a 10 1\n+ 0\na 1e 1\n+ 1\n- 0\ns "));
    BOOST_TEST(has(written("massif", events), "mem_heap_B=30\n"));
    BOOST_TEST(has(written("perfetto", events),
                   "\"live bytes of resource 0\",\"ts\":0,\"args\":{\"bytes\":0}"));
}

// Blocks that grow or shrink are freed and allocated there.
BOOST_AUTO_TEST_CASE(random_programs_are_the_same_after_heaptrack) {
    for (std::uint64_t seed = 1; seed != 6; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const tests::trace_content program =
                tests::read_all(tests::random_trace{seed, 3, 5000, 100, true}.file());
            const auto& events = program.list.events;
            trace::trace_summary before;
            std::ranges::for_each(events, [&](const trace::event& each) { before.add(each); });
            const auto back = strata::tool::importing::read_recording(
                std::make_unique<std::istringstream>(written("heaptrack", events, program.sites)),
                "FILE", nullptr);
            trace::trace_summary after;
            for (trace::event each; back->next(each);) {
                after.add(each);
            }
            BOOST_TEST((after.peak == before.peak));
            BOOST_TEST((after.live == before.live));
            BOOST_TEST(after.not_known == 0u);
            BOOST_TEST(after.allocated.blocks >= before.allocated.blocks);
            BOOST_TEST(after.allocated.blocks <=
                       before.allocated.blocks +
                           before.by_kind[static_cast<std::size_t>(event_kind::reallocate)]);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_format_writes_an_empty_trace) {
    for (const exporting::format& each : exporting::formats()) {
        BOOST_TEST_CONTEXT(each.name) {
            (void)written(each.name, {});
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
