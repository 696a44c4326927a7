// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/testing/checking_resource.hpp>

BOOST_AUTO_TEST_SUITE(strategy_test)

using strata::strategy;

namespace {

struct failure_row {
    const char* text;
    std::size_t column;
    const char* problem;
};

std::ostream& operator<<(std::ostream& out, const failure_row& row) {
    return out << '"' << row.text << '"';
}

const std::vector<failure_row> failures{
    {"", 0, "strategy: expected the name of a layer"},
    {"   ", 3, "strategy: expected the name of a layer"},
    {"poool", 0, "strategy: there is no layer \"poool\"; did you mean \"pool\"?"},
    {"stats > poool > arena", 8, "strategy: there is no layer \"poool\"; did you mean \"pool\"?"},
    {"pool >", 6, "strategy: expected the name of a layer"},
    {"pool arena", 5, "strategy: expected \">\" and a layer, or the end of the text"},
    {"heap > pool", 7,
     "strategy: nothing can stand below \"heap\"; expected the end of the strategy"},
    {"pool(", 5,
     "strategy: expected an option of \"pool\"; known are \"largest_block\", "
     "\"max_blocks_per_chunk\", \"first_chunk\", \"largest_chunk\", \"hardened\", \"profile\", "
     "\"name\""},
    {"pool(largest_blok=4KiB)", 5,
     "strategy: \"pool\" has no option \"largest_blok\"; did you mean \"largest_block\"?"},
    {"pool(largest_block)", 18, "strategy: expected \"=\" and the value of an option"},
    {"pool(largest_block=)", 19,
     "strategy: expected a size in bytes or with a unit, such as 4096 or 4KiB"},
    {"pool(largest_block=auto)", 19,
     "strategy: expected a size in bytes or with a unit, such as 4096 or 4KiB"},
    {"concurrent_arena(first_chunk=auto)", 29,
     "strategy: expected a size in bytes or with a unit, such as 4096 or 4KiB"},
    {"pool(first_chunk=Auto)", 17,
     "strategy: expected a size in bytes or with a unit, such as 4096 or 4KiB"},
    {"arena(profile=app.sizes)", 0,
     "strategy: \"arena\": expected first_chunk=auto beside a profile"},
    {"pool(first_chunk=4KiB, profile=app.sizes)", 0,
     "strategy: \"pool\": expected first_chunk=auto beside a profile"},
    {"pool(largest_block=4KB)", 20, "strategy: expected a unit: B, KiB, MiB, GiB or TiB"},
    {"pool(largest_block=99999999999999999999)", 19, "strategy: the number is too large"},
    {"pool(largest_block=99999999TiB)", 19, "strategy: the size is too large"},
    {"pool(largest_block=1, largest_block=2)", 22, "strategy: \"largest_block\" is given twice"},
    {"pool(largest_block=1", 20, "strategy: expected \",\" or \")\""},
    {"pool(4KiB)", 5,
     "strategy: \"pool\" takes no value without a name; known are \"largest_block\", "
     "\"max_blocks_per_chunk\", \"first_chunk\", \"largest_chunk\", \"hardened\", \"profile\", "
     "\"name\""},
    {"heap(x=1)", 5, "strategy: \"heap\" has no option \"x\"; known is \"name\""},
    {"arena(growth=fast)", 13, "strategy: expected a number of at most 1000000, such as 1.5"},
    {"arena(growth=0.5)", 13, "strategy: expected at least 1"},
    {"arena(reuse_last=yes)", 17, "strategy: expected \"true\" or \"false\""},
    {"bounded_time(capacity=all)", 22,
     "strategy: expected a size in bytes or with a unit, such as 4096 or 4KiB"},
    {"retry(attempts=3x)", 16, "strategy: expected a whole number"},
    // What would be clamped, or means nothing.
    {"retry(attempts=0)", 15, "strategy: expected at least 1"},
    {"retry(attempts=1001)", 15, "strategy: expected at most 1000"},
    {"pool(largest_block=100GiB)", 19, "strategy: expected at most 4MiB"},
    {"concurrent_pool(largest_block=4194305)", 30, "strategy: expected at most 4MiB"},
    {"pool(first_chunk=4MiB)", 0,
     "strategy: \"pool\": expected a first_chunk of at most the largest_chunk, which is 1MiB"},
    {"arena(first_chunk=2KiB, largest_chunk=1KiB)", 0,
     "strategy: \"arena\": expected a first_chunk of at most the largest_chunk, which is 1KiB"},
    {"concurrent_arena(first_chunk=2KiB, largest_chunk=1KiB)", 0,
     "strategy: \"concurrent_arena\": expected a first_chunk of at most the largest_chunk, which "
     "is 1KiB"},
    {"arena(first_chunk=9007199254740992KiB)", 18, "strategy: expected at most 2097152TiB"},
    {"arena(largest_chunk=0)", 20, "strategy: expected at least 1"},
    {"concurrent_arena(largest_slab=0)", 30, "strategy: expected at least 1KiB"},
    {"concurrent_arena(largest_slab=2GiB)", 30, "strategy: expected at most 1GiB"},
    // 0 means none, and is refused where none makes no sense.
    {"pool(largest_block=0)", 19, "strategy: expected at least 1"},
    {"pool(max_blocks_per_chunk=0)", 26, "strategy: expected at least 1"},
    {"concurrent_pool(first_chunk=0)", 28, "strategy: expected at least 1"},
    {"concurrent_pool(largest_chunk=0)", 30, "strategy: expected at least 1"},
    {"bounded_time(capacity=0)", 22, "strategy: expected at least 1"},
    // What the layers below cannot give.
    {"pool(largest_block=64KiB) > fixed_buffer(4KiB)", 19,
     "strategy: expected a largest_block of at most 4KiB, the largest block that \"fixed_buffer\" "
     "below can serve"},
    {"stats > pool(first_chunk=8KiB) > stats > limit(bytes=4KiB) > heap", 25,
     "strategy: expected a first_chunk of at most 4KiB, the largest block that \"limit\" below can "
     "serve"},
    {"arena(growth=2, first_chunk=8KiB) > pool > fixed_buffer(4KiB)", 28,
     "strategy: expected a first_chunk of at most 4KiB, the largest block that \"fixed_buffer\" "
     "below can serve"},
    {"concurrent_arena(largest_slab=8KiB) > bounded_time(capacity=4KiB)", 30,
     "strategy: expected a largest_slab of at most 4KiB, the largest block that \"bounded_time\" "
     "below can serve"},
    {"bounded_time(capacity=1MiB) > fixed_buffer(64KiB)", 22,
     "strategy: expected a capacity of at most 64KiB, the largest block that \"fixed_buffer\" below "
     "can serve"},
    {"pool(largest_block=4KiB) > segregator(64, fixed_buffer(512), fixed_buffer(2KiB))", 19,
     "strategy: expected a largest_block of at most 2KiB, the largest block that \"fixed_buffer\" "
     "below can serve"},
    {"fallback(heap, arena(first_chunk=2KiB) > fixed_buffer(1KiB))", 33,
     "strategy: expected a first_chunk of at most 1KiB, the largest block that \"fixed_buffer\" "
     "below can serve"},
    {"arena(hardened=true)", 6,
     "strategy: \"arena\" has no option \"hardened\"; known are \"first_chunk\", \"growth\", "
     "\"largest_chunk\", \"reuse_last\", \"profile\", \"name\""},
    {"bounded_time(capacity=65GiB)", 22, "strategy: expected at most 64GiB"},
    {"fixed_buffer(0)", 13, "strategy: expected at least 1"},
    {"pages(reserve=1MiB, keep=2MiB)", 0,
     "strategy: \"pages\": expected to keep no more than is reserved"},
    {"debug(fence=65537)", 12, "strategy: expected at most 64KiB"},
    {"debug(stack_depth=33)", 18, "strategy: expected at most 32"},
    {"debug(name=a_name_that_is_too_long_)", 11, "strategy: expected at most 23 bytes"},
    {"pool(name=\"a name that is longer yet\")", 10, "strategy: expected at most 23 bytes"},
    {"heap(name=)", 10, "strategy: expected a name, such as orders or \"new orders\""},
    {"heap(name=\"\")", 10, "strategy: expected a name, such as orders or \"new orders\""},
    {"heap(name=\"orders)", 10, "strategy: expected a name, such as orders or \"new orders\""},
    {"heap(name=\"a\nb\")", 10, "strategy: expected a name, such as orders or \"new orders\""},
    {"heap(name=\"a\\b\")", 10, "strategy: expected a name, such as orders or \"new orders\""},
    {"heap(name=new orders)", 14, "strategy: expected \",\" or \")\""},
    {"debug(freed_fill=256)", 17, "strategy: expected at most 255"},
    {"debug(concurrent=true, one_thread=true)", 0,
     "strategy: \"debug\": expected concurrent or one_thread, not both"},
    {"debug(guard=ends, freed_fill=221)", 0,
     "strategy: \"debug\": expected no freed_fill with guard pages, which make freed blocks "
     "inaccessible"},
    {"debug(fence=0, fence_fill=1)", 0,
     "strategy: \"debug\": expected a fence to fill, but fence=0"},
    {"pages(keep=1MiB)", 0,
     "strategy: \"pages\": expected a range to keep pages in, as in pages(reserve=1GiB, "
     "keep=64MiB)"},
    {"fixed_buffer", 0, "strategy: \"fixed_buffer\": expected its size, as in fixed_buffer(4KiB)"},
    {"pages(huge=always)", 11,
     "strategy: expected \"none\" or \"transparent\" or \"explicit_or_transparent\""},
    {"pages(keep=64KiB)", 0,
     "strategy: \"pages\": expected a range to keep pages in, as in pages(reserve=1GiB, "
     "keep=64MiB)"},
    {"pages > pool", 8,
     "strategy: nothing can stand below \"pages\"; expected the end of the strategy"},
    {"fallback(pool)", 0, "strategy: \"fallback\" takes 2 to 8 strategies in its parentheses"},
    {"segregator(pool, heap)", 0,
     "strategy: \"segregator\": expected one threshold less than strategies, as in "
     "segregator(256, pool, heap)"},
    {"segregator(64, 64, pool, heap, heap)", 15,
     "strategy: expected a larger value than the one before"},
    {"fallback(heap, heap) > pool", 23,
     "strategy: nothing can stand below \"fallback\"; expected the end of the strategy"},
};

}  // namespace

