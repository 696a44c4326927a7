// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <strata/compose/described_layer.hpp>
#include <strata/core/detail/guard.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/strata.hpp>

#include "support/child.hpp"
#include "support/misuse_recorder.hpp"
#include "support/temporary_folder.hpp"

BOOST_AUTO_TEST_SUITE(label_test)

using strata::label;
using strata::strategy;

namespace {

template <class Printable>
std::string printed(const Printable& of) {
    std::ostringstream out;
    out << of;
    return out.str();
}

}  // namespace

// --- the value --------------------------------------------------------------------------------

static_assert(std::is_trivially_copyable_v<label>);
static_assert(sizeof(label) == label::longest + 1);
static_assert(label{}.empty());
static_assert(label{"orders"}.text() == "orders");
static_assert(label{"orders"} == label{std::string_view{"orders"}});
static_assert(label{"orders"} != label{"order"});
static_assert(strata::pool{.name = "orders"} != strata::pool{});
static_assert(!std::is_constructible_v<label, int>);

BOOST_AUTO_TEST_CASE(a_label_is_made_of_any_text) {
    const auto of = [](const label& name) { return std::string{name.text()}; };
    BOOST_TEST(of("a literal") == "a literal");
    BOOST_TEST(of(std::string{"a string"}) == "a string");
    BOOST_TEST(of(std::string_view{"a view of", 6}) == "a view");
    const char* pointer = "a pointer";
    BOOST_TEST(of(pointer) == "a pointer");
    BOOST_TEST(of(std::string(23, 'x')) == std::string(23, 'x'));
    BOOST_TEST(of("h\u00FClle") == "h\u00FClle");
    BOOST_TEST(of("").empty());
}

BOOST_AUTO_TEST_CASE(a_text_that_is_too_long_or_has_other_characters_is_refused) {
    for (const std::string& wrong :
         {std::string(24, 'x'), std::string{"a\nb"}, std::string{"a\0b", 3}, std::string{"a\x7F"},
          std::string{"a\"b"}, std::string{"a\\b"}}) {
        BOOST_TEST_CONTEXT(wrong) {
            BOOST_TEST(!label::is_valid(wrong));
            BOOST_CHECK_THROW(label{wrong}, std::invalid_argument);
        }
    }
    try {
        const label refused{std::string{"a\nb"}};
    } catch (const std::invalid_argument& error) {
        BOOST_TEST(error.what() ==
                   R"(strata: "a\nb" cannot name a resource: expected at most 23 bytes )"
                   "without control characters, quotation marks and backslashes");
    }
}

// --- in texts ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_text_names_its_layers) {
    const auto* const text =
        "stats(name=orders) > pool(largest_block=1KiB, name=\"of orders\") > heap(name=a-b_c.1)";
    const auto parsed = strategy::parse(text);
    BOOST_TEST(to_string(parsed) == text);
    auto memory = parsed.build();
    BOOST_TEST(memory.label().text() == "orders");
    BOOST_TEST(memory.name() == "stats");
    BOOST_TEST(strata::find<strata::pool_resource>(memory)->label().text() == "of orders");
    BOOST_TEST(strata::find<strata::heap_resource>(memory)->label().text() == "a-b_c.1");
    BOOST_TEST(to_string(strategy::parse("pool( name = \"orders\" )")) == "pool(name=orders)");
    BOOST_TEST((strategy::parse("pool(name=a)") != strategy::parse("pool")));
}

