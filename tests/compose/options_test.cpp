// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <tuple>
#include <type_traits>

#include <strata/compose/stack.hpp>
#include <strata/strata.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/watched_resource.hpp>

BOOST_AUTO_TEST_SUITE(options_test)

// Every resource is made from its description alone, and tells a description again.

namespace {

template <class Resource, class Description>
struct made_from {
    using resource = Resource;
    using description = Description;
};

using any = std::pmr::memory_resource;
using strata::counting::relaxed;
using strata::counting::single;

using all = std::tuple<
    made_from<strata::heap_resource, strata::heap>,
    made_from<strata::fixed_buffer_resource<64>, strata::fixed_buffer<64>>,
    made_from<strata::fixed_buffer_resource<>, strata::fixed_buffer<>>,
    made_from<strata::page_resource, strata::pages>,
    made_from<strata::arena_resource, strata::arena>,
    made_from<strata::concurrent_arena_resource, strata::concurrent_arena>,
    made_from<strata::pool_resource, strata::pool>,
    made_from<strata::concurrent_pool_resource, strata::concurrent_pool>,
    made_from<strata::bounded_time_resource, strata::bounded_time>,
    made_from<strata::stats_resource<>, strata::stats>,
    made_from<strata::stats_resource<any, single>, strata::basic_stats<single>>,
    made_from<strata::stats_resource<any, relaxed>, strata::basic_stats<relaxed>>,
    made_from<strata::limit_resource<>, strata::limit>,
    made_from<strata::retry_resource<>, strata::retry>,
    made_from<strata::synchronized_resource<>, strata::synchronized>,
    made_from<strata::debug_resource<>, strata::debug>,
    made_from<strata::checking_resource, strata::checking>,
    made_from<strata::failing_resource, strata::failing>,
    made_from<strata::watched_resource, strata::watched>>;

template <class Resource>
inline constexpr bool ends_on_the_heap = std::same_as<Resource, strata::failing_resource> ||
                                         std::same_as<Resource, strata::watched_resource>;

// For as long as it lives, another resource is the default one.
struct default_resource {
    default_resource() : before{std::pmr::set_default_resource(&here)} {}
    ~default_resource() { std::pmr::set_default_resource(before); }