BOOST_DATA_TEST_CASE(a_wrong_text_says_what_where_and_what_was_expected, failures, row) {
    BOOST_CHECK_EXCEPTION((void)strategy::parse(row.text), strata::strategy_error,
                          [&](const strata::strategy_error& error) {
                              BOOST_TEST(error.problem() == row.problem);
                              BOOST_TEST(error.column() == row.column);
                              return true;
                          });
}

BOOST_AUTO_TEST_CASE(the_message_quotes_the_text_and_marks_the_column) {
    BOOST_CHECK_EXCEPTION((void)strategy::parse("stats > poool > arena"), strata::strategy_error,
                          [](const strata::strategy_error& error) {
                              BOOST_TEST(error.what() ==
                                         std::string{"strategy: there is no layer \"poool\"; did "
                                                     "you mean \"pool\"?\n"
                                                     "  stats > poool > arena\n"
                                                     "          ^"});
                              return true;
                          });
}

BOOST_AUTO_TEST_CASE(the_message_quotes_only_what_matters_of_a_long_text) {
    const std::string text = "pool > " + std::string(3000, 'x');
    BOOST_CHECK_EXCEPTION((void)strategy::parse(text), strata::strategy_error,
                          [](const strata::strategy_error& error) {
                              BOOST_TEST(error.column() == 7u);
                              return true;
                          });
    BOOST_CHECK_EXCEPTION((void)strategy::parse(std::string(4000, ' ') + "\x01\xff"),
                          strata::strategy_error, [](const strata::strategy_error& error) {
                              const std::string what = error.what();
                              BOOST_TEST(what.size() < 300u);
                              BOOST_TEST(what.find("...") != what.npos);
                              BOOST_TEST(what.find("??") != what.npos);
                              return true;
                          });
}

