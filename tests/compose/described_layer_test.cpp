// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE compose / described_layer
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

#include <strata/compose/describe.hpp>
#include <strata/compose/described_layer.hpp>
#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/strata.hpp>

#include "support/temporary_folder.hpp"

using strata::strategy;

// --- a layer of the user's own, with an option of each type -----------------------------------

namespace {

enum class side { left, right };

class shelf_resource;

struct shelf {
    std::size_t bytes = 4096;
    unsigned boards = 3;
    double slope = 1.5;
    bool locked = false;
    side opens = side::right;
    std::string_view label = "books";
    std::byte paint{0x11};
    std::optional<std::byte> varnish = {};
    std::optional<side> hinges = {};

    template <class Upstream>
    using resource_type = shelf_resource;
    static constexpr bool is_source = false;
    static constexpr std::string_view layer_name = "shelf";
    static constexpr auto option_table();
    [[nodiscard]] std::string contradiction() const {
        return locked && boards > 10 ? "expected at most 10 boards behind a lock" : "";
    }
};

}  // namespace

template <>
inline constexpr std::array<std::string_view, 2> strata::words_of<side>{"left", "right"};

namespace {

using strata::option;

constexpr auto shelf::option_table() {
    return std::tuple{
        option{&shelf::bytes, {.name = "bytes", .what = "how much it holds", .most = 65536}},
        option{&shelf::boards,
               {.name = "boards",
                .what = "how many boards",
                .type = strata::option_type::count,
                .least = 1,
                .tries = {1, 8, 2}}},
        option{&shelf::slope, {.name = "slope", .what = "how steep", .least = 1, .most = 9}},
        option{&shelf::locked, {.name = "locked", .what = "whether it has a lock"}},
        option{&shelf::opens, {.name = "opens", .what = "to which side it opens"}},
        option{&shelf::label, {.name = "label", .what = "what stands on it", .most = 8}},
        option{&shelf::paint, {.name = "paint", .what = "its colour"}},
        option{&shelf::varnish,
               {.name = "varnish", .what = "what is above the paint", .zero = "mat"}},
        option{&shelf::hinges, {.name = "hinges", .what = "where the hinges are"}}};
}

class shelf_resource final : public strata::resource {
public:
    shelf_resource(const shelf& description, std::pmr::memory_resource* upstream)
        : options_{description},
          label_{description.label},
          upstream_{upstream} {
        options_.label = label_;
    }

    [[nodiscard]] const shelf& options() const { return options_; }
    [[nodiscard]] std::string_view do_name() const noexcept override { return shelf::layer_name; }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override {
        return index == 0 ? upstream_ : nullptr;
    }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(block, bytes, alignment);
    }

    shelf options_;
    std::string label_;
    std::pmr::memory_resource* upstream_;
};

struct registered {
    registered() { strata::register_layer<shelf>(); }
};
const registered before_all_tests;

template <class Memory>
std::string described(const Memory& memory) {
    std::ostringstream out;
    out << strata::describe(memory);
    return out.str();
}

// What a text builds.
const shelf& options_of(strata::built_strategy& memory) {
    return memory.find<shelf_resource>()->options();
}

std::string problem_of(const char* text) {
    try {
        (void)strategy::parse(text);
    } catch (const strata::strategy_error& error) {
        return error.problem();
    }
    return "";
}

strata::layer_kind kind_named(std::string_view name) {
    const auto all = strata::layers();
    return *std::ranges::find(all, name, &strata::layer_kind::name);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_text_does_not_give_is_the_members_default) {
    auto memory = strategy::parse("shelf").build();
    const shelf& options = options_of(memory);
    BOOST_TEST(options.bytes == 4096U);
    BOOST_TEST(options.boards == 3U);
    BOOST_TEST(options.slope == 1.5);
    BOOST_TEST(!options.locked);
    BOOST_TEST((options.opens == side::right));
    BOOST_TEST(options.label == "books");
    BOOST_TEST((options.paint == std::byte{0x11}));
    BOOST_TEST(!options.varnish.has_value());
}

