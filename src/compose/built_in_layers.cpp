// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <strata/adaptors/all.hpp>
#include <strata/compose/described_layer.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/sources/page_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/bounded_time_resource.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "layer_registry.hpp"

namespace strata::detail {
namespace {

using any = std::pmr::memory_resource;
using made = made_layer;
using upstreams = std::span<any* const>;

// Kinds that `layer_kind_of` cannot make from an option table.

// The name, an option of every kind.
option_kind name_kind() {
    return make_option_kind(facts_of_name, {}, std::nullopt);
}
label name_in(const layer_options& given) {
    return given.word(facts_of_name.name, "");
}

// A block of the heap as the buffer of a resource. A base class, so that it is constructed before
// the resource and destroyed after it.
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
    owning_fixed_buffer(std::size_t size, const strata::label& name)
        : owned_buffer{size},
          fixed_buffer_resource<>{fixed_buffer<>{
              .buffer = {static_cast<std::byte*>(begin), bytes}, .name = name}} {}
};

layer_kind fixed_buffer_kind() {
    return {.name = "fixed_buffer",
            .shape = layer_shape::source,
            .options = {{.name = "bytes",
                         .positional = true,
                         .least = 1,
                         .what = "the size of the buffer, which must be given",
                         .bounds_blocks = true},
                        name_kind()},
            .make = [](const layer_options& given, upstreams) -> made {
                return std::make_unique<owning_fixed_buffer>(given.number("bytes", 0),
                                                             name_in(given));
            },
            .check = [](const layer_options& given, std::size_t) -> std::string {
                return given.numbers("bytes").empty()
                           ? "expected its size, as in fixed_buffer(4KiB)"
                           : "";
            }};
}

// A value of the option `counting`, which is a type in C++.
struct way_of_counting {
    std::string_view name;
    thread_safety threads;
    made (*make)(const layer_options& given, any* upstream);
};

template <class Counting>
made make_stats(const layer_options& given, any* upstream) {
    return std::make_unique<stats_resource<any, Counting>>(
        described_by<basic_stats<Counting>>(given), upstream);
}

template <class Counting>
constexpr way_of_counting way{Counting::word, Counting::threads, make_stats<Counting>};

constexpr std::array ways_of_counting{way<counting::single>, way<counting::relaxed>,
                                      way<counting::sequential>, way<counting::sharded>};
constexpr std::string_view default_way = counting::usual::word;

const way_of_counting& way_in(const layer_options& given) {
    return *std::ranges::find(ways_of_counting, given.word("counting", default_way),
                              &way_of_counting::name);
}

layer_kind stats_kind() {
    layer_kind kind = layer_kind_of<stats>();
    option_kind counting{.name = "counting",
                         .type = option_type::word,
                         .otherwise = std::string{default_way},
                         .what = "how it counts: for one thread, or for several"};
    for (const way_of_counting& each : ways_of_counting) {
        counting.words.emplace_back(each.name);
    }
    kind.options.insert(kind.options.end() - 1, std::move(counting));  // the name stays last
    kind.make = [](const layer_options& given, upstreams below) -> made {
        return way_in(given).make(given, below[0]);
    };
    kind.threads = [](const layer_options& given) { return way_in(given).threads; };
    return kind;
}

// --- branches -----------------------------------------------------------------------------------

// fallback_resource and segregator_resource know the number of their upstreams at compile time; a
// text has from 2 to 8. Calls make(std::index_sequence<0, 1, ...>) with as many indices as there
// are upstreams.
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

thread_safety as_the_branches(const layer_options& /*given*/) {
    return thread_safety::as_below;
}

layer_kind fallback_kind() {
    return {.name = "fallback",
            .shape = layer_shape::branches,
            .options = {name_kind()},
            .only_from_below = true,
            .make = [](const layer_options& given, upstreams below) -> made {
                const label name = name_in(given);
                // A full buffer refuses every later request. If `fallback` knows its type, it
                // refuses without an exception, which would cost more than everything else.
                if (auto* buffer = part_of<fixed_buffer_resource<>>(*below[0])) {
                    return with_count<1>(
                        below.size() - 1, [&]<std::size_t... I>(std::index_sequence<I...>) {
                            using buffer_first =
                                fallback_resource<fixed_buffer_resource<>, any_at<I>...>;
                            return made{
                                std::make_unique<buffer_first>(name, buffer, below[I + 1]...)};
                        });
                }
                return with_count(
                    below.size(), [&]<std::size_t... I>(std::index_sequence<I...>) {
                        return made{std::make_unique<fallback_resource<any_at<I>...>>(
                            name, below[I]...)};
                    });
            },
            .threads = as_the_branches};
}

layer_kind segregator_kind() {
    return {.name = "segregator",
            .shape = layer_shape::branches,
            .options = {{.name = "by",
                         .type = option_type::word,
                         .words = {"size", "alignment"},
                         .otherwise = "size",
                         .what = "what is compared with the thresholds"},
                        {.name = "up_to",
                         .positional = true,
                         .repeated = true,
                         .what = "the most that each strategy but the last serves, ascending"},
                        name_kind()},
            .only_from_below = true,
            .make = [](const layer_options& given, upstreams below) -> made {
                const auto bounds = given.numbers("up_to");
                const label name = name_in(given);
                const bool by_size = given.word("by", "size") == "size";
                return with_count(
                    below.size(), [&]<std::size_t... I>(std::index_sequence<I...>) {
                        using segregator = segregator_resource<any_at<I>...>;
                        up_to<sizeof...(I) - 1> sizes;
                        alignment_up_to<sizeof...(I) - 1> alignments;
                        std::ranges::copy(bounds, sizes.bounds.begin());
                        std::ranges::copy(bounds, alignments.bounds.begin());
                        return by_size
                                   ? made{std::make_unique<segregator>(name, sizes, below[I]...)}
                                   : made{std::make_unique<segregator>(name, alignments,
                                                                       below[I]...)};
                    });
            },
            .check = [](const layer_options& given, std::size_t branches) -> std::string {
                return given.numbers("up_to").size() + 1 == branches
                           ? ""
                           : "expected one threshold less than strategies, as in "
                             "segregator(256, pool, heap)";
            },
            .threads = as_the_branches};
}

}  // namespace

std::vector<layer_kind> built_in_layers() {
    return {
        layer_kind_of<heap>(),
        fixed_buffer_kind(),
        layer_kind_of<pages>(),
        layer_kind_of<arena>(),
        layer_kind_of<concurrent_arena>(),
        layer_kind_of<pool>(),
        layer_kind_of<concurrent_pool>(),
        layer_kind_of<bounded_time>(),
        stats_kind(),
        layer_kind_of<limit>(),
        layer_kind_of<synchronized>(),
        layer_kind_of<retry>(),
        layer_kind_of<debug>(),
        layer_kind_of<trace>(),
        fallback_kind(),
        segregator_kind(),
    };
}

}  // namespace strata::detail
