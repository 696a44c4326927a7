// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What callgrind counts instructions of: each path of each contender, and each path with no
// allocator in it, which is the loop that is to be subtracted. instructions.py runs it and adds up.
#include <array>
#include <cstdio>
#include <string>

#include <valgrind/callgrind.h>

#include "contenders/contender.hpp"
#include "contenders/lean.hpp"
#include "contenders/strata_parts.hpp"
#include "workloads/arena_loops.hpp"
#include "workloads/pool_loops.hpp"

namespace {

using namespace bench;

constexpr std::size_t count = 4096;

// No allocator at all: what is left of a path is its loop.
struct nothing {
    void* allocate(std::size_t bytes, std::size_t alignment) {
        asm volatile("" : : "r"(bytes), "r"(alignment));
        return hidden(scratch.data());
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment) {
        asm volatile("" : : "r"(block), "r"(bytes), "r"(alignment) : "memory");
    }
    void reset() {}

    std::array<std::byte, 64> scratch;
};

// Runs a path as a warm-up, then counted. A line of the name and of how many operations it had goes
// with it.
template <class Path>
void count_one(const std::string& name, Path path) {
    const std::string said = name + " " + std::to_string(count);
    path();
    path();
    CALLGRIND_ZERO_STATS;
    path();
    CALLGRIND_DUMP_STATS_AT(said.c_str());
}

template <class Memory, class Reset>
void count_arena(const std::string& id, Memory& from, Reset reset) {
    for (const alignments which : {alignments::usual, alignments::mixed}) {
        const bool usual = which == alignments::usual;
        count_one(id + (usual ? "/batch" : "/aligned"), [&] {
            batch_source source{which};
            for (std::size_t i = 0; i != count / batch_blocks; ++i) {
                take_batch(from, source.next());
                reset();
            }
        });
    }
}

template <class Memory>
void count_pool(const std::string& id, Memory& from) {
    count_one(id + "/pair", [&] {
        for (std::size_t i = 0; i != count; ++i) {
            void* const block = from.allocate(node, usual_alignment);
            touch(block);
            from.deallocate(block, node, usual_alignment);
        }
    });
    static const churn plan = churn_of(1000, count, 256);
    static std::array<void*, 1000> blocks;
    static std::array<std::size_t, 1000> sizes;
    for (std::size_t i = 0; i != blocks.size(); ++i) {
        sizes[i] = plan.first_sizes[i];
        blocks[i] = from.allocate(sizes[i], usual_alignment);
    }
    count_one(id + "/small", [&] {
        for (const change& next : plan.changes) {
            from.deallocate(blocks[next.slot], sizes[next.slot], usual_alignment);
            sizes[next.slot] = next.bytes;
            void* const block = from.allocate(next.bytes, usual_alignment);
            touch(block);
            blocks[next.slot] = block;
        }
    });
    for (std::size_t i = 0; i != blocks.size(); ++i) {
        from.deallocate(blocks[i], sizes[i], usual_alignment);
    }
}

void count_contender(const contender& one) {
    const auto made = one.make(nullptr);
    memory* const from = hidden(made->get());
    if (one.kind == shape::arena || one.kind == shape::minimal) {
        if (one.most_alignment >= 64) {
            count_arena(one.id, *from, [&] { made->reset(); });
        }
    }
    if (one.kind != shape::arena && one.largest_block >= 256) {
        count_pool(one.id, *from);
    }
}

}  // namespace

int main(int /*argc*/, char** argv) {
    restart_with_room_for_libraries(argv);
    const field& all = the_field();
    CALLGRIND_START_INSTRUMENTATION;
    nothing none{};
    count_arena("loop", none, [] {});
    count_pool("loop", none);
    {
        lean_bump bump{std::size_t{1} << 20};
        count_arena("inline.bump", bump, [&] { bump.reset(); });
        lean_lists lists;
        count_pool("inline.list", lists);
        strata::arena_resource arena;
        count_arena("inline.strata", arena, [&] { arena.reset(); });
        strata::pool_resource pool;
        count_pool("inline.pool", pool);
    }
    for (const contender& one : all.contenders()) {
        count_contender(one);
    }
    for (const contender& one : counted_pools()) {
        count_contender(one);
    }
    CALLGRIND_STOP_INSTRUMENTATION;
}
