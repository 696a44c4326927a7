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

#include <strata/adaptors/limit_resource.hpp>
#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/layer_kind.hpp>
#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/temporary_folder.hpp"

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
        {.live_bytes = 10,
         .live_blocks = 1,
         .used_bytes = 10,
         .peak_bytes = 99'999,
         .reserved_bytes = 20'480}};
    node inner{"fallback", {&heap, &spare}};
    node buffer{"buffer", {&heap}};
    node root{"segregator",
              {&inner, &buffer},
              {.live_bytes = 5,
               .live_blocks = std::nullopt,
               .used_bytes = 6,
               .peak_bytes = 7,
               .reserved_bytes = 3}};
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
    BOOST_TEST(
        to_text(strata::describe(memory), strata::charset::ascii) ==
        "                         live     blocks       used       peak   reserved   overhead  options\n"
        "stats                   100 B          1      100 B      100 B      100 B        0 B\n"
        "`- arena                    -          -      100 B      100 B     1024 B      924 B\n"
        "   `- fixed_buffer     1024 B          1     1024 B     1024 B     4096 B     3072 B  4KiB\n"
        "total                                                              4096 B\n");
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
               "                     live     blocks       used       peak   reserved   overhead\n"
               "segregator            5 B          -        6 B        7 B        3 B          -\n"
               "|- fallback             -          -          -          -          -          -\n"
               "|  |- heap [1]          -          -          -          -          -          -\n"
               "|  `- spare          10 B          1       10 B   97.7 KiB   20.0 KiB   20.0 KiB\n"
               "`- buffer               -          -          -          -          -          -\n"
               "   `- heap [1], above\n"
               "total                                                      >=20.0 KiB\n");
}

