// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <memory_resource>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/arena_resource.hpp>

BOOST_AUTO_TEST_SUITE(describe_test)

namespace foreign {

// Not one of this library's.
class memory : public std::pmr::memory_resource {
    void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc{}; }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace foreign

namespace {

// A resource that serves nothing and says what it is told to say.
class node : public strata::resource {
public:
    std::string title;
    std::vector<std::pmr::memory_resource*> upstreams;
    strata::usage figures;

    explicit node(std::string name, std::vector<std::pmr::memory_resource*> draws_from = {},
                  const strata::usage& uses = {})
        : title{std::move(name)},
          upstreams{std::move(draws_from)},
          figures{uses} {}

    [[nodiscard]] std::string_view do_name() const noexcept override { return title; }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override {
        return index < upstreams.size() ? upstreams[index] : nullptr;
    }
    [[nodiscard]] strata::usage do_usage() const noexcept override { return figures; }

private:
    void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc{}; }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
};

// Two upstreams, one of which has two of its own.
struct family {
    node heap{"heap"};
    node spare{
        "spare",
        {},
        {.live_bytes = 10, .live_blocks = 1, .peak_bytes = 99'999, .reserved_bytes = 20'480}};
    node inner{"fallback", {&heap, &spare}};
    node buffer{"buffer", {&heap}};
    node root{"segregator",
              {&inner, &buffer},
              {.live_bytes = 5, .live_blocks = std::nullopt, .peak_bytes = 7, .reserved_bytes = 3}};
};

// Sets an environment variable, or unsets it, for a test.
class variable {
public:
    variable(const char* name, const char* value) : name_{name} {
        if (const char* before = std::getenv(name)) {
            before_ = before;
        }
        set(value);
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;
    ~variable() { set(before_ ? before_->c_str() : nullptr); }

private:
    void set(const char* value) { value == nullptr ? unsetenv(name_) : setenv(name_, value, 1); }

    const char* name_;
    std::optional<std::string> before_;
};

}  // namespace

// --- the tree -----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(each_layer_stands_before_its_upstreams, family) {
    std::string names;
    for (const strata::described_layer& layer : strata::describe(root).layers) {
        names += std::to_string(layer.depth) + layer.name + " ";
    }
    BOOST_TEST(names == "0segregator 1fallback 2heap 2spare 1buffer 2heap ");
}

BOOST_FIXTURE_TEST_CASE(a_layer_has_the_usage_of_its_resource, family) {
    BOOST_TEST((strata::describe(root).layers[3].usage == spare.figures));
}

BOOST_AUTO_TEST_CASE(a_stack_is_described_by_its_layers) {
    strata::stack memory{strata::stats{}, strata::arena{}, strata::fixed_buffer<4096>{}};
    static_cast<void>(memory.allocate(100, 4));
    BOOST_TEST(to_text(strata::describe(memory), strata::charset::ascii) ==
               "                          live      blocks        peak    reserved    overhead\n"
               "stats                    100 B           1       100 B       100 B         0 B\n"
               "`- arena                 100 B           -       100 B      1024 B       924 B\n"
               "   `- fixed_buffer      1024 B           1      1024 B      4096 B      3072 B\n");
}

BOOST_AUTO_TEST_CASE(resources_of_others_are_leaves_with_the_name_of_their_type) {
    const auto name_of = [](const std::pmr::memory_resource& resource) {
        const strata::described_tree tree = strata::describe(resource);
        BOOST_TEST(tree.layers.size() == 1u);
        BOOST_TEST((tree.layers[0].usage == strata::usage{}));
        return tree.layers[0].name;
    };
    BOOST_TEST(name_of(foreign::memory{}) == "describe_test::foreign::memory");
    BOOST_TEST(name_of(std::pmr::monotonic_buffer_resource{}) ==
               "std::pmr::monotonic_buffer_resource");
    BOOST_TEST(name_of(*std::pmr::new_delete_resource()) == "std::pmr::new_delete_resource()");
    BOOST_TEST(name_of(*std::pmr::null_memory_resource()) == "std::pmr::null_memory_resource()");
}

BOOST_AUTO_TEST_CASE(a_cycle_of_upstreams_comes_to_an_end) {
    node circle{"circle"};
    circle.upstreams = {&circle};
    BOOST_TEST(strata::describe(circle).layers.size() < 100u);
}

// --- text ---------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(branches_are_drawn_in_ascii, family) {
    BOOST_TEST(to_text(strata::describe(root), strata::charset::ascii) ==
               "                   live      blocks        peak    reserved    overhead\n"
               "segregator          5 B           -         7 B         3 B           -\n"
               "|- fallback           -           -           -           -           -\n"
               "|  |- heap            -           -           -           -           -\n"
               "|  `- spare        10 B           1    97.7 KiB    20.0 KiB    20.0 KiB\n"
               "`- buffer             -           -           -           -           -\n"
               "   `- heap            -           -           -           -           -\n");
}

