// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/adaptors/fallback_resource.hpp>
#include <strata/adaptors/limit_resource.hpp>
#include <strata/adaptors/retry_resource.hpp>
#include <strata/adaptors/segregator_resource.hpp>
#include <strata/adaptors/stats_resource.hpp>
#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/core/detail/size_units.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/sources/page_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/bounded_time_resource.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/detail/size_class.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "layer_registry.hpp"

namespace strata::detail {
namespace {

using any = std::pmr::memory_resource;
using made = made_layer;
using upstreams = std::span<any* const>;

// What a text may ask for. What the classes would clamp or could not mean is refused, with what was
// expected: who writes a text has no `options()` to look at.

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t most_of_a_chunk = std::uint64_t{1} << 61;

// --- sources ------------------------------------------------------------------------------------

layer_kind heap_kind() {
    return {.name = "heap",
            .shape = layer_shape::source,
            .make = [](const layer_options&, upstreams) -> made {
                return std::make_unique<heap_resource>();
            }};
}

// A buffer of a size known at run time, in front of the resource that serves from it, so that it
// is there first and goes last.
struct owned_buffer {
    explicit owned_buffer(std::size_t size) : bytes{size}, begin{system_heap()->allocate(size)} {}
    owned_buffer(const owned_buffer&) = delete;
    owned_buffer& operator=(const owned_buffer&) = delete;
    ~owned_buffer() { system_heap()->deallocate(begin, bytes); }

