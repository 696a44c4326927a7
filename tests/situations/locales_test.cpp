// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Whatever the library says is the same in every locale: under LC_NUMERIC with a decimal comma and
// dots between thousands, under a global C++ locale like that, and on a stream that has one.
#include <boost/test/unit_test.hpp>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <locale>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <strata/core/detail/guard.hpp>
#include <strata/strata.hpp>
#include <strata/testing/allocation_budget.hpp>
#include <strata/testing/boost_test_print.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/for_each_allocation_failure.hpp>
#include <strata/testing/forbid_default_resource.hpp>
#include <strata/testing/watched_resource.hpp>

#include "support/child.hpp"
#include "support/misuse_recorder.hpp"
#include "support/wild_write.hpp"

BOOST_AUTO_TEST_SUITE(locales_test)

using namespace strata::literals;

namespace {

// --- locales ----------------------------------------------------------------------------------

struct german_numbers : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

std::locale with_german_numbers() {
    return {std::locale::classic(), new german_numbers};
}

class global_locale {
public:
    explicit global_locale(const std::locale& use) : before_{std::locale::global(use)} {}
    global_locale(const global_locale&) = delete;
    global_locale& operator=(const global_locale&) = delete;
    ~global_locale() { std::locale::global(before_); }

private:
    std::locale before_;
};

#ifdef __GLIBC__
// What `localedef` makes of: decimal_point ","; thousands_sep "."; grouping 3;3. Not every system
// has a locale like that installed.
constexpr unsigned char lc_numeric[] = {
    0x14, 0x11, 0x03, 0x20, 0x06, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x22, 0x00, 0x00, 0x00,
    0x24, 0x00, 0x00, 0x00, 0x28, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00,
    0x2c, 0x00, 0x2e, 0x00, 0x03, 0x03, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x2e, 0x00, 0x00, 0x00,
    0x41, 0x4e, 0x53, 0x49, 0x5f, 0x58, 0x33, 0x2e, 0x34, 0x2d, 0x31, 0x39, 0x36, 0x38, 0x00};

class comma_locale {
public:
    comma_locale() {
        std::string pattern = std::filesystem::temp_directory_path() / "strata-locale-XXXXXX";
        folder_ = mkdtemp(pattern.data());
        const auto file = folder_ / "comma" / "LC_NUMERIC";
        std::filesystem::create_directory(file.parent_path());
        std::ofstream{file, std::ios::binary}.write(reinterpret_cast<const char*>(lc_numeric),
                                                    sizeof lc_numeric);
        setenv("LOCPATH", folder_.c_str(), 1);
        is_set_ = std::setlocale(LC_NUMERIC, "comma") != nullptr;
    }
    comma_locale(const comma_locale&) = delete;
    comma_locale& operator=(const comma_locale&) = delete;
    ~comma_locale() {
        std::setlocale(LC_NUMERIC, "C");
        unsetenv("LOCPATH");
        std::filesystem::remove_all(folder_);
    }

    [[nodiscard]] bool is_set() const { return is_set_; }

private:
    std::filesystem::path folder_;
    bool is_set_ = false;
};
#endif

// --- what the library says --------------------------------------------------------------------

struct said {
    std::string what;
    std::string text;
};

// Without what differs from run to run: addresses, and which test it is that calls.
std::string without_addresses(const std::string& text) {
    return std::regex_replace(
        text, std::regex{"0x[0-9a-f]+|[a-z_:]+ \\(locales_test.cpp:[0-9]+\\)"}, "...");
}

class listener {
public:
    explicit listener(const std::locale* of_stream) : of_stream_{of_stream} {}

    void hear(const char* what, const std::string& text) {
        all_.push_back({what, without_addresses(text)});
    }
    template <class Printed>
    void hear_printed(const char* what, const Printed& printed) {
        std::ostringstream out;
        if (of_stream_ != nullptr) {
            out.imbue(*of_stream_);
        }
        out << printed;
        hear(what, out.str());
    }
    template <class Call>
    void hear_thrown(const char* what, Call call) {
        try {
            call();
            hear(what, "nothing was thrown");
        } catch (const std::exception& thrown) {
            hear(what, thrown.what());
        }
    }

    [[nodiscard]] const std::vector<said>& all() const { return all_; }

private:
    const std::locale* of_stream_;
    std::vector<said> all_;
};

struct printed_layout {
    strata::layout of;

