// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "recipe.hpp"

#include <boost/test/unit_test.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>

#include "support/temporary_folder.hpp"

// The layer of a user's own that docs/composing.md shows. Its `main` becomes a function that
// returns nothing.
#include <algorithm>
#include <bit>
#include <iostream>
#define main no_main(); void main_of_example
#include "../../docs/examples/own_layer.cpp"
#undef main

namespace conformance {
namespace {

using namespace strata::literals;

// --- descriptions for tests: resources on a buffer, of which each instance needs its own --------

struct buffer_holder {
    explicit buffer_holder(std::size_t bytes)
        : bytes_held{bytes},
          memory{std::make_unique_for_overwrite<std::byte[]>(bytes + 1)} {}

    // At an odd address, so that nothing is aligned by luck.
    [[nodiscard]] std::span<std::byte> buffer() const { return {memory.get() + 1, bytes_held}; }

    std::size_t bytes_held;
    std::unique_ptr<std::byte[]> memory;
};

struct own_buffer {
    struct resource : buffer_holder, strata::fixed_buffer_resource<> {
        explicit resource(own_buffer description)
            : buffer_holder{description.bytes},
              fixed_buffer_resource{buffer()} {}
    };
    template <class Upstream>
    using resource_type = resource;
    static constexpr bool is_source = true;

    std::size_t bytes;
};

struct arena_on_buffer {
    struct resource : buffer_holder, strata::arena_resource {
        resource(arena_on_buffer description, std::pmr::memory_resource* upstream)
            : buffer_holder{description.bytes},
              arena_resource{strata::arena{.initial_buffer = buffer()}, upstream} {}
    };
    template <class Upstream>
    using resource_type = resource;
    static constexpr bool is_source = false;

    std::size_t bytes;
};

// Pages that are mapped block by block: they end when the system's do, and without a range there is
// nothing to release. `strata::pages` itself stands here for those with one.
struct mapped_pages {
    struct resource : strata::page_resource {
        explicit resource(mapped_pages description) : page_resource{description.options} {}
        void release() = delete;
    };
    template <class Upstream>
    using resource_type = resource;
    static constexpr bool is_source = true;

    strata::pages options = {};
};

struct bounded_on_buffer {
    struct resource : buffer_holder, strata::bounded_time_resource {
        explicit resource(bounded_on_buffer description)
            : buffer_holder{description.bytes},
              bounded_time_resource{strata::bounded_time{.buffer = buffer()},
                                    std::pmr::null_memory_resource()} {}
    };
    template <class Upstream>
    using resource_type = resource;
    static constexpr bool is_source = true;  // over a buffer it never asks its upstream

    std::size_t bytes;
};

// A `release` after which nothing is in quarantine, since nothing may be left in the upstream.
// Blocks that are live at its end are none of its misuses here.
struct flushed_debug {
    struct resource : strata::debug_resource<> {
        resource(const flushed_debug& description, std::pmr::memory_resource* upstream)
            : debug_resource{description.options, upstream} {}
        void release() {
            debug_resource::release();
            flush();
        }
    };
    template <class Upstream>
    using resource_type = resource;
    static constexpr bool is_source = false;