BOOST_AUTO_TEST_CASE(every_kind_of_layer_takes_a_name_as_its_last_option) {
    const tests::temporary_folder files;
    for (const strata::layer_kind& kind : strata::layers()) {
        BOOST_TEST_CONTEXT(kind.name) {
            BOOST_TEST_REQUIRE(!kind.options.empty());
            BOOST_TEST(kind.options.back().name == "name");
            BOOST_TEST(kind.options.back().what == strata::facts_of_name.what);
            const std::string rest = kind.name == "fixed_buffer" ? ", 4KiB"
                                     : kind.name == "trace" ? ", file=" + files.file("run.trace")
                                     : kind.name == "segregator" ? ", 64, pool, heap"
                                     : kind.name == "fallback"   ? ", pool, heap"
                                                                 : "";
            const auto memory = strategy::parse(kind.name + "(name=orders" + rest + ")").build();
            BOOST_TEST(memory.label().text() == "orders");
            BOOST_TEST(memory.name() == kind.name);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_fallback_over_a_buffer_has_its_name) {
    const auto memory = strategy::parse("fallback(name=both, fixed_buffer(1KiB), heap)").build();
    BOOST_TEST(memory.label().text() == "both");
}

// --- in C++ -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_stack_has_the_name_of_its_top_layer) {
    strata::stack memory{strata::stats{.name = "orders"}, strata::pool{.name = "below"}};
    BOOST_TEST(memory.label().text() == "orders");
    BOOST_TEST(memory.get<1>().label().text() == "below");
    strata::stack unnamed{strata::pool{}};
    BOOST_TEST(unnamed.label().empty());
}

BOOST_AUTO_TEST_CASE(branches_have_names) {
    strata::stack memory{strata::fallback{label{"both"}, strata::fixed_buffer<64>{.name = "local"},
                                          strata::heap{.name = "rest"}}};
    BOOST_TEST(memory.label().text() == "both");
    BOOST_TEST(memory.get<0>().get<0>().label().text() == "local");
    BOOST_TEST(memory.get<0>().get<1>().label().text() == "rest");
    strata::stack by_size{
        strata::segregator{label{"sizes"}, strata::up_to{64}, strata::pool{}, strata::heap{}}};
    BOOST_TEST(by_size.label().text() == "sizes");

    strata::fixed_buffer_resource<64> local;
    const strata::fallback_resource tried{label{"both"}, &local, strata::system_heap()};
    BOOST_TEST(tried.label().text() == "both");
    const strata::segregator_resource chosen{label{"sizes"}, strata::up_to{64}, &local,
                                             strata::system_heap()};
    BOOST_TEST(chosen.label().text() == "sizes");
}

BOOST_AUTO_TEST_CASE(a_layer_is_found_by_its_name) {
    strata::stack memory{strata::stats{.name = "all"}, strata::pool{.name = "orders"},
                         strata::arena{}};
    auto& pool = memory.get<1>();
    BOOST_TEST(strata::find<strata::pool_resource>(memory, "orders") == &pool);
    BOOST_TEST((strata::find<strata::pool_resource>(memory, "all") == nullptr));
    BOOST_TEST((strata::find<strata::arena_resource>(memory, "orders") == nullptr));
    BOOST_TEST((strata::find<strata::stats_source>(memory, "all") != nullptr));
    const auto built = strategy::parse("stats > pool(name=a) > pool(name=b)").build();
    const auto* const lower = strata::find<strata::pool_resource>(built, "b");
    BOOST_TEST_REQUIRE((lower != nullptr));
    BOOST_TEST(lower->label().text() == "b");
}

// --- where it shows ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(trees_show_names) {
    const auto memory = strategy::parse("stats(name=orders) > pool(name=\"new ones\")").build();
    const std::string tree = strata::to_text(strata::describe(memory), strata::charset::ascii);
    BOOST_TEST(tree.find("\nstats \"orders\" ") != tree.npos);
    BOOST_TEST(tree.find("\n`- pool \"new ones\" ") != tree.npos);
    BOOST_TEST(tree.find("`- heap ") != tree.npos);
    const std::string json = strata::to_json(strata::describe(memory));
    BOOST_TEST(json.find(R"({"name": "stats", "label": "orders",)") == 11U);
}

BOOST_AUTO_TEST_CASE(counts_as_json_show_the_name) {
    strata::stats_resource memory{strata::stats{.name = "orders"}, strata::system_heap()};
    const std::string json = strata::to_json(memory.snapshot(), memory.label());
    BOOST_TEST(json.find(R"({"name": "orders", "live_bytes": 0, )") == 0U);
    BOOST_TEST(json.substr(json.find("\"live_bytes\"")) ==
               strata::to_json(memory.snapshot()).substr(1));
}