namespace {

struct round_trip {
    const char* text;
    const char* printed;
};

std::ostream& operator<<(std::ostream& out, const round_trip& row) {
    return out << '"' << row.text << '"';
}

const std::vector<round_trip> round_trips{
    {"heap", "heap"},
    {"pool>arena>heap", "pool > arena > heap"},
    {" stats  >\n pool ( ) ", "stats > pool"},
    {"stats > pool(largest_block=4KiB) > arena(first_chunk=64KiB)",
     "stats > pool(largest_block=4KiB) > arena(first_chunk=64KiB)"},
    {"pool(largest_block=4096)", "pool(largest_block=4KiB)"},
    {"pool(largest_block=1000B)", "pool(largest_block=1000)"},
    {"pool(max_blocks_per_chunk=1024)", "pool(max_blocks_per_chunk=1024)"},
    {"concurrent_pool(hardened=true)", "concurrent_pool(hardened=true)"},
    {"concurrent_pool( first_chunk=65536 )", "concurrent_pool(first_chunk=64KiB)"},
    {"pool( profile=\"my app.sizes\", first_chunk=auto )>arena(first_chunk=auto)",
     "pool(first_chunk=auto, profile=\"my app.sizes\") > arena(first_chunk=auto)"},
    {"concurrent_pool(first_chunk=auto, profile=app.sizes, name=orders) > fixed_buffer(1KiB)",
     "concurrent_pool(first_chunk=auto, profile=app.sizes, name=orders) > fixed_buffer(1KiB)"},
    {"arena(reuse_last=true, growth=1.50, first_chunk=8)",
     "arena(first_chunk=8, growth=1.5, reuse_last=true)"},
    {"stats(counting=single, on_destroy=report)", "stats(on_destroy=report, counting=single)"},
    {"limit(bytes=1MiB, blocks=3) > heap", "limit(bytes=1MiB, blocks=3) > heap"},
    {"bounded_time( capacity=1048576 )>heap", "bounded_time(capacity=1MiB) > heap"},
    {"stats > bounded_time > fixed_buffer(4KiB)", "stats > bounded_time > fixed_buffer(4KiB)"},
    {"fixed_buffer(bytes=4KiB)", "fixed_buffer(4KiB)"},
    {"pages", "pages"},
    {"arena > pages(keep=65536, reserve=1GiB, huge=transparent)",
     "arena > pages(reserve=1GiB, huge=transparent, keep=64KiB)"},
    {"pages(populate=true, guard=true, huge=explicit_or_transparent)",
     "pages(huge=explicit_or_transparent, guard=true, populate=true)"},
    {"fallback(fixed_buffer(4KiB), pool > heap)", "fallback(fixed_buffer(4KiB), pool > heap)"},
    {"segregator(64, 4KiB, pool, arena, heap)", "segregator(64, 4KiB, pool, arena, heap)"},
    {"segregator(pool, arena > heap, by=alignment, 16)",
     "segregator(by=alignment, 16, pool, arena > heap)"},
    {"synchronized > retry(attempts=2) > pool", "synchronized > retry(attempts=2) > pool"},
    // Below the usual first chunk, which gives way.
    {"arena(largest_chunk=512)", "arena(largest_chunk=512)"},
    {"concurrent_arena(largest_chunk=8KiB)", "concurrent_arena(largest_chunk=8KiB)"},
    {"pool(largest_chunk=512)", "pool(largest_chunk=512)"},
    {"concurrent_pool(largest_chunk=8KiB)", "concurrent_pool(largest_chunk=8KiB)"},
};

}  // namespace

