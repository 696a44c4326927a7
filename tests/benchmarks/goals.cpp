// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// The goals, as a list. A goal that is missed fails nothing: it is said.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "report.hpp"
#include "results.hpp"

namespace bench {
namespace {

enum class kind {
    ratio,   // time over that of each of `against`, the worst of all workloads
    extra,   // ns more than each of `against`
    time,    // ns
    extra_ratio,  // what `of` takes more than `less`, over what each of `against` does
    number,  // a number by its name, or with `against` its ratio to another
    scaling  // time an operation a core in the second workload over that in the first
};

using names = std::vector<std::string>;

struct goal {
    std::string what;
    kind how;
    names workloads;  // or names of numbers
    std::string of;
    names against;
    double most;
    std::string less = {};
};

const names general_and_boost{"mimalloc", "tcmalloc", "jemalloc", "boost.unsynchronized"};
const names pool_peers{"std.unsynchronized",
                       "std.synchronized",
                       "boost.unsynchronized",
                       "boost.synchronized",
                       "glibc",
                       "mimalloc",
                       "jemalloc",
                       "tcmalloc",
                       "tbb",
                       "foonathan.pool",
                       "foonathan.collection"};
const names arena_peers{"std.monotonic.release", "std.monotonic.buffer", "boost.monotonic.release",
                        "boost.monotonic.buffer"};
const names batches{"arena/batch", "arena/aligned"};
const names inline_batches{"inline/batch", "inline/aligned"};
const names inline_peers{"inline.foonathan", "inline.llvm", "inline.protobuf"};
const names lives{"life/1", "life/10", "life/100"};
const names arena_life_peers{"boost.monotonic.release", "std.monotonic.release"};
const names one_size{"pool/pair", "pool/lifo", "pool/fifo"};
const names pools{"pool/pair",       "pool/fifo",  "pool/lifo",  "pool/random",
                  "pool/random100k", "pool/small", "pool/mixed", "pool/million"};
const names containers{"containers/strings", "containers/unordered", "containers/map",
                       "containers/list"};
const names freed_elsewhere{"threads/producer/few", "threads/producer/many", "threads/exchange",
                            "threads/hand-over/2"};
const names buffers{"pool/buffers", "pool/large-buffers"};
const names own_buffers{"threads/own/buffers", "threads/own/large-buffers"};
const names own{"threads/own/1", "threads/own/2"};

const std::vector<goal>& goals() {
    using enum kind;
    // clang-format off
    static const std::vector<goal> all{
        {"arena, batches: instructions a call", number,
         {"instructions/strata.arena.reset/batch"}, "", {}, 16},
        {"arena, batches and aligned / a call that does nothing", ratio,
         batches, "strata.arena.reset", {"minimal.call"}, 1.2},
        {"  / std over a buffer", ratio,
         batches, "strata.arena.reset", {"std.monotonic.buffer"}, 0.60},
        {"  / std with release()", ratio,
         batches, "strata.arena.reset", {"std.monotonic.release"}, 0.45},
        {"arena on its own type / the inline bump", ratio,
         inline_batches, "inline.strata", {"inline.bump"}, 1.3},
        {"  / foonathan, LLVM, protobuf", ratio,
         inline_batches, "inline.strata", inline_peers, 1},
        {"arena, 10^6 cold on huge pages / std", ratio,
         {"arena/cold"}, "strata.arena.pages", {"std.monotonic.release"}, 0.25},
        {"arena, 10^6 warm with reset() / std with release()", ratio,
         {"arena/warm"}, "strata.arena.reset", {"std.monotonic.release"}, 0.30},
        {"  the same on huge pages", ratio,
         {"arena/warm"}, "strata.arena.pages", {"std.monotonic.release"}, 0.30},
        {"pool, a pair of 64 B: instructions", number,
         {"instructions/strata.pool/pair"}, "", {}, 45},
        {"pool, 64 B, pair, LIFO, FIFO / libstdc++", ratio,
         one_size, "strata.pool", {"std.unsynchronized"}, 0.25},
        {"  / the best of mimalloc, tcmalloc, jemalloc, Boost", ratio,
         one_size, "strata.pool", general_and_boost, 0.70},
        {"pool, 64 B, random order, 10^5 / mimalloc", ratio,
         {"pool/random100k"}, "strata.pool", {"mimalloc"}, 1},
        {"pool, 8..256, 10^3 live / libstdc++", ratio,
         {"pool/small"}, "strata.pool", {"std.unsynchronized"}, 0.18},
        {"  / the best general allocator", ratio,
         {"pool/small"}, "strata.pool", general_allocators(), 0.75},
        {"pool, 8..4096, 10^4 live / libstdc++", ratio,
         {"pool/mixed"}, "strata.pool", {"std.unsynchronized"}, 0.22},
        {"  / the best general allocator", ratio,
         {"pool/mixed"}, "strata.pool", general_allocators(), 0.80},
        {"  / Boost", ratio,
         {"pool/mixed"}, "strata.pool", {"boost.unsynchronized"}, 1},
        {"pool, 8..4096, 10^6 live / libstdc++", ratio,
         {"pool/million"}, "strata.pool", {"std.unsynchronized"}, 0.30},
        {"  / the best general allocator", ratio,
         {"pool/million"}, "strata.pool", general_allocators(), 0.65},
        {"  / Boost", ratio,
         {"pool/million"}, "strata.pool", {"boost.unsynchronized"}, 1},
        {"pool, 256 B..64 KiB, 2,000 live / the best general allocator", ratio,
         {"pool/buffers"}, "strata.pool", general_allocators(), 0.9},
        {"  256 B..1 MiB, 500 live", ratio,
         {"pool/large-buffers"}, "strata.pool", general_allocators(), 1},
        {"concurrent pool, both", ratio,
         buffers, "strata.concurrent", general_allocators(), 1},
        {"  each on 2 threads", ratio,
         own_buffers, "strata.concurrent", general_allocators(), 1},
        {"a vector that grows to 10^6 on the pool / general allocators", ratio,
         {"containers/growth"}, "strata.pool", general_allocators(), 1},
        {"one pool ahead of every peer in every column", ratio,
         pools, "strata.pool", pool_peers, 1},
        {"life cycle, k = 1, 10, 100 / Boost's pool", ratio,
         lives, "strata.pool", {"boost.unsynchronized"}, 1},
        {"  arena / Boost's and std's", ratio,
         lives, "strata.arena.release", arena_life_peers, 1},
        {"containers on the pool / every peer", ratio,
         containers, "strata.pool", pool_peers, 1},
        {"containers on the arena / every peer", ratio,
         containers, "strata.arena.buffer", arena_peers, 1},
        {"P0089: arena, winked out / std::allocator", number,
         {"p0089/strata arena, winked out"}, "", {}, 0.40},
        {"P0089: arena", number,
         {"p0089/strata arena"}, "", {}, 0.49},
        {"P0089: pool", number,
         {"p0089/strata pool"}, "", {}, 0.62},
        {"P0089: pool over arena, winked out", number,
         {"p0089/strata pool > arena, winked out"}, "", {}, 0.55},
        {"P0089: pool over arena", number,
         {"p0089/strata pool > arena"}, "", {}, 0.55},
        {"concurrent pool, own blocks, 1 and 2 threads / std", ratio,
         own, "strata.concurrent", {"std.synchronized"}, 0.12},
        {"  / the best of mimalloc, tcmalloc", ratio,
         own, "strata.concurrent", {"mimalloc", "tcmalloc"}, 0.95},
        {"concurrent pool, freed by another thread / mimalloc", ratio,
         freed_elsewhere, "strata.concurrent", {"mimalloc"}, 0.30},
        {"  / tcmalloc", ratio,
         freed_elsewhere, "strata.concurrent", {"tcmalloc"}, 0.85},
        {"concurrent pool, a core of 2 threads / of 1", scaling,
         {"threads/own/1", "threads/own/2"}, "strata.concurrent", {}, 1 / 0.9},
        {"  what sharing nothing reaches on these cores", scaling,
         {"threads/own/1", "threads/own/2"}, "minimal.own_list", {}, 1 / 0.9},
        {"  a core of 16 threads / of 1: no collapse", scaling,
         {"threads/own/1", "threads/own/16"}, "strata.concurrent", {}, 2},
        {"stats over pool, one thread's policy, static: ns more", extra,
         {"stats/pair", "stats/small"}, "stats.static.single", {"strata.pool"}, 1.0},
        {"  dynamic, a pair: ns more", extra,
         {"stats/pair"}, "stats.dynamic.single", {"strata.pool"}, 1.6},
        {"  mixed sizes / the pool alone", ratio,
         {"stats/small"}, "stats.static.single", {"strata.pool"}, 1.15},
        {"  more than the pool / what counters by hand take more", extra_ratio,
         {"stats/pair", "stats/small"}, "stats.static.single", {"stats.by_hand"}, 0.15,
         "strata.pool"},
        {"  instructions of a pair, with those of the pool", number,
         {"instructions/stats.static.single/pair"}, "", {}, 64},
        {"stats over pool, the default: ns more", extra,
         {"stats/pair", "stats/small"}, "stats.static.sharded", {"strata.pool"}, 2.0},
        {"  more than the pool / what counters by hand take more", extra_ratio,
         {"stats/pair", "stats/small"}, "stats.static.sharded", {"stats.by_hand"}, 0.25,
         "strata.pool"},
        {"  instructions of a pair, with those of the pool", number,
         {"instructions/stats.static.sharded/pair"}, "", {}, 89},
        {"stats over concurrent pool, 2 threads / the pool alone", ratio,
         {"stats/own/2"}, "stats.static.sharded", {"strata.concurrent"}, 1.3},
        {"  4 and 16 threads", ratio,
         {"stats/own/4", "stats/own/16"}, "stats.static.sharded", {"strata.concurrent"}, 1.3},
        {"  2 threads: more than the pool / than counters by hand", extra_ratio,
         {"stats/own/2"}, "stats.static.sharded", {"stats.by_hand"}, 0.03, "strata.concurrent"},
        {"a scope of statistics begins and ends: ns", time,
         {"stats/scope"}, "stats.static.sharded", {}, 20},
        {"  one thread's policy: ns", time,
         {"stats/scope"}, "stats.static.single", {}, 20},
        {"bounded_time: instructions of a pair, mixed sizes", number,
         {"instructions/strata.bounded/small"}, "", {}, 200},
        {"bounded_time: resident over live bytes, 8..256", number,
         {"memory/small/strata.bounded/resident"}, "", {}, 1.15},
        {"  8..4096", number,
         {"memory/mixed/strata.bounded/resident"}, "", {}, 1.15},
        {"resident over live bytes, pool, 8..256 / mimalloc", number,
         {"memory/small/strata.pool/resident", "memory/small/mimalloc/resident"}, "", {}, 1.03},
        {"  / std", number,
         {"memory/small/strata.pool/resident",
          "memory/small/std.unsynchronized/resident"}, "", {}, 0.75},
        {"  8..4096 / mimalloc", number,
         {"memory/mixed/strata.pool/resident", "memory/mixed/mimalloc/resident"}, "", {}, 1.03},
        {"  / std", number,
         {"memory/mixed/strata.pool/resident",
          "memory/mixed/std.unsynchronized/resident"}, "", {}, 0.75},
        {"  300,000 live / mimalloc", number,
         {"memory/many/strata.pool/resident", "memory/many/mimalloc/resident"}, "", {}, 1.03},
        {"  / std", number,
         {"memory/many/strata.pool/resident",
          "memory/many/std.unsynchronized/resident"}, "", {}, 0.75},
        {"  300,000 live", number,
         {"memory/many/strata.pool/resident"}, "", {}, 1.15},
    };
    // clang-format on
    return all;
}

struct finding {
    double value = 0;
    std::string where;  // the worst case, if there are several
};

// Whatever there is of it; nothing if there is nothing.
std::optional<finding> look_for(const goal& wanted, const results& all) {
    std::optional<finding> worst;
    const auto take = [&](double value, const std::string& where) {
        if (!worst || value > worst->value) {
            worst = finding{value, where};
        }
    };
    if (wanted.how == kind::number) {
        std::vector<double> values;
        for (const std::string& name : wanted.workloads) {
            const auto found = all.numbers.find(name);
            if (found == all.numbers.end()) {
                return {};
            }
            values.push_back(found->second);
        }
        return finding{values.size() == 2 ? values[0] / values[1] : values[0], ""};
    }
    if (wanted.how == kind::scaling) {
        const measured* const one = all.find(wanted.workloads[0]);
        const measured* const many = all.find(wanted.workloads[1]);
        const row* const first = one == nullptr ? nullptr : one->find(wanted.of);
        const row* const second = many == nullptr ? nullptr : many->find(wanted.of);
        if (first == nullptr || second == nullptr) {
            return {};
        }
        return finding{median(second->rounds) / median(first->rounds), ""};
    }
    for (const std::string& id : wanted.workloads) {
        const measured* const in = all.find(id);
        const row* const of = in == nullptr ? nullptr : in->find(wanted.of);
        if (of == nullptr) {
            continue;
        }
        const std::string name = in->of->id.substr(in->of->id.find('/') + 1);
        if (wanted.how == kind::time) {
            take(median(of->rounds), name);
        }
        for (const std::string& peer : wanted.against) {
            if (const row* const to = in->find(peer); to != nullptr) {
                const row* const less = wanted.less.empty() ? nullptr : in->find(wanted.less);
                const double value =
                    wanted.how == kind::ratio ? ratio(*of, *to).median
                    : less == nullptr         ? difference(*of, *to).median
                    : difference(*of, *less).median / difference(*to, *less).median;
                take(value, name + ", " + peer);
            }
        }
    }
    return worst;
}

}  // namespace

bool goals_need(const std::string& workload) {
    return std::ranges::any_of(goals(),
                               [&](const goal& one) {
                                   return std::ranges::find(one.workloads, workload) !=
                                          one.workloads.end();
                               }) ||
           workload.starts_with("p0089/");
}

void print_goals(const results& all) {
    std::printf(
        "\n== goals: measured here, at most what is wanted, and where the worst case is\n\n");
    std::size_t met = 0;
    std::size_t missed = 0;
    std::size_t unknown = 0;
    for (const goal& one : goals()) {
        const auto found = look_for(one, all);
        const bool good = found && found->value <= one.most;
        ++(!found ? unknown : good ? met : missed);
        std::printf("%s%s%s  %-6s %s\n", padded(one.what, 56).c_str(),
                    padded(found ? three_digits(found->value) : "-", 8, true).c_str(),
                    padded(three_digits(one.most), 8, true).c_str(),
                    !found ? "-"
                    : good ? "met"
                           : "MISSED",
                    found ? found->where.c_str() : "");
    }
    std::printf("\n%zu met, %zu missed, %zu not measured\n", met, missed, unknown);
}

}  // namespace bench
