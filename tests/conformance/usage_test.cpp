// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The figures of `usage` mean the same in every resource, and one that cannot tell does not.
#define BOOST_TEST_MODULE usage
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <strata/strata.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/watched_resource.hpp>

#include "support/temporary_folder.hpp"

using strata::layout;
using strata::usage;

namespace {

constexpr std::array<layout, 3> asked{layout{100, 8}, layout{1000, 16}, layout{3, 1}};

// Of three blocks of known sizes, one of which is freed again.
void check_figures(strata::resource& memory) {
    std::array<void*, 3> blocks{};
    const usage before = memory.usage();
    for (std::size_t i = 0; i != asked.size(); ++i) {
        blocks[i] = memory.allocate(asked[i].size, asked[i].alignment);
    }
    const usage full = memory.usage();
    memory.deallocate(blocks[1], asked[1].size, asked[1].alignment);
    const usage less = memory.usage();

    const auto is = [](std::optional<std::size_t> figure, std::size_t what) {
        return !figure || *figure == what;
    };
    BOOST_TEST(is(before.live_bytes, 0));
    BOOST_TEST(is(full.live_bytes, 1103));
    BOOST_TEST(is(less.live_bytes, 103));
    BOOST_TEST(is(before.live_blocks, 0));
    BOOST_TEST(is(full.live_blocks, 3));
    BOOST_TEST(is(less.live_blocks, 2));
    // Who knows a figure knows it always, and what is used to be live.
    BOOST_TEST(full.live_bytes.has_value() == less.live_bytes.has_value());
    BOOST_TEST((!full.live_bytes || full.used_bytes));
    for (const usage& now : {full, less}) {
        BOOST_TEST((!now.used_bytes || *now.used_bytes >= now.live_bytes.value_or(0)));
        BOOST_TEST((!now.peak_bytes || *now.peak_bytes >= now.used_bytes.value()));
        BOOST_TEST((!now.reserved_bytes || *now.reserved_bytes >= now.used_bytes.value_or(0)));
    }
    BOOST_TEST((!full.used_bytes || *full.used_bytes >= 1103));

    memory.deallocate(blocks[0], asked[0].size, asked[0].alignment);
    memory.deallocate(blocks[2], asked[2].size, asked[2].alignment);
}

// One text a kind that comes with the library, more where an option changes how it counts.
const std::array texts{
    "heap",
    "fixed_buffer(4KiB)",
    "pages",
    "pages(guard=true)",
    "pages(reserve=16MiB)",
    "arena",
    "arena(reuse_last=true)",
    "concurrent_arena",
    "pool",
    "pool(largest_block=64)",
    "pool(hardened=true)",
    "concurrent_pool",
    "concurrent_pool(largest_block=64)",
    "bounded_time(capacity=64KiB)",
    "stats",
    "stats(counting=single)",
    "stats(counting=sequential)",
    "stats(counting=relaxed)",
    "limit",
    "limit(bytes=1MiB)",
    "synchronized",
    "retry",
    "debug",
    "debug(guard=ends)",
    "fallback(fixed_buffer(64), heap)",
    "segregator(64, pool, heap)",
};

}  // namespace

BOOST_AUTO_TEST_CASE(live_bytes_are_what_users_hold_or_unknown_in_every_kind_of_layer) {
    const tests::temporary_folder files;
    std::vector<std::string> all{texts.begin(), texts.end()};
    all.push_back("trace(file=" + files.file("run.trace") + ")");
    for (const strata::layer_kind& kind : strata::layers()) {
        BOOST_TEST(std::ranges::any_of(all, [&](std::string_view text) {
            return text.substr(0, text.find('(')) == kind.name;
        }), "no text has the kind " << kind.name);
    }
    for (const std::string& text : all) {
        BOOST_TEST_CONTEXT(text) {
            auto memory = strata::strategy::parse(text).build();
            check_figures(memory);
        }
    }
}

BOOST_AUTO_TEST_CASE(and_in_the_resources_for_tests) {
    strata::checking_resource checking;
    check_figures(checking);
    strata::failing_resource failing{strata::failing{}};
    check_figures(failing);
    strata::watched_resource watched;
    check_figures(watched);
}

BOOST_AUTO_TEST_CASE(these_know_what_users_hold) {
    for (const char* const text : {"fixed_buffer(4KiB)", "pages", "bounded_time", "stats", "limit",
                                   "debug"}) {
        auto memory = strata::strategy::parse(text).build();
        BOOST_TEST(memory.usage().live_bytes.has_value(), text);
    }
}