BOOST_DATA_TEST_CASE(a_strategy_is_printed_in_its_usual_form, round_trips, row) {
    const auto parsed = strategy::parse(row.text);
    BOOST_TEST(to_string(parsed) == row.printed);
    BOOST_TEST((strategy::parse(to_string(parsed)) == parsed));
    const auto memory = parsed.build();
}

BOOST_AUTO_TEST_CASE(a_strategy_is_printed_by_its_full_name_too) {
    BOOST_TEST(strata::to_string(strategy::parse("pool>heap")) == "pool > heap");
}

BOOST_AUTO_TEST_CASE(strategies_that_build_the_same_compare_equal) {
    const auto equal = [](const char* a, const char* b) {
        return strategy::parse(a) == strategy::parse(b);
    };
    BOOST_TEST(equal("pool", "pool > heap"));
    BOOST_TEST(equal("pool(first_chunk=1KiB)", "pool( first_chunk = 1024 )"));
    BOOST_TEST(equal("fallback(pool, heap)", "fallback(pool > heap, heap)"));
    BOOST_TEST(!equal("pool", "arena"));
    BOOST_TEST(!equal("pool", "pool(first_chunk=1KiB)"));
    BOOST_TEST(!equal("pool(first_chunk=2KiB)", "pool(first_chunk=1KiB)"));
    BOOST_TEST(!equal("fallback(pool, heap)", "fallback(heap, pool)"));
    BOOST_TEST(!equal("stats > pool", "pool"));
    BOOST_TEST(!equal("heap", "pool"));
}

