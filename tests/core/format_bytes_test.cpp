// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <ostream>
#include <string>

#include <strata/core/format_bytes.hpp>

BOOST_AUTO_TEST_SUITE(format_bytes_test)

namespace {

struct row {
    std::int64_t bytes;
    const char* text;

    friend std::ostream& operator<<(std::ostream& out, const row& of) {
        return out << of.bytes << " as " << of.text;
    }
};

constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = 1024 * kib;

constexpr row rows[] = {
    {0, "0 B"},
    {1, "1 B"},
    {640, "640 B"},
    {10 * kib - 1, "10239 B"},
    {10 * kib, "10.0 KiB"},
    {64 * kib, "64.0 KiB"},
    {64 * kib + 512, "64.5 KiB"},
    {1000 * kib, "1000.0 KiB"},
    {mib, "1.0 MiB"},
    {3 * mib / 2, "1.5 MiB"},
    {1024 * mib, "1.0 GiB"},
    {1024 * 1024 * mib, "1.0 TiB"},
    {1024 * 1024 * 1024 * mib, "1.0 PiB"},
    {std::numeric_limits<std::int64_t>::max(), "8.0 EiB"},
    {-1, "-1 B"},
    {-64 * kib, "-64.0 KiB"},
    {std::numeric_limits<std::int64_t>::min(), "-8.0 EiB"},
    {mib - 1, "1.0 MiB"},  // rather than 1024.0 KiB
};

}  // namespace

BOOST_DATA_TEST_CASE(a_number_of_bytes_is_written_for_people, boost::unit_test::data::make(rows)) {
    BOOST_TEST(strata::format_bytes(sample.bytes) == sample.text);
}

BOOST_AUTO_TEST_SUITE_END()
