// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <sstream>

#include <strata/adaptors/allocation_stats.hpp>

BOOST_AUTO_TEST_SUITE(allocation_stats_test)

using strata::allocation_stats;

namespace {

allocation_stats some() {
    allocation_stats stats;
    stats.live_bytes = 40;
    stats.live_blocks = 2;
    stats.peak_bytes = 65536;
    stats.peak_blocks = 3;
    stats.allocations = 4;
    stats.deallocations = 2;
    stats.allocated_bytes = 65576;
    stats.deallocated_bytes = 65536;
    stats.failures = 1;
    stats.sizes[4] = 3;
    stats.sizes[16] = 1;
    stats.alignments[3] = 4;
    return stats;
}

std::string text_of(const allocation_stats& stats) {
    std::ostringstream out;
    out << stats;
    return out.str();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_size_is_counted_under_the_next_power_of_two) {
    BOOST_TEST(allocation_stats::size_entry(0) == 0u);
    BOOST_TEST(allocation_stats::size_entry(1) == 0u);
    for (std::size_t i = 1; i != 63; ++i) {
        const std::size_t bound = std::size_t{1} << i;
        BOOST_TEST(allocation_stats::size_entry(bound) == i);
        BOOST_TEST(allocation_stats::size_entry(bound + 1) == i + 1);
    }
    BOOST_TEST(allocation_stats::size_entry(std::numeric_limits<std::size_t>::max()) == 63u);
}

BOOST_AUTO_TEST_CASE(an_alignment_is_counted_under_itself) {
    for (std::size_t i = 0; i != 64; ++i) {
        BOOST_TEST(allocation_stats::alignment_entry(std::size_t{1} << i) == i);
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_counted_at_first) {
    BOOST_TEST((allocation_stats{} == some() - some()));
    BOOST_TEST((allocation_stats{} != some()));
}

BOOST_AUTO_TEST_CASE(a_difference_is_taken_entry_by_entry) {
    allocation_stats expected = some();
    expected.live_bytes = -2;
    expected.live_blocks = -1;
    expected.peak_bytes = 0;
    expected.peak_blocks = 0;
    expected.allocations = 1;
    expected.deallocations = 2;
    expected.allocated_bytes = 10;
    expected.deallocated_bytes = 12;
    expected.failures = 5;
    expected.sizes = {};
    expected.sizes[4] = 1;
    expected.alignments = {};
    expected.alignments[0] = 1;

    allocation_stats later = some();
    later.live_bytes -= 2;
    later.live_blocks -= 1;
    later.allocations += 1;
    later.deallocations += 2;
    later.allocated_bytes += 10;
    later.deallocated_bytes += 12;
    later.failures += 5;
    later.sizes[4] += 1;
    later.alignments[0] += 1;
    BOOST_TEST((later - some() == expected));
    BOOST_TEST(((later -= some()) == expected));
}

BOOST_AUTO_TEST_CASE(a_sum_is_taken_entry_by_entry) {
    BOOST_TEST((some() + allocation_stats{} == some()));
    const allocation_stats twice = some() + some();
    BOOST_TEST((twice - some() == some()));
    BOOST_TEST(twice.peak_bytes == 2 * some().peak_bytes);
    BOOST_TEST(twice.sizes[4] == 2 * some().sizes[4]);
    allocation_stats summed;
    for (int i = 0; i != 2; ++i) {
        summed += some();
    }
    BOOST_TEST((summed == twice));
}

BOOST_AUTO_TEST_CASE(as_text_each_count_has_a_line) {
    BOOST_TEST(text_of(some()) == "live         40 B in 2 blocks\n"
                                  "peak         64.0 KiB, 3 blocks\n"
                                  "allocated    64.0 KiB in 4 blocks\n"
                                  "deallocated  64.0 KiB in 2 blocks\n"
                                  "failures     1\n"
                                  "sizes        <= 16 B: 3  <= 64.0 KiB: 1\n"
                                  "alignments   8 B: 4\n");
}

BOOST_AUTO_TEST_CASE(the_last_entry_of_a_histogram_is_written_as_a_positive_bound) {
    allocation_stats stats;
    stats.sizes[63] = 1;
    BOOST_TEST(text_of(stats).find("<= 8.0 EiB: 1\n") != std::string::npos);
    BOOST_TEST(to_json(stats).find("\"sizes\": {\"9223372036854775808\": 1}") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(as_json_it_has_the_names_of_its_members) {
    BOOST_TEST(to_json(some()) ==
               "{\"live_bytes\": 40, \"live_blocks\": 2, \"peak_bytes\": 65536, "
               "\"peak_blocks\": 3, \"allocations\": 4, \"deallocations\": 2, "
               "\"allocated_bytes\": 65576, \"deallocated_bytes\": 65536, \"failures\": 1, "
               "\"sizes\": {\"16\": 3, \"65536\": 1}, \"alignments\": {\"8\": 4}}");
}

BOOST_AUTO_TEST_CASE(as_json_histograms_without_counts_are_empty_objects) {
    BOOST_TEST(to_json(allocation_stats{}).find("\"sizes\": {}, \"alignments\": {}}") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