BOOST_FIXTURE_TEST_CASE(branches_are_drawn_in_unicode, family) {
    BOOST_TEST(to_text(strata::describe(inner), strata::charset::unicode) ==
               "                live      blocks        peak    reserved    overhead\n"
               "fallback           -           -           -           -           -\n"
               "├─ heap            -           -           -           -           -\n"
               "└─ spare        10 B           1    97.7 KiB    20.0 KiB    20.0 KiB\n");
    BOOST_TEST(to_text(strata::describe(root), strata::charset::unicode).find("│  ├─ heap  ") !=
               std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_locale_says_which_characters_to_draw_with, family) {
    const auto is_unicode = [&](const char* all, const char* type, const char* lang) {
        const variable lc_all{"LC_ALL", all};
        const variable lc_ctype{"LC_CTYPE", type};
        const variable lang_itself{"LANG", lang};
        const strata::described_tree tree = strata::describe(root);
        return to_text(tree) == to_text(tree, strata::charset::unicode);
    };
    BOOST_TEST(is_unicode("en_GB.UTF-8", nullptr, nullptr));
    BOOST_TEST(is_unicode(nullptr, "C.utf8", nullptr));
    BOOST_TEST(is_unicode(nullptr, nullptr, "de_DE.UTF-8"));
    BOOST_TEST(is_unicode("", "", "de_DE.UTF-8"));  // empty is as good as not set
    BOOST_TEST(!is_unicode("C", "C.utf8", "de_DE.UTF-8"));
    BOOST_TEST(!is_unicode(nullptr, "POSIX", "de_DE.UTF-8"));
    BOOST_TEST(!is_unicode(nullptr, nullptr, "de_DE.ISO-8859-1"));
    BOOST_TEST(!is_unicode(nullptr, nullptr, nullptr));
}

BOOST_FIXTURE_TEST_CASE(a_description_prints_its_text, family) {
    std::ostringstream out;
    out << strata::describe(root);
    BOOST_TEST(out.str() == to_text(strata::describe(root)));
}

// --- JSON ---------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(as_json_upstreams_are_nested, family) {
    const std::string unknown =
        "\"live_bytes\": null, \"live_blocks\": null, \"peak_bytes\": null, "
        "\"reserved_bytes\": null, \"overhead_bytes\": null, ";
    BOOST_TEST(to_json(strata::describe(inner)) ==
               "{\"name\": \"fallback\", " + unknown +
                   "\"upstreams\": ["
                   "{\"name\": \"heap\", " +
                   unknown +
                   "\"upstreams\": []}, "
                   "{\"name\": \"spare\", \"live_bytes\": 10, \"live_blocks\": 1, "
                   "\"peak_bytes\": 99999, \"reserved_bytes\": 20480, \"overhead_bytes\": 20470, "
                   "\"upstreams\": []}]}");
}

BOOST_FIXTURE_TEST_CASE(as_json_siblings_are_told_from_children, family) {
    const std::string json = to_json(strata::describe(root));
    std::string shape;
    for (const char c : json) {
        shape += std::string_view{"[]{}"}.find(c) != std::string_view::npos ? std::string{c} : "";
    }
    BOOST_TEST(shape == "{[{[{[]}{[]}]}{[{[]}]}]}");
}

// --- names --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_not_printable_in_a_name_is_escaped) {
    node below{"größe"};
    const node evil{"two\nlines\x1B[2J\xFF \"q\"", {&below}};
    const strata::described_tree tree = strata::describe(evil);
    BOOST_TEST(tree.layers[0].name == "two\nlines\x1B[2J\xFF \"q\"");  // as it is
    const std::string table = to_text(tree, strata::charset::ascii);
    std::istringstream lines{table};
    std::string title;
    std::string first;
    std::string second;
    std::getline(std::getline(std::getline(lines, title), first), second);
    BOOST_TEST(first.find(R"(two\nlines\x1B[2J\xFF "q"  )") == 0u);
    BOOST_TEST(second.find("`- größe  ") == 0u);
    BOOST_TEST(first.size() == title.size());
    BOOST_TEST(second.size() == title.size() + 2);  // two of its characters have two bytes
    BOOST_TEST(to_json(tree).find(R"({"name": "two\nlines\u001B[2J\uFFFD \"q\"", )") == 0u);
}

BOOST_AUTO_TEST_CASE(as_json_names_are_quoted) {
    BOOST_TEST(to_json(strata::describe(node{"a \"b\" \\ c"}))
                   .find("{\"name\": \"a \\\"b\\\" \\\\ c\", ") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