    strata::heap_resource here;
    any* before;
};

template <class Description>
Description named() {
    Description description{};
    description.name = "orders";
    return description;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_resource_is_made_from_its_description_and_tells_it, Each, all) {
    using resource = typename Each::resource;
    using description = typename Each::description;
    static_assert(std::constructible_from<resource, const description&>);
    static_assert(!std::convertible_to<const description&, resource>);

    const default_resource usual;
    const resource made{named<description>()};
    static_assert(std::convertible_to<decltype(made.options()), const description&>);
    BOOST_TEST(made.options().name.text() == "orders");
    BOOST_TEST(made.label().text() == "orders");

    const description again = made.options();
    const resource same{again};
    BOOST_TEST(same.options().name.text() == "orders");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_no_upstream_is_named_for_ends_as_documented, Each, all) {
    using resource = typename Each::resource;
    using description = typename Each::description;
    const default_resource usual;
    const resource made{description{}};
    if constexpr (description::is_source) {
        BOOST_TEST(made.upstream(0) == nullptr);
    } else if constexpr (ends_on_the_heap<resource>) {
        BOOST_TEST(made.upstream(0) == strata::system_heap());
    } else {
        BOOST_TEST(made.upstream(0) == &usual.here);
    }
}

// The type of the resource follows from the description.
BOOST_AUTO_TEST_CASE(the_arguments_of_the_template_are_deduced) {
    const strata::limit_resource limit{strata::limit{.bytes = 1000}};
    static_assert(std::same_as<decltype(limit), const strata::limit_resource<any>>);
    BOOST_TEST(limit.options().bytes == 1000U);
    const strata::stats_resource stats{strata::basic_stats<single>{}};
    static_assert(std::same_as<decltype(stats), const strata::stats_resource<any, single>>);
    const strata::retry_resource retry{strata::retry{.attempts = 5}};
    BOOST_TEST(retry.options().attempts == 5U);
    const strata::synchronized_resource synchronized{strata::synchronized{}};
    const strata::debug_resource debug{strata::debug{.fence = 24}};
    BOOST_TEST(debug.options().fence == 24U);
    const strata::fixed_buffer_resource buffer{strata::fixed_buffer<64>{}};
    BOOST_TEST(buffer.capacity_bytes() == 64U);
}

BOOST_AUTO_TEST_CASE(options_are_those_in_force) {
    const strata::pool wanted{.largest_block = 1000,
                              .max_blocks_per_chunk = 7,
                              .first_chunk = 2048,
                              .largest_chunk = 65536,
                              .hardened = true};
    const strata::pool_resource pool{wanted};
    const strata::pool in_force = pool.options();
    BOOST_TEST(in_force.largest_block == 1024U);  // its size class
    BOOST_TEST(in_force.max_blocks_per_chunk == 7U);
    BOOST_TEST(in_force.first_chunk == 2048U);
    BOOST_TEST(in_force.largest_chunk == 65536U);
    BOOST_TEST(in_force.hardened);
    const std::pmr::pool_options standard = pool.options();
    BOOST_TEST(standard.largest_required_pool_block == 1024U);
    BOOST_TEST(standard.max_blocks_per_chunk == 7U);

    const strata::concurrent_arena_resource arena{strata::concurrent_arena{
        .first_chunk = 4000, .growth = 0.5, .largest_chunk = 8000, .largest_slab = 1000}};
    BOOST_TEST(arena.options().first_chunk == 4000U);
    BOOST_TEST(arena.options().growth == 1.0);
    BOOST_TEST(arena.options().largest_chunk == 8000U);
    BOOST_TEST(arena.options().largest_slab == 1024U);

    const strata::stats_resource stats{strata::stats{.on_destroy = strata::on_finding::report}};
    BOOST_TEST((stats.options().on_destroy == strata::on_finding::report));

    const strata::failing_resource failing{strata::failing{.at = 3, .sticky = true}};
    BOOST_TEST(failing.options().at.value() == 3U);
    BOOST_TEST(failing.options().sticky);
}

// A text can say all of a `debug` but the handler, which is a function.
BOOST_AUTO_TEST_CASE(a_text_says_every_option_of_debug_but_the_handler) {
    // Does not compile when a member is added: then add it to the table and to the text below.
    [[maybe_unused]] const auto& [name, fence, quarantine, stack_depth, action, handler, leaks,
                                   at_exit, concurrent, one_thread, guard, faults, fresh_fill,
                                   freed_fill, fence_fill] = strata::debug{};
    constexpr std::size_t members = 15;
    const auto kind = strata::layer_kind_of<strata::debug>();
    BOOST_TEST(kind.options.size() == members - 1);

    const auto* const text =
        "debug(fence=32, quarantine=64KiB, stack_depth=2, on_finding=ignore, leaks=false, at_exit=true, "
        "concurrent=true, one_thread=false, guard=none, faults=false, fresh_fill=1, freed_fill=2, "
        "fence_fill=3, name=orders)";
    const auto memory = strata::strategy::parse(text).build();
    const auto* const made = strata::find<strata::debug_resource<>>(memory);
    BOOST_TEST_REQUIRE((made != nullptr));
    const strata::debug& options = made->options();
    BOOST_TEST(options.fence == 32U);
    BOOST_TEST(options.quarantine == 65536U);
    BOOST_TEST(options.stack_depth == 2U);
    BOOST_TEST((options.on_finding == strata::on_finding::ignore));
    BOOST_TEST(!options.leaks);
    BOOST_TEST(options.at_exit);
    BOOST_TEST(options.concurrent);
    BOOST_TEST(!options.one_thread);
    BOOST_TEST((options.guard == strata::guard_page::none));
    BOOST_TEST(!options.faults);
    BOOST_TEST((options.fresh_fill == std::byte{1}));
    BOOST_TEST((options.freed_fill == std::byte{2}));
    BOOST_TEST((options.fence_fill == std::byte{3}));
    BOOST_TEST(options.name.text() == "orders");
    BOOST_TEST(to_string(strata::strategy::parse(text)) == text);
}

// 0 is none of it, and where that makes no sense the least there is. No table says that it is a
// default.
BOOST_AUTO_TEST_CASE(zero_is_the_default_of_no_option) {
    const strata::pool_resource pool{strata::pool{
        .largest_block = 0, .max_blocks_per_chunk = 0, .first_chunk = 0, .largest_chunk = 0}};
    BOOST_TEST(pool.options().largest_block == 8U);
    BOOST_TEST(pool.options().max_blocks_per_chunk == 1U);
    BOOST_TEST(pool.options().first_chunk == 1U);
    BOOST_TEST(pool.options().largest_chunk == 1U);
    strata::pool_resource smallest{pool.options()};
    smallest.deallocate(smallest.allocate(8), 8);

    const strata::pool_resource standard{std::pmr::pool_options{}};
    BOOST_TEST(standard.options().largest_block == strata::pool{}.largest_block);

    for (const strata::layer_kind& kind : strata::layers()) {
        for (const strata::option_kind& option : kind.options) {
            BOOST_TEST_CONTEXT(kind.name << " " << option.name) {
                BOOST_TEST(option.zero.find("default") == std::string::npos);
                BOOST_TEST((option.zero.empty() || option.least == 0));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