BOOST_AUTO_TEST_CASE(misuse_shows_the_name) {
    const tests::misuse_recorder misuses;
    strata::pool_resource pool{strata::pool{.name = "orders"}};
    strata::pool_resource unnamed;
    strata::detail::misuse_of(pool, "it is %s", "wrong");
    strata::detail::misuse_of(unnamed, "it is %s", "wrong");
    BOOST_TEST(misuses.messages() ==
                   (std::vector<std::string>{"pool \"orders\": it is wrong", "pool: it is wrong"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_refusal_shows_the_name) {
    const auto refusal = [](std::pmr::memory_resource& of) -> std::string {
        try {
            (void)of.allocate(100'000, 16);
        } catch (const strata::out_of_room& refused) {
            return refused.what();
        }
        return "";
    };
    strata::fixed_buffer_resource<64> buffer{strata::fixed_buffer<64>{.name = "local"}};
    BOOST_TEST(refusal(buffer) == "strata: fixed_buffer \"local\" has no room for 100000 B "
                                  "(aligned to 16 B): 64 B left of 64 B");
    strata::limit_resource limit{strata::limit{.bytes = 1000, .name = "cache"}};
    BOOST_TEST(refusal(limit) == "strata: the limit \"cache\" has no room for 100000 B (aligned to "
                                 "16 B): 0 B of 1000 B in use");
    strata::bounded_time_resource heap{strata::bounded_time{.capacity = 4096, .name = "rt"}};
    BOOST_TEST(refusal(heap).find("strata: bounded_time \"rt\" has no room for 100000 B") == 0U);
}

BOOST_AUTO_TEST_CASE(leak_reports_show_the_name) {
    const auto child = tests::run_in_child([] {
        strata::fixed_buffer_resource<256> below;
        strata::stats_resource memory{
            strata::stats{.on_destroy = strata::on_finding::report, .name = "orders"}, &below};
        (void)memory.allocate(12);
    });
    BOOST_TEST(child.errors ==
               "strata: stats \"orders\": 1 block (12 bytes) is still live at its end\n");
}

BOOST_AUTO_TEST_CASE(scopes_out_of_order_show_the_name) {
    const tests::misuse_recorder misuses;
    strata::pool_resource outer{strata::pool{.name = "outer"}};
    strata::pool_resource inner{strata::pool{.name = "inner"}};
    auto* const before = std::pmr::get_default_resource();
    auto first = std::make_unique<strata::scoped_default_resource>(outer);
    auto second = std::make_unique<strata::scoped_default_resource>(inner);
    first.reset();
    std::pmr::set_default_resource(&inner);
    second.reset();
    std::pmr::set_default_resource(before);
    BOOST_TEST_REQUIRE(misuses.count() == 1U);
    BOOST_TEST(misuses.messages()[0].find("pool \"inner\" at ") != std::string::npos);
    BOOST_TEST(misuses.messages()[0].find("and not pool \"outer\" at ") != std::string::npos);
}

// --- a layer of the user's own ----------------------------------------------------------------

namespace {

class shelf_resource;

struct shelf {
    std::size_t bytes = 4096;
    label name = {};

    template <class Upstream>
    using resource_type = shelf_resource;
    static constexpr bool is_source = false;
    static constexpr std::string_view layer_name = "shelf";
    static constexpr auto option_table() {
        return std::tuple{strata::option{&shelf::bytes, {.name = "bytes", .what = "how much"}}};
    }
};

class shelf_resource final : public strata::resource {
public:
    shelf_resource(const shelf& description, std::pmr::memory_resource* upstream)
        : resource{description.name},
          upstream_{upstream} {}

private:
    std::string_view do_name() const noexcept override { return shelf::layer_name; }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(block, bytes, alignment);
    }

    std::pmr::memory_resource* upstream_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_layer_of_ones_own_takes_a_name_without_a_row_in_its_table) {
    strata::register_layer<shelf>();
    const auto* const text = "shelf(bytes=8KiB, name=books)";
    BOOST_TEST(to_string(strategy::parse(text)) == text);
    BOOST_TEST(strategy::parse(text).build().label().text() == "books");
    const strata::stack memory{shelf{.name = "books"}};
    BOOST_TEST(printed(strata::describe(memory)).find("shelf \"books\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
