// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/workloads.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace bench {
namespace {

void keep(const void* result) {
    asm volatile("" : : "g"(result) : "memory");
}

constexpr std::size_t texts = 1000;
constexpr std::size_t changes = 10'000;
constexpr std::size_t waiting = 300;
constexpr std::size_t elements = 1'000'000;

struct numbers {
    std::vector<std::uint32_t> lengths = random_numbers(texts, 20, 80);
    std::vector<std::uint32_t> keys = random_numbers(changes, 0, 1999);
};

void strings(memory* from, const numbers& drawn) {
    std::pmr::vector<std::pmr::string> lines{from};
    for (const std::uint32_t length : drawn.lengths) {
        lines.emplace_back(length, 'x');
    }
    keep(&lines);
}

template <class Map>
void churn(memory* from, const numbers& drawn) {
    Map map{from};
    for (const std::uint32_t key : drawn.keys) {
        if (const auto found = map.find(key); found != map.end()) {
            map.erase(found);
        } else {
            map.emplace(key, key);
        }
    }
    keep(&map);
}

void queue(memory* from, const numbers& /*drawn*/) {
    std::pmr::list<std::size_t> queued{from};
    for (std::size_t i = 0; i != changes; ++i) {
        queued.push_back(i);
        if (queued.size() > waiting) {
            queued.pop_front();
        }
    }
    keep(&queued);
}

void growth(memory* from, const numbers& /*drawn*/) {
    std::pmr::vector<std::uint32_t> grown{from};
    for (std::uint32_t i = 0; i != elements; ++i) {
        grown.push_back(i);
    }
    keep(&grown);
}

workload on_all(const char* id, const char* column, const char* text, std::size_t operations,
                void (*job)(memory*, const numbers&)) {
    static const numbers drawn;
    workload made{.id = id,
                  .group = "containers",
                  .column = column,
                  .text = text,
                  .baseline = "std.unsynchronized",
                  .operations = static_cast<double>(operations),
                  .entries = {}};
    for (const contender& one : the_field().contenders()) {
        const bool odd = one.id == "minimal.call" || one.id == "foonathan.pool" ||
                         one.id == "strata.synchronized" || one.id == "minimal.own_list" ||
                         one.id == "boost.new_delete";
        if (odd) {
            continue;
        }
        made.entries.push_back(
            entry_for(one, [job](benchmark::State& state, instance& resource, memory* from) {
                const auto once = [&] {
                    job(from, drawn);
                    resource.reset();
                };
                for (int i = 0; i != 3; ++i) {
                    once();
                }
                for (auto _ : state) {
                    once();
                }
            }));
    }
    return made;
}

}  // namespace

void add_container_workloads(std::vector<workload>& all) {
    using tree = std::pmr::map<std::uint32_t, std::uint64_t>;
    using table = std::pmr::unordered_map<std::uint32_t, std::uint64_t>;
    all.push_back(on_all("containers/strings", "strings",
                         "a vector filled with 1,000 strings of 20 to 80 characters, then "
                         "destroyed; arenas are then reset, in all container workloads. An "
                         "operation is a string",
                         texts, strings));
    all.push_back(on_all("containers/unordered", "unordered",
                         "an unordered_map with some 1,000 live elements, into which 10,000 keys "
                         "drawn at random go, or out if they are there. An operation is a key",
                         changes, churn<table>));
    all.push_back(on_all("containers/map", "map", "the same with a map", changes, churn<tree>));
    all.push_back(on_all("containers/list", "list",
                         "a list of 300 nodes as a queue, through which 10,000 elements go. An "
                         "operation is an element",
                         changes, queue));
    all.push_back(on_all("containers/growth", "growth",
                         "a vector that grows to 1,000,000 numbers by push_back. An operation is a "
                         "number",
                         elements, growth));
}

}  // namespace bench