    friend std::ostream& operator<<(std::ostream& out, const printed_layout& printed) {
        return strata::boost_test_print_type(out, printed.of);
    }
};

void print_figures(listener& to) {
    strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{}};
    std::vector<void*> blocks(2345);
    for (void*& block : blocks) {
        block = memory.allocate(96, 16);
    }
    const auto counted = memory.get<strata::stats>().snapshot();
    to.hear("format_bytes", strata::format_bytes(123'456'789));
    to.hear_printed("describe", strata::describe(memory));
    to.hear("describe as JSON", strata::to_json(strata::describe(memory)));
    to.hear_printed("stats", counted);
    to.hear("stats as JSON", strata::to_json(counted));
    to.hear_printed("a layout", printed_layout{{123'456, 4096}});
    to.hear("stats report", tests::run_in_child([&] {
                                strata::stats_resource leaky{
                                    strata::stats{.on_destroy = strata::on_finding::report},
                                    strata::system_heap()};
                                (void)leaky.allocate(123'456);
                            }).errors);
    for (void* block : blocks) {
        memory.deallocate(block, 96, 16);
    }
}

void print_strategies(listener& to) {
    const auto parsed =
        strata::strategy::parse("limit(blocks=1234567) > arena(growth=1.25, first_chunk=10000)");
    to.hear("a strategy", to_string(parsed));
    auto built = parsed.build();
    (void)built.allocate(10'000);
    to.hear_printed("what it builds", strata::describe(built));
    to.hear_thrown("no number", [] { (void)strata::strategy::parse("arena(growth=1,25)"); });
    to.hear_thrown("no size", [] { (void)strata::strategy::parse("arena(first_chunk=1.234)"); });
    to.hear_thrown("out of range", [] { (void)strata::strategy::parse("retry(attempts=123456)"); });
    to.hear_thrown("bounds", [] {
        strata::segregator_resource wrong{strata::up_to{std::size_t{5000}, std::size_t{4000}},
                                          strata::system_heap(), strata::system_heap(),
                                          strata::system_heap()};
    });
}

void print_failures(listener& to) {
    strata::limit_resource limited{strata::limit{.bytes = 12'345, .blocks = 6789},
                                   strata::system_heap()};
    to.hear_thrown("limit", [&] { (void)limited.allocate(1'234'567); });
    strata::failing_resource failing{strata::failing{.at = 1}, strata::system_heap()};
    to.hear_thrown("injected failure", [&] { (void)failing.allocate(1'234'567); });
    to.hear_printed("failure report",
                    strata::for_each_allocation_failure([](std::pmr::memory_resource& memory) {
                        (void)memory.allocate(1'234'567);
                    }));

    strata::watched_resource watched{strata::system_heap()};
    strata::allocation_budget budget{
        watched, strata::budget{.bytes = 1000, .at_end = strata::on_finding::ignore}};
    std::pmr::vector<char>{&watched}.reserve(1'234'567);
    to.hear("budget", budget.message());

    strata::forbid_default_resource forbidden{
        {.on_use = strata::on_finding::ignore, .at_end = strata::on_finding::ignore}};
    for (int i = 0; i != 1234; ++i) {
        std::pmr::vector<char>{}.reserve(1'234'567);
    }
    to.hear("forbidden", forbidden.message());
}

void print_misuses(listener& to) {
    const tests::misuse_recorder recorded;
    {
        strata::checking_resource checking;
        void* const block = checking.allocate(1'234'567);
        checking.deallocate(block, 7'654'321);
        to.hear("checking", std::string{checking.errors().front()});
    }
    {
        strata::debug_resource debugging{strata::debug{.name = "numbers", .stack_depth = 0},
                                         strata::system_heap()};
        void* const block = debugging.allocate(1'234'567);
        tests::wild_write(block, 1'234'567);
        debugging.deallocate(block, 1'234'567);
        (void)debugging.allocate(7'654'321);
    }
    strata::detail::misuse_of(*strata::system_heap(), "%zu bytes", std::size_t{1'234'567});
    for (const std::string& message : recorded.messages()) {
        to.hear("misuse", message);
    }
}

std::vector<said> all_said(const std::locale* of_stream = nullptr) {
    listener to{of_stream};
    print_figures(to);
    print_strategies(to);
    print_failures(to);
    print_misuses(to);
    return to.all();
}

void check_equal(const std::vector<said>& found, const std::vector<said>& expected) {
    BOOST_REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i != found.size(); ++i) {
        BOOST_TEST_CONTEXT(found[i].what) {
            BOOST_TEST(found[i].text == expected[i].text);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_are_digits_and_a_point) {
    const std::vector<said> all = all_said();
    BOOST_TEST(all.size() > 20U);
    for (const said& each : all) {
        BOOST_TEST_CONTEXT(each.what) {
            BOOST_TEST(each.text != "");
            BOOST_TEST(each.text != "nothing was thrown");
        }
    }
    BOOST_TEST(all.front().text == "117.7 MiB");
}

BOOST_AUTO_TEST_CASE(a_global_locale_changes_nothing) {
    const std::vector<said> expected = all_said();
    const global_locale german{with_german_numbers()};
    std::ostringstream proof;
    proof << 1234567 << ' ' << 1.5;
    BOOST_REQUIRE(proof.str() == "1.234.567 1,5");
    check_equal(all_said(), expected);
}

BOOST_AUTO_TEST_CASE(the_locale_of_a_stream_changes_nothing) {
    const std::locale german = with_german_numbers();
    check_equal(all_said(&german), all_said());
}

#ifdef __GLIBC__
BOOST_AUTO_TEST_CASE(the_locale_of_c_changes_nothing) {
    const std::vector<said> expected = all_said();
    const comma_locale comma;
    BOOST_REQUIRE(comma.is_set());
    BOOST_REQUIRE(std::stod("1,5") == 1.5);
    check_equal(all_said(), expected);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