    std::size_t bytes;
    void* begin;
};

class owning_fixed_buffer final : owned_buffer, public fixed_buffer_resource<> {
public:
    explicit owning_fixed_buffer(std::size_t size)
        : owned_buffer{size}, fixed_buffer_resource<>{begin, bytes} {}
};

layer_kind fixed_buffer_kind() {
    return {.name = "fixed_buffer",
            .shape = layer_shape::source,
            .options = {{.name = "bytes", .positional = true, .least = 1}},
            .make = [](const layer_options& given, upstreams) -> made {
                return std::make_unique<owning_fixed_buffer>(given.number("bytes", 0));
            },
            .check = [](const layer_options& given, std::size_t) -> std::string {
                return given.numbers("bytes").empty() ? "expected its size, as in fixed_buffer(4KiB)"
                                                      : "";
            }};
}

layer_kind pages_kind() {
    return {.name = "pages",
            .shape = layer_shape::source,
            .options = {{.name = "reserve", .most = most_of_a_chunk},
                        {.name = "huge",
                         .type = option_type::word,
                         .words = {"none", "transparent", "explicit_or_transparent"}},
                        {.name = "guard", .type = option_type::flag},
                        {.name = "populate", .type = option_type::flag},
                        {.name = "keep"}},
            .make = [](const layer_options& given, upstreams) -> made {
                const std::string huge = given.word("huge", "none");
                return std::make_unique<page_resource>(
                    pages{.reserve = given.number("reserve", 0),
                          .huge = huge == "transparent" ? huge_pages::transparent
                                  : huge == "none"      ? huge_pages::none
                                                        : huge_pages::explicit_or_transparent,
                          .guard = given.flag("guard", false),
                          .populate = given.flag("populate", false),
                          .keep = given.number("keep", 0)});
            },
            .check = [](const layer_options& given, std::size_t) -> std::string {
                const std::size_t keep = given.number("keep", 0);
                const std::size_t reserve = given.number("reserve", 0);
                return keep == 0 || reserve != 0
                           ? keep <= reserve ? "" : "expected to keep no more than is reserved"
                           : "expected a range to keep pages in, as in pages(reserve=1GiB, "
                             "keep=64MiB)";
            }};
}

// --- strategies ---------------------------------------------------------------------------------

template <class Description>
std::string check_first_chunk(const layer_options& given, std::size_t /*branches*/) {
    const Description standard;
    const std::size_t first = given.number("first_chunk", 0);
    const std::size_t largest = given.number("largest_chunk", 0);
    const std::size_t in_force = largest == 0 ? standard.largest_chunk : largest;
    return first <= in_force
               ? ""
               : "expected a first_chunk of at most the largest_chunk, which is " +
                     exact_size(in_force) + (largest == 0 ? " unless it is given too" : "");
}

template <class Description>
std::string check_growth(const layer_options& given, std::size_t branches) {
    return given.factor("growth", 1.0) < 1.0 ? "expected a growth of at least 1"
                                             : check_first_chunk<Description>(given, branches);
}

layer_kind arena_kind() {
    return {.name = "arena",
            .options = {{.name = "first_chunk", .most = most_of_a_chunk},
                        {.name = "growth", .type = option_type::factor},
                        {.name = "largest_chunk", .least = 1, .most = most_of_a_chunk},
                        {.name = "reuse_last", .type = option_type::flag}},
            .make = [](const layer_options& given, upstreams below) -> made {
                const arena standard;
                return std::make_unique<arena_resource>(
                    arena{.first_chunk = given.number("first_chunk", standard.first_chunk),
                          .growth = given.factor("growth", standard.growth),
                          .largest_chunk = given.number("largest_chunk", standard.largest_chunk),
                          .reuse_last = given.flag("reuse_last", standard.reuse_last)},
                    below[0]);
            },
            .check = check_growth<arena>};
}

template <class Description>
layer_kind pool_kind_named(const char* name) {
    return {.name = name,
            .options = {{.name = "largest_block", .most = largest_class_size},
                        {.name = "max_blocks_per_chunk", .type = option_type::count},
                        {.name = "first_chunk", .most = most_of_a_chunk},
                        {.name = "largest_chunk", .most = most_of_a_chunk},
                        {.name = "hardened", .type = option_type::flag}},
            .make = [](const layer_options& given, upstreams below) -> made {
                return std::make_unique<typename Description::template resource_type<any>>(
                    Description{.largest_block = given.number("largest_block", 0),
                                .max_blocks_per_chunk = given.number("max_blocks_per_chunk", 0),
                                .first_chunk = given.number("first_chunk", 0),
                                .largest_chunk = given.number("largest_chunk", 0),
                                .hardened = given.flag("hardened", false)},
                    below[0]);
            },
            .check = check_first_chunk<Description>};
}

layer_kind pool_kind() {
    return pool_kind_named<pool>("pool");
}

layer_kind concurrent_pool_kind() {
    return pool_kind_named<concurrent_pool>("concurrent_pool");
}

layer_kind concurrent_arena_kind() {
    return {.name = "concurrent_arena",
            .options = {{.name = "first_chunk", .most = most_of_a_chunk},
                        {.name = "growth", .type = option_type::factor},
                        {.name = "largest_chunk", .least = 1, .most = most_of_a_chunk},
                        {.name = "largest_slab", .least = kib, .most = kib * kib * kib}},
            .make = [](const layer_options& given, upstreams below) -> made {
                const concurrent_arena standard;
                return std::make_unique<concurrent_arena_resource>(
                    concurrent_arena{
                        .first_chunk = given.number("first_chunk", standard.first_chunk),
                        .growth = given.factor("growth", standard.growth),
                        .largest_chunk = given.number("largest_chunk", standard.largest_chunk),
                        .largest_slab = given.number("largest_slab", standard.largest_slab)},
                    below[0]);
            },
            .check = check_growth<concurrent_arena>};
}

layer_kind bounded_time_kind() {
    return {.name = "bounded_time",
            .options = {{.name = "capacity", .most = 64 * kib * kib * kib}},
            .make = [](const layer_options& given, upstreams below) -> made {
                return std::make_unique<bounded_time_resource>(
                    bounded_time{.capacity = given.number("capacity", 0)}, below[0]);
            }};
}

// --- adaptors -----------------------------------------------------------------------------------

template <class Counting>
made make_stats(const layer_options& given, any* upstream) {
    const std::string at_end = given.word("on_destroy", "ignore");
    const leak_policy policy = at_end == "abort"    ? leak_policy::abort
                               : at_end == "report" ? leak_policy::report
                                                    : leak_policy::ignore;
    return std::make_unique<stats_resource<any, Counting>>(
        basic_stats<Counting>{.on_destroy = policy}, upstream);
}

layer_kind stats_kind() {
    return {.name = "stats",
            .options = {{.name = "on_destroy",
                         .type = option_type::word,
                         .words = {"ignore", "report", "abort"}},
                        {.name = "counting",
                         .type = option_type::word,
                         .words = {"single", "relaxed", "sequential", "sharded"}}},
            .make = [](const layer_options& given, upstreams below) -> made {
                const std::string counting = given.word("counting", "relaxed");
                return counting == "single"    ? make_stats<counting::single>(given, below[0])
                       : counting == "relaxed" ? make_stats<counting::relaxed>(given, below[0])
                       : counting == "sharded" ? make_stats<counting::sharded>(given, below[0])
                                               : make_stats<counting::sequential>(given, below[0]);
            }};
}

layer_kind limit_kind() {
    return {.name = "limit",
            .options = {{.name = "bytes"}, {.name = "blocks", .type = option_type::count}},
            .make = [](const layer_options& given, upstreams below) -> made {
                const limit standard;
                return std::make_unique<limit_resource<>>(
                    limit{.bytes = given.number("bytes", standard.bytes),
                          .blocks = given.number("blocks", standard.blocks)},
                    below[0]);
            }};
}

layer_kind synchronized_kind() {
    return {.name = "synchronized",
            .make = [](const layer_options&, upstreams below) -> made {
                return std::make_unique<synchronized_resource<>>(below[0]);
            }};
}

layer_kind retry_kind() {
    return {.name = "retry",
            .options = {{.name = "attempts", .type = option_type::count, .least = 1, .most = 1000}},
            .make = [](const layer_options& given, upstreams below) -> made {
                retry description;
                description.attempts =
                    static_cast<unsigned>(given.number("attempts", description.attempts));
                return std::make_unique<retry_resource<>>(description, below[0]);
            }};
}

layer_kind debug_kind() {
    return {.name = "debug",
            .options = {{.name = "name", .type = option_type::word},
                        {.name = "fence", .most = 64 * kib},
                        {.name = "quarantine"},
                        {.name = "stack_depth", .type = option_type::count, .most = 32},
                        {.name = "action",
                         .type = option_type::word,
                         .words = {"report", "abort", "throw_where_legal", "count"}},
                        {.name = "leaks", .type = option_type::flag},
                        {.name = "at_exit", .type = option_type::flag},
                        {.name = "concurrent", .type = option_type::flag},
                        {.name = "one_thread", .type = option_type::flag},
                        {.name = "guard",
                         .type = option_type::word,
                         .words = {"none", "ends", "begins"}},
                        {.name = "faults", .type = option_type::flag},
                        {.name = "fresh_fill", .type = option_type::count},
                        {.name = "freed_fill", .type = option_type::count},
                        {.name = "fence_fill", .type = option_type::count}},
            .make = [](const layer_options& given, upstreams below) -> made {
                debug description;
                const std::string title = given.word("name", description.name);
                description.name = title;
                description.fence = given.number("fence", description.fence);
                description.quarantine = given.number("quarantine", description.quarantine);
                description.stack_depth = given.number("stack_depth", description.stack_depth);
                const std::string action = given.word("action", "report");
                description.action = action == "abort"   ? on_finding::abort
                                     : action == "count" ? on_finding::count
                                     : action == "report" ? on_finding::report
                                                          : on_finding::throw_where_legal;
                description.leaks = given.flag("leaks", description.leaks);
                description.at_exit = given.flag("at_exit", description.at_exit);
                description.concurrent = given.flag("concurrent", description.concurrent);
                description.one_thread = given.flag("one_thread", description.one_thread);
                const std::string guard = given.word("guard", "none");
                description.guard = guard == "ends"     ? guard_page::ends
                                    : guard == "begins" ? guard_page::begins
                                                        : guard_page::none;
                description.faults = given.flag("faults", description.faults);
                const auto byte = [&](const char* option, std::byte otherwise) {
                    return std::byte(given.number(option, std::to_integer<std::size_t>(otherwise)));
                };
                description.fresh_fill = byte("fresh_fill", description.fresh_fill);
                description.fence_fill = byte("fence_fill", description.fence_fill);
                if (!given.numbers("freed_fill").empty()) {
                    description.freed_fill = byte("freed_fill", {});
                }
                return std::make_unique<debug_resource<>>(description, below[0]);
            },
            .check = [](const layer_options& given, std::size_t) -> std::string {
                if (given.word("name", "").size() > 31) {
                    return "expected a name of at most 31 characters";
                }
                for (const char* option : {"fresh_fill", "freed_fill", "fence_fill"}) {
                    if (given.number(option, 0) > 0xFF) {
                        return std::string{"expected a byte from 0 to 255 as "} + option;
                    }
                }
                return given.flag("concurrent", false) && given.flag("one_thread", false)
                           ? "expected either several threads, concurrent, or one_thread"
                           : "";
            }};
}

// --- branches -----------------------------------------------------------------------------------

// fallback_resource and segregator_resource know the number of their upstreams at compile time; a
// text has from 2 to 8. Calls make(std::index_sequence<0, 1, ...>) with as many as there are.
template <std::size_t Count = 2, class Make>
made with_count(std::size_t branches, Make make) {
    if constexpr (Count == 8) {
        return make(std::make_index_sequence<Count>{});
    } else {
        return branches == Count ? make(std::make_index_sequence<Count>{})
                                 : with_count<Count + 1>(branches, make);
    }
}

template <std::size_t>
using any_at = any;

layer_kind fallback_kind() {
    return {.name = "fallback",
            .shape = layer_shape::branches,
            .make = [](const layer_options&, upstreams below) -> made {
                // A buffer that is full refuses each request from then on: by its type it is known
                // to do so without an exception, which would cost more than all the rest.
                if (auto* buffer = part_of<fixed_buffer_resource<>>(*below[0])) {
                    return with_count<1>(
                        below.size() - 1, [&]<std::size_t... I>(std::index_sequence<I...>) {
                            using buffer_first =
                                fallback_resource<fixed_buffer_resource<>, any_at<I>...>;
                            return made{std::make_unique<buffer_first>(buffer, below[I + 1]...)};
                        });
                }
                return with_count(below.size(), [&]<std::size_t... I>(std::index_sequence<I...>) {
                    return made{std::make_unique<fallback_resource<any_at<I>...>>(below[I]...)};
                });
            }};
}

layer_kind segregator_kind() {
    return {.name = "segregator",
            .shape = layer_shape::branches,
            .options = {{.name = "by",
                         .type = option_type::word,
                         .words = {"size", "alignment"}},
                        {.name = "up_to", .positional = true, .repeated = true}},
            .make = [](const layer_options& given, upstreams below) -> made {
                const auto bounds = given.numbers("up_to");
                const bool by_size = given.word("by", "size") == "size";
                return with_count(below.size(), [&]<std::size_t... I>(std::index_sequence<I...>) {
                    using segregator = segregator_resource<any_at<I>...>;
                    up_to<sizeof...(I) - 1> sizes;
                    alignment_up_to<sizeof...(I) - 1> alignments;
                    std::ranges::copy(bounds, sizes.bounds.begin());
                    std::ranges::copy(bounds, alignments.bounds.begin());
                    return by_size ? made{std::make_unique<segregator>(sizes, below[I]...)}
                                   : made{std::make_unique<segregator>(alignments, below[I]...)};
                });
            },
            .check = [](const layer_options& given, std::size_t branches) -> std::string {
                return given.numbers("up_to").size() + 1 == branches
                           ? ""
                           : "expected one threshold less than strategies, as in "
                             "segregator(256, pool, heap)";
            }};
}

}  // namespace

std::vector<layer_kind> built_in_layers() {
    return {
        heap_kind(),
        fixed_buffer_kind(),
        pages_kind(),
        arena_kind(),
        concurrent_arena_kind(),
        pool_kind(),
        concurrent_pool_kind(),
        bounded_time_kind(),
        stats_kind(),
        limit_kind(),
        synchronized_kind(),
        retry_kind(),
        debug_kind(),
        fallback_kind(),
        segregator_kind(),
    };
}

}  // namespace strata::detail
