// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The file of a `trace_resource`, its other options, and its texts.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <strata/adaptors/trace_resource.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/sources/heap_resource.hpp>

#include "support/live_trace.hpp"

BOOST_AUTO_TEST_SUITE(trace_options_test)

namespace {

template <class Error>
std::string refusal_of(const strata::trace& description) {
    try {
        const strata::trace_resource memory{description, strata::system_heap()};
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_file_with_content_is_refused_and_stays, tests::trace_folder) {
    std::ofstream{path} << "precious";
    const std::string why = refusal_of<std::system_error>({.file = path, .name = "orders"});
    BOOST_TEST(contains(why, "orders"), why);
    BOOST_TEST(contains(why, "\"" + path + "\": expected a new or an empty file"), why);
    std::string content;
    std::ifstream{path} >> content;
    BOOST_TEST(content == "precious");
}

BOOST_FIXTURE_TEST_CASE(an_empty_file_is_taken, tests::trace_folder) {
    std::ofstream{path}.flush();
    BOOST_TEST(refusal_of<std::exception>({.file = path}) == "none");
    BOOST_TEST(tests::read_live_trace(path).chunks == 1u);
}

BOOST_FIXTURE_TEST_CASE(files_that_cannot_be_made_are_refused, tests::trace_folder) {
    std::ofstream{files.file("plain")} << "x";
    for (const std::string& wrong :
         {files.file("missing/run.trace"), files.file("plain/run.trace"), files.path(),
          std::string{"/proc/run.trace"}, std::string{"/dev/full"}}) {
        const std::string why = refusal_of<std::system_error>({.file = wrong});
        BOOST_TEST(contains(why, "strata: trace cannot record to \"" + wrong + "\": expected "),
                   why);
    }
    BOOST_TEST(contains(refusal_of<std::invalid_argument>({}), "expected its file"));
    for (const char* const wrong : {"a\"b", "a\\b", "a\nb"}) {
        BOOST_TEST(contains(refusal_of<std::invalid_argument>({.file = wrong}),
                            "expected a path without control characters"));
    }
    const std::string long_path(4096, 'a');
    BOOST_TEST(contains(refusal_of<std::invalid_argument>({.file = long_path}),
                        "expected a path of at most 4095 bytes"));
}

BOOST_FIXTURE_TEST_CASE(two_traces_to_one_file_are_refused, tests::trace_folder) {
    const strata::trace_resource first{strata::trace{.file = path}, strata::system_heap()};
    const std::string why = refusal_of<std::system_error>({.file = path});
    BOOST_TEST(contains(why, "\"" + path + "\": another trace is recorded to it"), why);
}

// --- descriptions and texts ---------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_text_can_name_the_file, tests::trace_folder) {
    for (const std::string& written : {path, "\"" + files.file("with blank, >(x)=") + "\""}) {
        BOOST_TEST_CONTEXT(written) {
            const auto parsed =
                strata::strategy::parse("stats > trace(file=" + written + ") > pool");
            BOOST_TEST((strata::strategy::parse(to_string(parsed)) == parsed));
            BOOST_TEST(contains(to_string(parsed), "trace(file=" + written + ")"));
            auto memory = parsed.build();
            memory.deallocate(memory.allocate(100), 100);
            auto* const made = memory.find<strata::trace_resource<>>();
            BOOST_TEST_REQUIRE(made != nullptr);
            BOOST_TEST(contains(to_text(strata::describe(memory)), "file=" + written));
            BOOST_TEST(contains(written, std::string{made->options().file}));
        }
    }
}

BOOST_AUTO_TEST_CASE(texts_without_a_path_or_with_wrong_values_are_refused) {
    const auto problem = [](const char* text) {
        try {
            (void)strata::strategy::parse(text);
        } catch (const strata::strategy_error& error) {
            return error.problem();
        }
        return std::string{"none"};
    };
    BOOST_TEST(problem("trace") == "strategy: \"trace\": expected its file, as in "
                                   "trace(file=run.trace)");
    BOOST_TEST(contains(problem("trace(file=)"), "expected a path, such as /tmp/run.trace"));
    BOOST_TEST(contains(problem("trace(file=\"a)"), "expected a path, such as /tmp/run.trace"));
    BOOST_TEST(contains(problem("trace(file=a, on_full=throw)"), "nothing can be thrown"));
    BOOST_TEST(contains(problem("trace(file=a, stack_depth=257)"), "expected at most 256"));
    BOOST_TEST(problem("trace(file=a, stack_depth=256)") == "none");
    BOOST_TEST(problem("trace(file=/tmp/a-b_c.1~+)") == "none");
}

BOOST_FIXTURE_TEST_CASE(a_trace_serves_as_many_threads_as_its_upstream, tests::trace_folder) {
    const auto serves_any = [&](const std::string& below) {
        return strata::strategy::parse("trace(file=" + path + ") > " + below).is_thread_safe();
    };
    BOOST_TEST(serves_any("concurrent_pool"));
    BOOST_TEST(serves_any("heap"));
    BOOST_TEST(!serves_any("pool"));
}

BOOST_FIXTURE_TEST_CASE(options_are_those_in_force, tests::trace_folder) {
    const strata::trace given{
        .file = path, .on_full = strata::on_finding::ignore, .stack_depth = 7, .name = "orders"};
    const strata::trace_resource memory{given, strata::system_heap()};
    BOOST_TEST((memory.options() == given));
    BOOST_TEST((memory.options().file.data() != path.data()));
    BOOST_TEST(memory.name() == "trace");
    BOOST_TEST(memory.label().text() == "orders");
}

BOOST_AUTO_TEST_SUITE_END()