BOOST_FIXTURE_TEST_CASE(branches_are_drawn_in_unicode, family) {
    BOOST_TEST(to_text(strata::describe(inner), strata::charset::unicode) ==
               "               live     blocks       used       peak   reserved   overhead\n"
               "fallback          -          -          -          -          -          -\n"
               "├─ heap           -          -          -          -          -          -\n"
               "└─ spare       10 B          1       10 B   97.7 KiB   20.0 KiB   20.0 KiB\n"
               "total                                                >=20.0 KiB\n");
    BOOST_TEST(to_text(strata::describe(root), strata::charset::unicode).find("│  ├─ heap [1]  ") !=
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
        "\"options\": \"\", \"live_bytes\": null, \"live_blocks\": null, \"used_bytes\": null, "
        "\"peak_bytes\": null, \"reserved_bytes\": null, \"overhead_bytes\": null, ";
    BOOST_TEST(to_json(strata::describe(inner)) ==
               "{\"roots\": [{\"name\": \"fallback\", " + unknown +
                   "\"upstreams\": ["
                   "{\"name\": \"heap\", " +
                   unknown +
                   "\"upstreams\": []}, "
                   "{\"name\": \"spare\", \"options\": \"\", \"live_bytes\": 10, "
                   "\"live_blocks\": 1, \"used_bytes\": 10, \"peak_bytes\": 99999, "
                   "\"reserved_bytes\": 20480, \"overhead_bytes\": 20470, \"upstreams\": []}]}], "
                   "\"total_bytes\": 20480, \"total_is_least\": true}");
}

BOOST_FIXTURE_TEST_CASE(as_json_siblings_are_told_from_children, family) {
    const std::string json = to_json(strata::describe(root));
    std::string shape;
    for (const char c : json) {
        shape += std::string_view{"[]{}"}.find(c) != std::string_view::npos ? std::string{c} : "";
    }
    BOOST_TEST(shape == "{[{[{[{[]}{[]}]}{[{}]}]}]}");
    BOOST_TEST(json.find("{\"name\": \"heap\", \"mark\": 1, \"is_repeated\": true}") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(as_json_several_roots_stand_side_by_side) {
    const node one{"one"};
    const node other{"other"};
    const std::string json = to_json(strata::describe(one, other));
    BOOST_TEST(json.find("{\"roots\": [{\"name\": \"one\", ") == 0U);
    BOOST_TEST(json.find("\"upstreams\": []}, {\"name\": \"other\", ") != std::string::npos);
    BOOST_TEST(to_json(strata::described_tree{}) ==
               "{\"roots\": [], \"total_bytes\": 0, \"total_is_least\": false}");
}

// --- what is shared
// -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(three_stacks_on_one_arena_share_it) {
    strata::arena_resource shared{strata::arena{.first_chunk = 4096}, strata::system_heap()};
    strata::stack first{strata::stats{}, &shared};
    strata::stack second{strata::limit{.blocks = 3}, &shared};
    strata::stack third{strata::pool{}, &shared};
    static_cast<void>(first.allocate(100, 4));
    static_cast<void>(second.allocate(60, 4));
    static_cast<void>(third.allocate(16));
    const std::string table =
        "                   live     blocks       used       peak   reserved   overhead  options\n"
        "stats             100 B          1      100 B      100 B      100 B        0 B\n"
        "`- arena [1]          -          -     1184 B     1184 B     4128 B     2944 B  "
        "first_chunk=4KiB\n"
        "   `- heap            -          -          -          -          -          -\n"
        "limit              60 B          1       60 B          -       60 B        0 B  blocks=3\n"
        "`- arena [1], above\n"
        "pool                  -          1       16 B       16 B     1024 B     1008 B\n"
        "`- arena [1], above\n"
        "total                                                        4128 B\n";
    BOOST_TEST(to_text(strata::describe(first, second, third), strata::charset::ascii) == table);
    const std::vector<const std::pmr::memory_resource*> roots{&first, &second, &third};
    BOOST_TEST(to_text(strata::describe(roots), strata::charset::ascii) == table);
}

BOOST_AUTO_TEST_CASE(a_diamond_is_shown_once) {
    node bottom{"bottom", {}, {.reserved_bytes = 1000}};
    node left{"left", {&bottom}};
    node right{"right", {&bottom}};
    const node top{"top", {&left, &right}};
    const strata::described_tree tree = strata::describe(top);
    std::string names;
    for (const strata::described_layer& layer : tree.layers) {
        names += layer.name + std::to_string(layer.mark) + (layer.is_repeated ? "again " : " ");
    }
    BOOST_TEST(names == "top0 left0 bottom1 right0 bottom1again ");
    BOOST_TEST(tree.total_bytes == 1000U);
    BOOST_TEST(!tree.total_is_least);
}

BOOST_AUTO_TEST_CASE(marks_are_numbered_in_the_order_of_the_tree) {
    node low{"low"};
    node high{"high", {&low}};
    const node a{"a", {&high}};
    const node b{"b", {&low}};
    const node c{"c", {&high}};
    std::string marks;
    for (const strata::described_layer& layer : strata::describe(a, b, c).layers) {
        marks += layer.name + std::to_string(layer.mark) + " ";
    }
    BOOST_TEST(marks == "a0 high1 low2 b0 low2 c0 high1 ");
}

BOOST_AUTO_TEST_CASE(a_stack_and_its_top_layer_are_one) {
    strata::stack memory{strata::stats{}, strata::heap{}};
    const strata::described_tree tree = strata::describe(memory, memory.get<0>());
    BOOST_TEST_REQUIRE(tree.layers.size() == 3U);
    BOOST_TEST(tree.layers[2].is_repeated);
}

BOOST_AUTO_TEST_CASE(the_heap_is_everyones_and_has_no_mark) {
    strata::stack one{strata::stats{}, strata::heap{}};
    strata::stack other{strata::stats{}, std::pmr::new_delete_resource()};
    strata::stack third{strata::stats{}, std::pmr::new_delete_resource()};
    for (const strata::described_layer& layer :
         strata::describe(one, other, third, *strata::system_heap()).layers) {
        BOOST_TEST(layer.mark == 0U, layer.name);
    }
}

BOOST_AUTO_TEST_CASE(a_shared_resource_of_others_has_a_mark) {
    foreign::memory theirs;
    const node one{"one", {&theirs}};
    const node other{"other", {&theirs}};
    const strata::described_tree tree = strata::describe(one, other);
    BOOST_TEST(tree.layers[3].name.ends_with("foreign::memory"));
    BOOST_TEST(tree.layers[3].is_repeated);
}

// --- the total
// ------------------------------------------------------------------------------------

namespace {

std::pair<std::size_t, bool> total_of(const strata::described_tree& tree) {
    return {tree.total_bytes, tree.total_is_least};
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_total_is_what_the_sources_hold) {
    node buffer{"buffer", {}, {.reserved_bytes = 100}};
    node pages{"pages", {}, {.reserved_bytes = 1000}};
    node both{"both", {&buffer, &pages}, {.reserved_bytes = 7}};
    const node top{"top", {&both}, {.reserved_bytes = 5}};
    BOOST_TEST((total_of(strata::describe(top)) == std::pair{std::size_t{1100}, false}));
    BOOST_TEST((total_of(strata::describe(top, pages)) == std::pair{std::size_t{1100}, false}));
}

BOOST_AUTO_TEST_CASE(above_a_source_that_does_not_tell_the_layers_tell) {
    node heap{"heap"};
    node passing{"passing", {&heap}};
    node one{"one", {&passing}, {.reserved_bytes = 100}};
    const node top{"top", {&one}, {.reserved_bytes = 5}};
    const node other{"other", {&passing}, {.reserved_bytes = 20}};
    BOOST_TEST((total_of(strata::describe(top)) == std::pair{std::size_t{100}, false}));
    BOOST_TEST((total_of(strata::describe(top, other)) == std::pair{std::size_t{120}, false}));
    BOOST_TEST((total_of(strata::describe(top, passing)) == std::pair{std::size_t{100}, true}));
    BOOST_TEST((total_of(strata::describe(passing)) == std::pair{std::size_t{0}, true}));
    BOOST_TEST(to_text(strata::describe(passing)).ends_with(" -\n"));
}

BOOST_AUTO_TEST_CASE(what_is_known_of_some_branches_is_the_least) {
    node heap{"heap"};
    node buffer{"buffer", {}, {.reserved_bytes = 100}};
    node branches{"branches", {&buffer, &heap}};
    const node little{"little", {&branches}, {.reserved_bytes = 40}};
    const node much{"much", {&branches}, {.reserved_bytes = 400}};
    BOOST_TEST((total_of(strata::describe(branches)) == std::pair{std::size_t{100}, true}));
    BOOST_TEST((total_of(strata::describe(little)) == std::pair{std::size_t{100}, true}));
    BOOST_TEST((total_of(strata::describe(much)) == std::pair{std::size_t{400}, true}));
}

// --- options
// --------------------------------------------------------------------------------------

namespace {

// Of the uppermost layer that a text builds.
std::string options_of(std::string_view text) {
    auto memory = strata::strategy::parse(text).build();
    return strata::describe(memory).layers.front().options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(options_that_are_the_defaults_are_not_shown) {
    const tests::temporary_folder files;
    const std::string file = "file=" + files.file("run.trace");
    for (const strata::layer_kind& kind : strata::layers()) {
        const std::string text = kind.name == "fixed_buffer"         ? "fixed_buffer(1KiB)"
                                 : kind.name == "trace"              ? "trace(" + file + ")"
                                 : kind.name == "segregator"         ? "segregator(64, pool, heap)"
                                 : kind.name == "fallback"           ? "fallback(pool, heap)"
                                                                     : kind.name;
        BOOST_TEST(options_of(text) == (kind.name == "fixed_buffer" ? "1KiB"
                                        : kind.name == "trace"      ? file
                                        : kind.name == "segregator" ? "64"
                                                                    : ""),
                   kind.name);
    }
}

BOOST_AUTO_TEST_CASE(options_are_shown_as_a_text_gives_them) {
    for (const std::string text : {
             "arena(first_chunk=64KiB, growth=2, largest_chunk=1MiB, reuse_last=true)",
             "arena(largest_chunk=100)",
             "concurrent_arena(first_chunk=1KiB, growth=1.25, largest_chunk=1MiB, largest_slab=4KiB)",
             "concurrent_arena(largest_chunk=100)",
             "pool(largest_block=4KiB, max_blocks_per_chunk=32, first_chunk=2KiB, "
             "largest_chunk=64KiB, hardened=true)",
             "pool(largest_chunk=512)",
             "concurrent_pool(largest_block=4KiB, max_blocks_per_chunk=32, first_chunk=2KiB, "
             "largest_chunk=64KiB, hardened=true)",
             "concurrent_pool(largest_chunk=4KiB)",
             "bounded_time(capacity=64KiB)",
             "pages(reserve=1MiB, guard=true, populate=true, keep=64KiB)",
             "pages(huge=transparent)",
             "stats(on_destroy=report)",
             "stats(counting=single)",
             "stats(on_destroy=abort, counting=relaxed)",
             "stats(counting=sequential)",
             "limit(bytes=1MiB, blocks=10)",
             "retry(attempts=5)",
             "debug(fence=32, quarantine=0, leaks=false, concurrent=true, guard=ends)",
             "debug(freed_fill=7)",
             "fixed_buffer(4KiB)",
         }) {
        const std::size_t open = text.find('(');
        BOOST_TEST(options_of(text) == text.substr(open + 1, text.size() - open - 2));
    }
    BOOST_TEST(options_of("segregator(16, 1KiB, pool, arena, heap)") == "16, 1KiB");
    BOOST_TEST(options_of("segregator(by=alignment, 16, pool, heap)") == "by=alignment, 16");
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
    BOOST_TEST(to_json(tree).find(R"({"roots": [{"name": "two\nlines\u001B[2J\uFFFD \"q\"", )") == 0u);
}

BOOST_AUTO_TEST_CASE(as_json_names_are_quoted) {
    BOOST_TEST(to_json(strata::describe(node{"a \"b\" \\ c"}))
                   .find("{\"roots\": [{\"name\": \"a \\\"b\\\" \\\\ c\", ") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