BOOST_AUTO_TEST_CASE(a_text_gives_options_of_every_type) {
    const auto* const text =
        "stats > shelf(bytes=8KiB, boards=5, slope=2.25, locked=true, opens=left, label=tools, "
        "paint=34, varnish=0, hinges=left) > pool";
    auto memory = strategy::parse(text).build();
    const shelf& options = options_of(memory);
    BOOST_TEST(options.bytes == 8192U);
    BOOST_TEST(options.boards == 5U);
    BOOST_TEST(options.slope == 2.25);
    BOOST_TEST(options.locked);
    BOOST_TEST((options.opens == side::left));
    BOOST_TEST(options.label == "tools");
    BOOST_TEST((options.paint == std::byte{34}));
    BOOST_TEST((options.varnish == std::byte{0}));
    BOOST_TEST((options.hinges == side::left));
    BOOST_TEST(to_string(strategy::parse(text)) == text);
}

BOOST_AUTO_TEST_CASE(a_value_out_of_its_range_is_refused) {
    BOOST_TEST(problem_of("shelf(bytes=65537)") == "strategy: expected at most 64KiB");
    BOOST_TEST(problem_of("shelf(boards=0)") == "strategy: expected at least 1");
    BOOST_TEST(problem_of("shelf(boards=4294967296)") == "strategy: expected at most 4294967295");
    BOOST_TEST(problem_of("shelf(slope=0.5)") == "strategy: expected at least 1");
    BOOST_TEST(problem_of("shelf(slope=9.5)") == "strategy: expected at most 9");
    BOOST_TEST(problem_of("shelf(hinges=up)") == "strategy: expected \"left\" or \"right\"");
    BOOST_TEST(problem_of("shelf(opens=up)") == "strategy: expected \"left\" or \"right\"");
    BOOST_TEST(problem_of("shelf(label=dictionary)") == "strategy: expected at most 8 characters");
    BOOST_TEST(problem_of("shelf(paint=256)") == "strategy: expected at most 255");
    BOOST_TEST(problem_of("shelf(boards=11, locked=true)") ==
               "strategy: \"shelf\": expected at most 10 boards behind a lock");
    BOOST_TEST(problem_of("shelf(lable=x)") ==
               "strategy: \"shelf\" has no option \"lable\"; did you mean \"label\"?");
}

BOOST_AUTO_TEST_CASE(a_stack_and_a_text_make_the_same) {
    strata::stack stacked{strata::stats{}, shelf{.boards = 5}, strata::pool{}};
    auto built = strategy::parse("stats > shelf(boards=5) > pool").build();
    BOOST_TEST(stacked.get<shelf>().options().boards == options_of(built).boards);
    BOOST_TEST(described(stacked) == described(built));
}

