// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/flame_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tool/report/html.hpp"
#include "tool/trace/call_sites.hpp"

BOOST_AUTO_TEST_SUITE(flame_tree_test)

using strata::tool::report::flame_box;
using strata::tool::report::flame_tree;
using strata::tool::report::html_name;
using strata::tool::report::json_in_html;
using strata::tool::report::measure;
using strata::tool::report::shown_name;
using strata::tool::trace::call_sites;
using strata::tool::trace::site_share;

namespace {

using shares = std::map<std::uint32_t, site_share>;

std::uint32_t add_function(call_sites& to, const std::string& name) {
    to.append_place({.module = 0, .address = to.places().size(), .names = {{name, "", 0}}});
    return static_cast<std::uint32_t>(to.places().size());
}

site_share share_of(std::uint64_t blocks, std::uint64_t bytes, std::uint64_t at_peak) {
    return {.allocated = {blocks, bytes}, .at_peak = {1, at_peak}, .live = {}};
}

// main calls reads (300 bytes) and writes (100); reads calls itself.
call_sites small_program() {
    call_sites all;
    const std::uint32_t main = add_function(all, "main");
    const std::uint32_t reads = add_function(all, "reads");
    const std::uint32_t writes = add_function(all, "writes");
    all.append_call({0, main});    // 1
    all.append_call({1, reads});   // 2
    all.append_call({1, writes});  // 3
    all.append_call({2, reads});   // 4
    return all;
}
const shares small_sums{
    {2, share_of(2, 200, 0)}, {3, share_of(9, 100, 100)}, {4, share_of(1, 100, 0)}};

std::vector<std::string> names_in(const flame_tree& tree, const std::vector<flame_box>& boxes) {
    std::vector<std::string> all;
    for (const flame_box& each : boxes) {
        all.push_back(tree.name_of(tree.nodes()[each.node]));
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(stacks_are_merged_from_the_outermost_call) {
    const call_sites sites = small_program();
    const flame_tree tree{sites, small_sums};
    BOOST_TEST(tree.nodes().size() == 5u);
    const auto boxes = tree.boxes(measure::bytes, 100, 64);
    BOOST_TEST(names_in(tree, boxes) ==
                   (std::vector<std::string>{"all", "main", "reads", "writes", "reads"}),
               boost::test_tools::per_element());
    BOOST_TEST(boxes[2].part == 0.75);
    BOOST_TEST(boxes[3].begin == 0.75);
    BOOST_TEST(boxes[4].part == 0.25);
    BOOST_TEST(boxes[4].depth == 3u);
}

BOOST_AUTO_TEST_CASE(each_measure_has_its_own_widths) {
    const call_sites sites = small_program();
    const flame_tree tree{sites, small_sums};
    const auto blocks = tree.boxes(measure::blocks, 100, 64);
    BOOST_TEST(names_in(tree, blocks) ==
                   (std::vector<std::string>{"all", "main", "writes", "reads", "reads"}),
               boost::test_tools::per_element());
    const auto at_peak = tree.boxes(measure::at_peak, 100, 64);
    BOOST_TEST(names_in(tree, at_peak) == (std::vector<std::string>{"all", "main", "writes"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(blocks_without_a_call_stack_are_a_frame_of_their_own) {
    const call_sites sites = small_program();
    shares sums = small_sums;
    sums[0] = share_of(1, 400, 0);
    const flame_tree tree{sites, sums};
    const auto boxes = tree.boxes(measure::bytes, 100, 64);
    BOOST_TEST(tree.name_of(tree.nodes()[boxes[2].node]) == "(no call stack)");
    BOOST_TEST(boxes[2].part == 0.5);
    BOOST_TEST((flame_tree{call_sites{}, {{0, share_of(1, 400, 0)}}}.empty()));
}

BOOST_AUTO_TEST_CASE(boxes_are_bounded_and_never_without_their_callers) {
    call_sites sites;
    shares sums;
    std::uint32_t call = 0;
    for (std::uint32_t i = 0; i != 3000; ++i) {
        const bool begins = i % 30 == 0;
        const std::uint32_t place = add_function(sites, "f" + std::to_string(i));
        sites.append_call({begins ? 0 : call, place});
        sums[++call] = share_of(1, 1 + i, 0);
    }
    const flame_tree tree{sites, sums};
    BOOST_TEST(tree.nodes().size() == 3001u);
    const auto boxes = tree.boxes(measure::bytes, 50, 20);
    BOOST_TEST(boxes.size() == 50u);
    std::vector<bool> is_there(tree.nodes().size());
    for (const flame_box& each : boxes) {
        BOOST_TEST((each.node == 0 || is_there[tree.nodes()[each.node].caller]));
        BOOST_TEST(each.depth < 20u);
        is_there[each.node] = true;
    }
}

BOOST_AUTO_TEST_CASE(hostile_names_are_harmless) {
    const std::string hostile = "</script><img src=x onerror='alert(1)'>\"&\x01\n\xFF";
    BOOST_TEST(html_name(hostile) ==
               "&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&quot;&amp;"
               "\\x01\\n\\xFF");
    BOOST_TEST(json_in_html("\"</script><!--\"") == "\"\\u003c/script>\\u003c!--\"");
}

BOOST_AUTO_TEST_CASE(symbols_of_megabytes_are_cut_at_once) {
    call_sites sites;
    sites.append_call({0, add_function(sites, std::string(10'000'000, '<'))});
    const flame_tree tree{sites, {{1, share_of(1, 1, 1)}}};
    BOOST_TEST(tree.name_of(tree.nodes()[1]).size() == 400u);
    BOOST_TEST(html_name(tree.name_of(tree.nodes()[1])).size() < 1000u);
}

BOOST_AUTO_TEST_CASE(long_names_are_cut_between_characters) {
    BOOST_TEST(shown_name("abc", 3) == "abc");
    BOOST_TEST(shown_name("abcd", 3) == "abc...");
    BOOST_TEST(shown_name("ab\u20ACd", 4) == "ab...");
    BOOST_TEST(shown_name("ab\u20ACd", 5) == "ab\u20AC...");
}

BOOST_AUTO_TEST_SUITE_END()
