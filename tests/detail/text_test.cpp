// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <strata/core/detail/guard.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/text.hpp>

#include "support/misuse_recorder.hpp"

BOOST_AUTO_TEST_SUITE(text_test)

using namespace std::string_literals;
namespace text = strata::detail;

BOOST_AUTO_TEST_CASE(whole_numbers_are_written_in_digits_alone) {
    BOOST_TEST(text::decimal(0) == "0");
    BOOST_TEST(text::decimal(-1234567) == "-1234567");
    BOOST_TEST(text::decimal(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    BOOST_TEST(text::decimal(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

BOOST_AUTO_TEST_CASE(fractions_have_as_many_decimals_as_asked_for_or_needed) {
    BOOST_TEST(text::decimal(1234.56, 1) == "1234.6");
    BOOST_TEST(text::decimal(-0.05, 1) == "-0.1");
    BOOST_TEST(text::decimal(1.5) == "1.5");
    BOOST_TEST(text::decimal(1e6) == "1000000");
    BOOST_TEST(text::decimal(std::numeric_limits<double>::max()).size() == 309U);
    BOOST_TEST(text::decimal(std::numeric_limits<double>::denorm_min()).size() > 300U);
}

BOOST_AUTO_TEST_CASE(a_fraction_is_read_as_it_is_written) {
    BOOST_TEST((text::decimal_in("1.25") == std::optional{1.25}));
    BOOST_TEST((text::decimal_in("1000") == std::optional{1000.0}));
    for (const char* wrong : {"", ".", "1,25", "1.2.3", "1e3", "-1", " 1", "1 ", "0x1", "nan"}) {
        BOOST_TEST_CONTEXT(wrong) {
            BOOST_TEST(!text::decimal_in(wrong));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_formatted_text_may_be_of_any_length) {
    const std::string name(5000, 'x');
    BOOST_TEST(text::formatted("%s: %zu", name.c_str(), std::size_t{7}) == name + ": 7");
}

// --- escapes ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_printable_stays_as_it_is) {
    for (const char* name : {"", "pool", "a \"quoted\" name", "größe", "名前", "😀", "\u00A0"}) {
        BOOST_TEST(text::printable(name) == name);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_printable_is_escaped) {
    BOOST_TEST(text::printable("two\nlines\r\tof \x1B[31mred\x7F"s) ==
               R"(two\nlines\r\tof \x1B[31mred\x7F)");
    BOOST_TEST(text::printable("\0"s) == R"(\x00)");
    BOOST_TEST(text::printable(R"(a\n)") == R"(a\\n)");
    BOOST_TEST(text::printable("\u0085 \u202E \u2028 \uFEFF") ==
               R"(\xC2\x85 \xE2\x80\xAE \xE2\x80\xA8 \xEF\xBB\xBF)");
}

BOOST_AUTO_TEST_CASE(what_is_not_utf_8_is_escaped) {
    BOOST_TEST(text::printable("\x80 \xFF") == R"(\x80 \xFF)");
    BOOST_TEST(text::printable("\xC3") == R"(\xC3)");                  // cut off
    BOOST_TEST(text::printable("\xE2\x82 ") == R"(\xE2\x82 )");        // cut off
    BOOST_TEST(text::printable("\xC0\xAF") == R"(\xC0\xAF)");          // longer than it must be
    BOOST_TEST(text::printable("\xE0\x80\xAF") == R"(\xE0\x80\xAF)");  // longer than it must be
    BOOST_TEST(text::printable("\xED\xA0\x80") == R"(\xED\xA0\x80)");  // half of a pair
    BOOST_TEST(text::printable("\xF4\x90\x80\x80") == R"(\xF4\x90\x80\x80)");  // beyond the last
}

BOOST_AUTO_TEST_CASE(quotation_marks_are_escaped_where_they_would_end_the_text) {
    BOOST_TEST(text::quoted("a \"b\"\n\\") == R"("a \"b\"\n\\")");
    BOOST_TEST(text::json_string("a \"b\"\n\\") == R"("a \"b\"\n\\")");
}

BOOST_AUTO_TEST_CASE(json_has_its_own_escapes) {
    BOOST_TEST(text::json_string("\x1B\x7F\u202E\0größe\xFF"s) ==
               R"("\u001B\u007F\u202E\u0000größe\uFFFD")");
}

BOOST_AUTO_TEST_CASE(columns_are_characters) {
    BOOST_TEST(text::columns_of("") == 0U);
    BOOST_TEST(text::columns_of("pool") == 4U);
    BOOST_TEST(text::columns_of("größe") == 5U);
}

// --- in place ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_writer_leaves_out_what_does_not_fit) {
    std::array<char, 8> room{};
    text::text_writer writer{room};
    BOOST_TEST(writer.text() == "");
    writer.print("%d-", 123).write("4567");
    BOOST_TEST(writer.text() == "123-456");
    writer.write("more").print("%s", "and more").printable("and more");
    BOOST_TEST(writer.text() == "123-456");
    BOOST_TEST(room[7] == '\0');
}

BOOST_AUTO_TEST_CASE(a_writer_leaves_no_half_a_character) {
    for (std::size_t size = 1; size != 9; ++size) {
        std::array<char, 16> room{};
        text::text_writer written{std::span{room}.first(size)};
        written.write("ab€cd");
        const std::string_view whole = size < 3   ? std::string_view{"ab"}.substr(0, size - 1)
                                       : size < 6 ? std::string_view{"ab"}
                                                  : std::string_view{"ab€cd"}.substr(0, size - 1);
        BOOST_TEST(written.text() == whole);
        text::text_writer printed{std::span{room}.first(size)};
        BOOST_TEST(printed.print("%s", "ab€cd").text() == whole);
    }
}

BOOST_AUTO_TEST_CASE(a_writer_cuts_a_long_name_short) {
    std::array<char, 200> room{};
    BOOST_TEST(text::text_writer{room}.printable("12345\n6", 6).text() == "12345...");
    BOOST_TEST(text::text_writer{room}.quoted("12345\n6", 7).text() == R"("12345\n...")");
    BOOST_TEST(text::text_writer{room}.quoted("12345\n6", 8).text() == R"("12345\n6")");
}

// --- misuses ----------------------------------------------------------------------------------

namespace {

class named : public strata::resource {
public:
    explicit named(std::string name) : name_{std::move(name)} {}
    [[nodiscard]] std::string_view do_name() const noexcept override { return name_; }

private:
    void* do_allocate(std::size_t, std::size_t) override { return nullptr; }
    void do_deallocate(void*, std::size_t, std::size_t) override {}

    std::string name_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_misuse_names_its_resource_on_one_line) {
    const tests::misuse_recorder recorded;
    const named resource{"evil\n\x1B[2J"};
    text::misuse_of(resource, "%d bytes too many", 3);
    BOOST_TEST(recorded.messages().back() == R"(evil\n\x1B[2J: 3 bytes too many)");
}

BOOST_AUTO_TEST_CASE(a_misuse_is_told_however_long_the_name_of_its_resource_is) {
    const tests::misuse_recorder recorded;
    for (const std::size_t length : {std::size_t{500}, std::size_t{512}, std::size_t{100'000}}) {
        const named resource{std::string(length, 'n')};
        text::misuse_of(resource, "%d bytes too many", 3);
        BOOST_TEST(recorded.messages().back() ==
                   std::string(text::text_writer::longest_name, 'n') + "...: 3 bytes too many");
    }
}

BOOST_AUTO_TEST_SUITE_END()