BOOST_AUTO_TEST_CASE(nesting_and_length_are_bounded) {
    const auto nested = [](std::size_t depth) {
        std::string text = "heap";
        for (std::size_t i = 0; i != depth; ++i) {
            text = "fallback(" + text + ", heap)";
        }
        return text;
    };
    (void)strategy::parse(nested(strategy::deepest_nesting));
    BOOST_CHECK_THROW((void)strategy::parse(nested(strategy::deepest_nesting + 1)),
                      strata::strategy_error);
    (void)strategy::parse("pool" + std::string(strategy::longest_text - 4, ' '));
    BOOST_CHECK_THROW((void)strategy::parse("pool" + std::string(strategy::longest_text - 3, ' ')),
                      strata::strategy_error);
}

BOOST_AUTO_TEST_CASE(the_environment_chooses_the_strategy) {
    ::unsetenv("STRATA_TEST_MEMORY");
    BOOST_TEST((strategy::from_env("STRATA_TEST_MEMORY", "pool") == strategy::parse("pool")));
    ::setenv("STRATA_TEST_MEMORY", "", 1);
    BOOST_TEST((strategy::from_env("STRATA_TEST_MEMORY", "pool") == strategy::parse("pool")));
    ::setenv("STRATA_TEST_MEMORY", "arena", 1);
    BOOST_TEST((strategy::from_env("STRATA_TEST_MEMORY", "pool") == strategy::parse("arena")));
    ::setenv("STRATA_TEST_MEMORY", "areena", 1);
    BOOST_CHECK_EXCEPTION(
        (void)strategy::from_env("STRATA_TEST_MEMORY", "pool"), strata::strategy_error,
        [](const strata::strategy_error& error) {
            BOOST_TEST(error.problem() == "STRATA_TEST_MEMORY: strategy: there is no layer "
                                          "\"areena\"; did you mean \"arena\"?");
            return true;
        });
}

BOOST_AUTO_TEST_CASE(of_several_branches_the_first_that_has_a_layer_of_the_type_is_searched) {
    auto memory = strategy::parse("fallback(limit(bytes=1) > arena(name=first), "
                                  "arena(name=second), stats > arena(name=third))")
                      .build();
    const auto* const found = memory.find<strata::arena_resource>();
    BOOST_REQUIRE(found != nullptr);
    BOOST_TEST(found->label().text() == "first");
    BOOST_TEST(found == strata::find<strata::arena_resource>(memory));
}

BOOST_AUTO_TEST_CASE(what_is_built_draws_from_the_bottom_it_was_given) {
    strata::checking_resource bottom;
    {
        auto memory = strategy::parse("stats > pool > arena").build(&bottom);
        (void)memory.allocate(100);
        BOOST_TEST(bottom.live_blocks() == 1u);
        BOOST_REQUIRE(memory.find<strata::stats_source>() != nullptr);
        BOOST_TEST(memory.find<strata::stats_source>()->snapshot().live_bytes == 100);
        BOOST_TEST(memory.find<strata::checking_resource>() == nullptr);
    }
    BOOST_TEST(bottom.live_blocks() == 0u);
    BOOST_TEST(bottom.errors().empty());
}