    strata::debug options = {.leaks = false};
};
// Blocks are in memory that is not the upstream's.
struct guarded_debug : flushed_debug {};
// Lets threads in one at a time, so that what is below need not be for several.
struct concurrent_debug : flushed_debug {};

// Records to a file of its own.
struct recorded {
    struct own_file {
        tests::temporary_folder folder;
        std::string path = folder.file("run.trace");
    };
    struct resource : own_file, strata::trace_resource<> {
        resource(recorded /*description*/, std::pmr::memory_resource* upstream)
            : trace_resource{strata::trace{.file = path}, upstream} {}
    };
    template <class Upstream>
    using resource_type = resource;
    static constexpr bool is_source = false;
};

void fail(strata::finding /*kind*/, const char* message) {
    BOOST_ERROR(message);
}

// --- what may be expected of the layers together ------------------------------------------------

template <class Description>
using resource_of = typename Description::template resource_type<std::pmr::memory_resource>;

template <class Description>
constexpr bool can_release = requires(resource_of<Description>& layer) {
    layer.release();
};

template <class Description>
constexpr bool is_heap = std::same_as<Description, strata::heap>;

template <class Description>
constexpr bool is_endless = is_heap<Description> || std::same_as<Description, mapped_pages>;

template <class Description>
constexpr bool passes_on = false;
template <class Counting>
constexpr bool passes_on<strata::basic_stats<Counting>> = true;
template <>
constexpr bool passes_on<strata::limit> = true;
template <>
constexpr bool passes_on<strata::retry> = true;
template <>
constexpr bool passes_on<strata::synchronized> = true;
template <>
constexpr bool passes_on<own_lines> = true;
template <>
constexpr bool passes_on<recorded> = true;

template <class Description>
constexpr bool is_concurrent =
    is_endless<Description> || passes_on<Description> || std::same_as<Description, strata::pages>;
template <>
constexpr bool is_concurrent<strata::basic_stats<strata::counting::single>> = false;

// A concurrent pool calls its upstream for one thread at a time, so whatever is below it will do.
template <class Top, class... Below>
constexpr bool is_concurrent_stack() {
    if constexpr (std::same_as<Top, strata::concurrent_pool> ||
                  std::same_as<Top, strata::concurrent_arena> ||
                  std::same_as<Top, concurrent_debug>) {
        return true;
    } else if constexpr (sizeof...(Below) == 0) {
        return is_concurrent<Top>;
    } else {
        return is_concurrent<Top> && is_concurrent_stack<Below...>();
    }
}

// Whether the layer gives back what it keeps if the one below has no memory, and asks again.
template <class Description>
constexpr bool asks_again =
    std::derived_from<Description, flushed_debug> || std::derived_from<Description, strata::pool> ||
    std::derived_from<Description, strata::concurrent_pool>;

template <class... Descriptions>
recipe recipe_named(std::string name) {
    constexpr bool has_source = (Descriptions::is_source || ...);
    return {.name = std::move(name),
            .has_upstream = !has_source && !(std::same_as<Descriptions, guarded_debug> || ...),
            .has_buffer = (std::same_as<Descriptions, arena_on_buffer> || ...),
            .is_bounded = (has_source && !(is_endless<Descriptions> || ...)) ||
                          (std::same_as<Descriptions, strata::bounded_time> || ...),
            .ends_on_heap = (is_heap<Descriptions> || ...),
            .is_concurrent = is_concurrent_stack<Descriptions...>(),
            .passes_all_on = (passes_on<Descriptions> && ...),
            .refuses_within = (asks_again<Descriptions> || ...) &&
                              (std::same_as<Descriptions, own_buffer> || ...),
            .can_release = (can_release<Descriptions> || ...)};
}

// --- makers -------------------------------------------------------------------------------------

template <class... Descriptions, std::size_t... Indices>
void add_stack(instance& to, std::index_sequence<Indices...>, const Descriptions&... descriptions) {
    auto& memory = to.add<strata::stack<Descriptions...>>(descriptions...);
    (to.add_release(memory.template get<sizeof...(Indices) - 1 - Indices>()), ...);
}

/// One object: a `strata::stack` of the layers, which ends on the upstream if it has no source.
template <class... Descriptions>
recipe stacked(std::string name, Descriptions... layers) {
    recipe made = recipe_named<Descriptions...>(std::move(name));
    made.make = [=](std::pmr::memory_resource* upstream) {
        instance stack;
        constexpr std::index_sequence_for<Descriptions...> count{};
        if constexpr ((Descriptions::is_source || ...)) {
            add_stack(stack, count, layers...);
        } else {
            add_stack(stack, count, layers..., upstream);
        }
        return stack;
    };
    return made;
}

std::pmr::memory_resource* add_layers(instance& /*to*/, std::pmr::memory_resource* upstream) {
    return upstream;
}

template <class Top, class... Below>
std::pmr::memory_resource* add_layers(instance& to, std::pmr::memory_resource* upstream,
                                      const Top& top, const Below&... below) {
    std::pmr::memory_resource* under = add_layers(to, upstream, below...);
    if constexpr (Top::is_source) {
        return &to.add<resource_of<Top>>(top);
    } else {
        return &to.add<resource_of<Top>>(top, under);
    }
}

/// An object a layer, each over a pointer to the one below.
template <class... Descriptions>
recipe apart(std::string name, Descriptions... layers) {
    recipe made = recipe_named<Descriptions...>(std::move(name));
    made.make = [=](std::pmr::memory_resource* upstream) {
        instance apart;
        add_layers(apart, upstream, layers...);
        return apart;
    };
    return made;
}

/// A stack whose only layer draws from several branches, all of them over the upstream.
template <class MakeDescription>
recipe branched(std::string name, MakeDescription description) {
    return {.name = std::move(name),
            .has_upstream = true,
            .passes_all_on = true,
            .refuses_within = true,
            .make = [=](std::pmr::memory_resource* upstream) {
                instance made;
                made.add<strata::stack<decltype(description(upstream))>>(description(upstream));
                return made;
            }};
}

recipe of_a_user(recipe of) {
    of.passes_null_on = true;
    return of;
}

/// For one whose every life takes 16 MiB and asks for nothing else.
recipe in_short(recipe of) {
    of.failure_points = 25;
    return of;
}

/// The upstream through both bridges.
struct there_and_back {
    struct bridge {
        explicit bridge(std::pmr::memory_resource* upstream) : to{upstream} {}
        strata::to_boost to;
    };
    struct resource : bridge, strata::from_boost {
        resource(there_and_back /*description*/, std::pmr::memory_resource* upstream)
            : bridge{upstream}, from_boost{&to} {}
    };
    template <class Upstream>
    using resource_type = resource;
    static constexpr bool is_source = false;
};

}  // namespace

std::vector<recipe> recipes() {
    using strata::branch;
    using strata::arena, strata::pool, strata::concurrent_pool, strata::stats;
    using strata::bounded_time, strata::concurrent_arena, strata::heap, strata::pages;
    using single_stats = strata::basic_stats<strata::counting::single>;
    using sequential_stats = strata::basic_stats<strata::counting::sequential>;
    using relaxed_stats = strata::basic_stats<strata::counting::relaxed>;

    const arena tiny_arena{.first_chunk = 1, .growth = 1.0};
    const arena capped_arena{.first_chunk = 1_KiB, .largest_chunk = 8_KiB};
    const arena reusing_arena{.reuse_last = true};
    const pool narrow_pool{.largest_block = 64};
    const pool wide_pool{.largest_block = 4_MiB};
    const pool single_block_pool{.max_blocks_per_chunk = 1};
    const pool hardened_pool{.hardened = true};
    const pool tiny_hardened_pool{.first_chunk = 1, .largest_chunk = 1, .hardened = true};
    const pool tiny_chunk_pool{.first_chunk = 1, .largest_chunk = 1};
    const pages huge_range{.reserve = 64_MiB, .huge = strata::huge_pages::transparent};
    const concurrent_pool narrow_concurrent{.largest_block = 64};
    const concurrent_pool wide_concurrent{.largest_block = 4_MiB};
    const concurrent_pool single_block_concurrent{.max_blocks_per_chunk = 1};
    const concurrent_pool tiny_chunk_concurrent{.first_chunk = 1, .largest_chunk = 1};

    return {
        apart("heap", heap{}),
        apart("fixed_buffer 64 MiB", own_buffer{64_MiB}),
        apart("fixed_buffer 10 KiB", own_buffer{10_KiB}),
        apart("fixed_buffer inside", strata::fixed_buffer<16_KiB>{}),
        apart("pages", mapped_pages{}),
        apart("pages guarded", mapped_pages{{.guard = true}}),
        apart("pages range", pages{.reserve = 64_MiB}),
        apart("pages range huge", huge_range),
        apart("pages range guarded", pages{.reserve = 16_MiB, .guard = true, .keep = 1_MiB}),
        apart("arena", arena{}),
        apart("arena tiny chunks", tiny_arena),
        apart("arena capped chunks", capped_arena),
        apart("arena reusing last", reusing_arena),
        apart("arena on buffer", arena_on_buffer{5000}),
        apart("pool", pool{}),
        apart("pool largest block 64", narrow_pool),
        apart("pool largest block 4 MiB", wide_pool),
        apart("pool one block a chunk", single_block_pool),
        apart("pool tiny chunks", tiny_chunk_pool),
        apart("pool hardened", hardened_pool),
        apart("pool hardened, tiny chunks", tiny_hardened_pool),
        stacked("pool hardened > arena", hardened_pool, arena{}),
        apart("concurrent_pool", concurrent_pool{}),
        apart("concurrent_pool largest block 64", narrow_concurrent),
        apart("concurrent_pool largest block 4 MiB", wide_concurrent),
        apart("concurrent_pool one block a chunk", single_block_concurrent),
        apart("concurrent_pool tiny chunks", tiny_chunk_concurrent),
        apart("concurrent_pool hardened", concurrent_pool{.hardened = true}),
        apart("bounded_time", bounded_time{}),
        in_short(apart("bounded_time 16 MiB", bounded_time{.capacity = 16_MiB})),
        apart("bounded_time 1000 B", bounded_time{.capacity = 1000}),
        apart("bounded_time on buffer", bounded_on_buffer{100'001}),
        stacked("bounded_time > fixed_buffer", bounded_time{}, own_buffer{256_KiB}),
        stacked("stats > bounded_time > arena", stats{}, bounded_time{}, arena{}),
        in_short(stacked("pool > bounded_time", pool{}, bounded_time{.capacity = 16_MiB})),
        apart("stats", stats{}),
        apart("stats single", single_stats{}),
        apart("stats sequential", sequential_stats{}),
        apart("stats relaxed", relaxed_stats{}),

        stacked("stats > heap", stats{}, heap{}),
        stacked("stats > pages", stats{}, mapped_pages{}),
        stacked("stats > arena", stats{}, arena{}),
        stacked("stats > pool", stats{}, pool{}),
        stacked("stats > stats", stats{}, single_stats{}),
        stacked("arena > arena", arena{}, reusing_arena),
        stacked("arena > pool", arena{}, pool{}),
        stacked("arena > stats", arena{}, stats{}),
        stacked("arena > fixed_buffer", arena{}, own_buffer{256_KiB}),
        stacked("arena > pages", arena{}, mapped_pages{{.populate = true}}),
        stacked("pool > arena", pool{}, arena{}),
        stacked("pool > arena on buffer", pool{}, arena_on_buffer{9_KiB}),
        stacked("pool > pool", narrow_pool, wide_pool),
        stacked("pool > stats", pool{}, stats{}),
        stacked("pool > fixed_buffer", pool{}, own_buffer{256_KiB}),
        stacked("pool > pages range", pool{}, pages{.reserve = 64_MiB}),
        apart("concurrent_arena", concurrent_arena{}),
        apart("concurrent_arena tiny chunks",
              concurrent_arena{.first_chunk = 1, .growth = 1.0, .largest_slab = 1}),
        stacked("concurrent_pool > concurrent_arena", concurrent_pool{}, concurrent_arena{}),
        stacked("stats > concurrent_arena", stats{}, concurrent_arena{}),
        stacked("stats > concurrent_pool", stats{}, concurrent_pool{}),
        stacked("concurrent_pool > arena", concurrent_pool{}, arena{}),
        stacked("concurrent_pool > concurrent_pool", tiny_chunk_concurrent, concurrent_pool{}),
        stacked("pool > concurrent_pool", pool{}, concurrent_pool{}),
        stacked("stats > pool > arena", stats{}, pool{}, arena{}),
        stacked("stats > pool > fixed_buffer", stats{}, pool{}, own_buffer{64_MiB}),
        stacked("arena > stats > pool", tiny_arena, stats{}, tiny_chunk_pool),
        stacked("pool > stats > arena", pool{}, stats{}, capped_arena),
        stacked("pool > pool > pool", pool{}, single_block_pool, narrow_pool),
        stacked("arena > pool > arena", arena{}, pool{}, tiny_arena),

        apart("limit", strata::limit{}),
        apart("retry", strata::retry{}),
        apart("synchronized", strata::synchronized{}),
        apart("trace", recorded{}),
        stacked("trace > concurrent_pool", recorded{}, concurrent_pool{}),
        stacked("pool > trace > arena", pool{}, recorded{}, arena{}),
        of_a_user(apart("own layer", own_lines{})),
        stacked("own layer > pool", own_lines{.from = 1, .line = 256}, pool{}),
        stacked("limit > pool", strata::limit{.bytes = 1_GiB}, pool{}),
        stacked("synchronized > pool", strata::synchronized{}, pool{}),
        stacked("pool > limit > arena", pool{}, strata::limit{.bytes = 1_GiB}, arena{}),
        stacked("stats > retry > limit", stats{}, strata::retry{}, strata::limit{}),
        stacked("pool > boost bridge", pool{}, there_and_back{}),
        apart("debug", flushed_debug{}),
        apart("debug without quarantine", flushed_debug{{.quarantine = 0, .leaks = false}}),
        apart("debug bare", flushed_debug{{.fence = 0, .stack_depth = 0, .leaks = false}}),
        apart("debug whole stacks", flushed_debug{{.stack_depth = 32, .leaks = false}}),
        apart("debug with its handler", flushed_debug{{.handler = fail, .leaks = false}}),
        apart("debug guarded ends",
              guarded_debug{{{.leaks = false, .guard = strata::guard_page::ends}}}),
        apart("debug guarded begins",
              guarded_debug{{{.leaks = false, .guard = strata::guard_page::begins}}}),
        stacked("debug > heap", flushed_debug{}, heap{}),
        stacked("debug > pool", flushed_debug{}, pool{}),
        stacked("debug > arena", flushed_debug{}, arena{}),
        stacked("debug > concurrent_pool", flushed_debug{}, concurrent_pool{}),
        in_short(
            stacked("debug > bounded_time", flushed_debug{}, bounded_time{.capacity = 16_MiB})),
        stacked("debug > fixed_buffer", flushed_debug{}, own_buffer{256_KiB}),
        stacked("debug > pages", flushed_debug{}, mapped_pages{}),
        stacked("debug > debug", flushed_debug{}, flushed_debug{}),
        stacked("debug > pool > debug > arena > debug", flushed_debug{}, pool{}, flushed_debug{},
                arena{}, flushed_debug{}),
        stacked("pool > debug", pool{}, flushed_debug{}),
        stacked("arena > debug", arena{}, flushed_debug{}),
        stacked("synchronized > debug > pool", strata::synchronized{}, flushed_debug{}, pool{}),
        stacked("concurrent_pool > debug", concurrent_pool{}, flushed_debug{}),
        apart("debug concurrent", concurrent_debug{{{.leaks = false, .concurrent = true}}}),
        stacked("debug concurrent > arena",
                concurrent_debug{{{.leaks = false, .concurrent = true}}}, arena{}),
        branched("fallback(pool, arena)",
                 [=](auto* upstream) {
                     return strata::fallback{branch{pool{}, upstream}, branch{arena{}, upstream}};
                 }),
        branched("fallback(limit > pool, stats, upstream)",
                 [=](auto* upstream) {
                     return strata::fallback{
                         branch{strata::limit{.bytes = 20_KiB}, pool{}, upstream},
                         branch{stats{}, upstream}, upstream};
                 }),
        branched("segregator(64, 4 KiB, pool, arena, upstream)",
                 [=](auto* upstream) {
                     return strata::segregator{strata::up_to{64, 4096}, branch{pool{}, upstream},
                                               branch{arena{}, upstream}, upstream};
                 }),
        branched("segregator by alignment",
                 [=](auto* upstream) {
                     return strata::segregator{strata::alignment_up_to{16},
                                               branch{pool{}, upstream}, branch{arena{}, upstream}};
                 }),

        apart("stats > pool > arena apart", stats{}, pool{}, arena{}),
        apart("arena > arena > pool apart", arena{}, arena{}, pool{}),
        apart("pool > stats > fixed_buffer apart", pool{}, stats{}, own_buffer{256_KiB}),
    };
}

}  // namespace conformance
