// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <memory_resource>
#include <sstream>
#include <stdexcept>
#include <string>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/testing/expect_stats.hpp>

BOOST_AUTO_TEST_SUITE(expect_stats_test)

namespace data = boost::unit_test::data;
using strata::expect_stats;

namespace {

strata::allocation_stats sample() {
    strata::allocation_stats stats;
    stats.live_bytes = 1024;
    stats.live_blocks = 2;
    stats.peak_bytes = 4096;
    stats.peak_blocks = 3;
    stats.allocations = 5;
    stats.deallocations = 3;
    stats.allocated_bytes = 8192;
    stats.deallocated_bytes = 7168;
    stats.failures = 1;
    return stats;
}

std::string error_of(const std::string& text) {
    try {
        (void)expect_stats(sample(), text);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "no error";
}

}  // namespace

BOOST_DATA_TEST_CASE(what_is_so_is_met,
                     data::make({"live = 1KiB", "live_bytes==1024", "live_blocks=2", "peak<=4KiB",
                                 "peak_bytes < 1 MiB", "peak_blocks >= 3", "blocks > 4",
                                 "allocations != 4", "bytes = 8 KiB", "allocated_bytes = 8192B",
                                 "deallocations=3", "deallocated_bytes=7KiB", "failures=1",
                                 "live > -1", "live<1GiB", "live<1TiB",
                                 "blocks<=5,bytes<=8KiB,live>0", " blocks = 5 , live != 0 "}),
                     text) {
    const auto result = expect_stats(sample(), text);
    BOOST_TEST(static_cast<bool>(result), result.message);
}

BOOST_AUTO_TEST_CASE(what_is_not_so_is_listed_with_what_is) {
    const auto result = expect_stats(sample(), "blocks<=3, bytes<=1KiB, live_blocks=2, live=0");
    BOOST_TEST(!result);
    BOOST_TEST(result.message == "blocks is 5, expected <= 3\n"
                                 "bytes is 8192, expected <= 1024\n"
                                 "live is 1024, expected = 0");
    std::ostringstream out;
    out << result << '|' << expect_stats(sample(), "live>0");
    BOOST_TEST(out.str() == result.message + "|as expected");
}

BOOST_AUTO_TEST_CASE(resources_and_scopes_are_asked_for_their_counts) {
    strata::stats_resource memory{strata::system_heap()};
    void* before = memory.allocate(100);
    const strata::stats_scope scope{memory};
    void* inside = memory.allocate(24);
    BOOST_TEST(static_cast<bool>(expect_stats(memory, "live_blocks = 2, bytes = 124")));
    BOOST_TEST(static_cast<bool>(expect_stats(scope, "live_blocks = 1, bytes = 24")));
    memory.deallocate(before, 100);
    memory.deallocate(inside, 24);
    BOOST_TEST(static_cast<bool>(expect_stats(scope, "live = -100")));
}

BOOST_AUTO_TEST_CASE(texts_that_mean_nothing_are_refused) {
    BOOST_TEST(error_of("live=0, bloks<=3") ==
               "expect_stats: there is no figure \"bloks\"; did you mean \"blocks\"?\n"
               "  live=0, bloks<=3\n"
               "          ^");
    BOOST_TEST(
        error_of("live=1KB").starts_with("expect_stats: there is no unit \"KB\"; did you mean \""));
    BOOST_TEST(error_of("blocks=1KiB").starts_with("expect_stats: only bytes have a unit\n"));
    BOOST_TEST(error_of("live ~ 3") ==
               "expect_stats: expected one of = == != < <= > >=\n  live ~ 3\n       ^");
    BOOST_TEST(error_of("live <= many").starts_with("expect_stats: expected a number\n"));
    BOOST_TEST(error_of("live=").starts_with("expect_stats: expected a number\n"));
    BOOST_TEST(error_of("live").starts_with("expect_stats: expected one of"));
    BOOST_TEST(error_of("").starts_with("expect_stats: expected a name; known are \"live\""));
    BOOST_TEST(error_of("live=0,").starts_with("expect_stats: expected a name"));
    BOOST_TEST(
        error_of("live=0 blocks=1").starts_with("expect_stats: there is no unit \"blocks\""));
    BOOST_TEST(error_of("live=0; blocks=1").starts_with("expect_stats: expected a comma\n"));
    BOOST_TEST(error_of("live=99999999999999999999")
                   .starts_with("expect_stats: the number is too large\n"));
    BOOST_TEST(
        error_of("live=9999999999TiB").starts_with("expect_stats: the number is too large\n"));
    BOOST_TEST(
        error_of("live=-9999999999TiB").starts_with("expect_stats: the number is too large\n"));
}

BOOST_AUTO_TEST_SUITE_END()