// --- moving -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_built_stays_where_it_is_when_its_owner_moves) {
    strata::checking_resource bottom;
    {
        std::vector<strata::built_strategy> grown;
        grown.push_back(strategy::parse("stats > debug > pool").build(&bottom));
        std::pmr::memory_resource* const used = &grown[0];
        std::pmr::vector<std::pmr::string> words{used};
        for (int i = 0; i != 100; ++i) {
            words.emplace_back("a text that is too long to be stored inside");
            grown.push_back(strategy::parse("debug(leaks=false) > arena").build(&bottom));
            (void)grown.back().allocate(8);
        }
        BOOST_TEST(&grown[0] == used);
        BOOST_TEST(grown[0].find<strata::stats_source>()->snapshot().live_blocks == 101);
        std::swap(grown[0], grown[50]);
        BOOST_TEST(&grown[50] == used);
        grown.erase(grown.begin(), grown.begin() + 50);
        BOOST_TEST(&grown[0] == used);
        words.emplace_back("another text that is too long to be stored inside");
        words = std::pmr::vector<std::pmr::string>{used};
    }
    BOOST_TEST(bottom.live_blocks() == 0U);
    BOOST_TEST(bottom.errors().empty());
}

BOOST_AUTO_TEST_CASE(an_owner_that_was_moved_from_owns_nothing_and_may_be_assigned_to) {
    strata::checking_resource bottom;
    auto first = strategy::parse("pool > arena").build(&bottom);
    const std::pmr::memory_resource* const used = &first;
    strata::built_strategy second = std::move(first);
    BOOST_TEST((&first == nullptr));
    BOOST_TEST(&second == used);
    first = strategy::parse("pool").build(&bottom);
    (void)first.allocate(100);
    BOOST_TEST(bottom.live_blocks() == 1U);
    first = std::move(second);  // what it had owned ends
    BOOST_TEST(bottom.live_blocks() == 0U);
    BOOST_TEST(&first == used);
    first.deallocate(first.allocate(100), 100);
}

BOOST_AUTO_TEST_CASE(what_is_built_is_a_resource_to_whoever_takes_one) {
    auto memory = strategy::parse("stats > pool").build();
    strata::resource& as_resource = memory;
    std::pmr::memory_resource& as_any = memory;
    BOOST_TEST(&as_resource == &memory);
    BOOST_TEST(&as_any == &memory);
    BOOST_TEST(memory.name() == "stats");
    BOOST_TEST(memory.upstream(0)->is_equal(*memory.upstream(0)));
    void* block = memory.try_allocate({100, 8});
    BOOST_TEST((memory.owns(block) == as_resource.owns(block)));
    BOOST_TEST(memory.usage().live_bytes.value() == 100U);
    BOOST_TEST(&memory.identity() == &as_resource.identity());
    memory.deallocate(block, 100, 8);
}

// --- kinds of one's own -----------------------------------------------------------------------

namespace {

class tagged final : public strata::resource {
public:
    tagged(std::size_t tag, std::pmr::memory_resource* upstream) : tag_{tag}, upstream_{upstream} {}
    [[nodiscard]] std::size_t tag() const { return tag_; }
    [[nodiscard]] std::string_view do_name() const noexcept override { return "tagged"; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(block, bytes, alignment);
    }

    std::size_t tag_;
    std::pmr::memory_resource* upstream_;
};

strata::layer_kind tagged_kind(std::string name) {
    return {.name = std::move(name),
            .options = {{.name = "tag", .type = strata::option_type::count}},
            .make = [](const strata::layer_options& options, auto upstreams) {
                return std::make_unique<tagged>(options.number("tag", 7), upstreams[0]);
            }};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_registered_layer_can_be_named) {
    strata::register_layer(tagged_kind("tagged"));
    auto memory = strategy::parse("stats > tagged(tag=42) > pool").build();
    BOOST_REQUIRE(memory.find<tagged>() != nullptr);
    BOOST_TEST(memory.find<tagged>()->tag() == 42u);
    BOOST_TEST(to_string(strategy::parse("tagged( tag=42 )")) == "tagged(tag=42)");

    BOOST_CHECK_THROW(strata::register_layer(tagged_kind("tagged")), std::invalid_argument);
    BOOST_CHECK_THROW(strata::register_layer(tagged_kind("pool")), std::invalid_argument);
    BOOST_CHECK_THROW(strata::register_layer(tagged_kind("Big")), std::invalid_argument);
    BOOST_CHECK_THROW(strata::register_layer(tagged_kind("")), std::invalid_argument);
    BOOST_CHECK_THROW(strata::register_layer({.name = "without_maker"}), std::invalid_argument);
    auto bad_option = tagged_kind("bad_option");
    bad_option.options[0].name = "a b";
    BOOST_CHECK_THROW(strata::register_layer(bad_option), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