BOOST_AUTO_TEST_CASE(a_name_is_registered_once) {
    BOOST_CHECK_THROW(strata::register_layer<shelf>(), std::invalid_argument);
    BOOST_CHECK_THROW(strata::register_layer<strata::pool>(), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(layers_tells_of_a_kind_what_its_table_has) {
    const strata::layer_kind kind = kind_named("shelf");
    BOOST_TEST((kind.shape == strata::layer_shape::adaptor));
    BOOST_REQUIRE(kind.options.size() == 9U);
    const strata::option_kind& boards = kind.options[1];
    BOOST_TEST(boards.name == "boards");
    BOOST_TEST(boards.what == "how many boards");
    BOOST_TEST((boards.type == strata::option_type::count));
    BOOST_TEST(boards.least == 1U);
    BOOST_TEST((boards.tries == strata::worth_trying{1, 8, 2}));
    BOOST_TEST((boards.otherwise == strata::option_value{std::uint64_t{3}}));
    BOOST_TEST((kind.options[4].words == std::vector<std::string>{"left", "right"}));
    BOOST_TEST((kind.options[4].otherwise == strata::option_value{"right"}));
    BOOST_TEST(!kind.options[7].otherwise.has_value());
    BOOST_TEST(kind.options[7].zero == "mat");
}

// --- all kinds --------------------------------------------------------------------------------

namespace {

// Some strategy of this kind: what must be given is.
std::string usual_text(const strata::layer_kind& kind, const std::string& options,
                       const std::string& file) {
    const bool has_branches = kind.shape == strata::layer_shape::branches;
    const std::string must = kind.name == "fixed_buffer" ? "4KiB"
                             : kind.name == "trace"      ? "file=" + file
                             : kind.name == "segregator" ? "64, pool, heap"
                             : has_branches              ? "pool, heap"
                                                         : "";
    const std::string between = must.empty() || options.empty() ? "" : ", ";
    return kind.name + "(" + options + between + must + ")";
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_option_may_be_given_its_default) {
    std::size_t tried = 0;
    for (const strata::layer_kind& kind : strata::layers()) {
        for (const strata::option_kind& option : kind.options) {
            if (!option.otherwise) {
                continue;
            }
            const std::string value = strata::text_of(*option.otherwise, option.type);
            BOOST_TEST_CONTEXT(kind.name << " " << option.name << "=" << value) {
                const tests::temporary_folder files;
                const auto parsed = strategy::parse(
                    usual_text(kind, option.name + "=" + value, files.file("run.trace")));
                BOOST_TEST((strategy::parse(to_string(parsed)) == parsed));
                const auto memory = parsed.build();
                ++tried;
            }
        }
    }
    BOOST_TEST(tried > 40U);
}

namespace {

using described_in_tables =
    std::tuple<shelf, strata::pages, strata::arena, strata::concurrent_arena, strata::pool,
               strata::concurrent_pool, strata::bounded_time, strata::stats, strata::limit,
               strata::retry, strata::debug, strata::trace>;

}  // namespace

// As `layers()` tells the defaults, a text that gives them all makes the description as it is.
BOOST_AUTO_TEST_CASE_TEMPLATE(the_defaults_are_those_of_the_members, Description,
                              described_in_tables) {
    std::vector<strata::layer_option> given;
    for (const strata::option_kind& option : strata::layer_kind_of<Description>().options) {
        if (option.otherwise) {
            given.push_back({option.name, *option.otherwise});
        }
    }
    const Description usual{};
    const auto described = strata::described_by<Description>(strata::layer_options{given});
    const auto is_the_same = [&](const auto& option) {
        BOOST_TEST_CONTEXT(option.facts.name) {
            BOOST_TEST((described.*option.member == usual.*option.member));
        }
    };
    std::apply([&](const auto&... each) { (is_the_same(each), ...); }, Description::option_table());
}

BOOST_AUTO_TEST_CASE(stats_count_as_the_text_says) {
    const auto counts = [](const char* text, auto counting) {
        using wanted = strata::stats_resource<std::pmr::memory_resource, decltype(counting)>;
        return strategy::parse(text).build().find<wanted>() != nullptr;
    };
    BOOST_TEST(counts("stats", strata::counting::sharded{}));
    BOOST_TEST(counts("stats(counting=relaxed)", strata::counting::relaxed{}));
    BOOST_TEST(counts("stats(counting=single)", strata::counting::single{}));
    BOOST_TEST(counts("stats(counting=sequential)", strata::counting::sequential{}));
    BOOST_TEST(counts("stats(counting=sharded)", strata::counting::sharded{}));
    BOOST_TEST(!counts("stats", strata::counting::single{}));
    BOOST_TEST((kind_named("stats").options[1].otherwise == strata::option_value{"sharded"}));
}

BOOST_AUTO_TEST_CASE(every_option_says_in_a_line_what_it_does) {
    for (const strata::layer_kind& kind : strata::layers()) {
        std::set<std::string> names;
        for (const strata::option_kind& option : kind.options) {
            BOOST_TEST_CONTEXT(kind.name << " " << option.name) {
                BOOST_TEST(names.insert(option.name).second);
                BOOST_TEST(option.what.size() > 0U);
                BOOST_TEST(option.what.size() <= 80U);
                BOOST_TEST(option.what.find('\n') == std::string::npos);
                BOOST_TEST(option.least <= option.most);
                if (option.tries.times != 0) {
                    BOOST_TEST(option.tries.times > 1U);
                    BOOST_TEST(option.tries.first >= std::max<std::uint64_t>(option.least, 1));
                    BOOST_TEST(option.tries.last <= option.most);
                }
            }
        }
    }
}
