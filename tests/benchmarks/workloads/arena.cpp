// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/arena_loops.hpp"

namespace bench {
namespace {

// What frees nothing one by one, and the heaps and pools, which must.
bool frees_one_by_one(const contender& one) {
    return one.kind == shape::heap || one.kind == shape::pool;
}

entry batches_of(const contender& one, alignments which) {
    if (!frees_one_by_one(one)) {
        return entry_for(one, [which](benchmark::State& state, instance& made, memory* from) {
            batches_then_reset(state, *from, which, [&] { made.reset(); });
        });
    }
    return entry_for(one, [which](benchmark::State& state, instance&, memory* from) {
        batch_source source{which};
        std::array<void*, batch_blocks> blocks{};
        const auto batch = [&] {
            const request* const wanted = source.next();
            for (std::size_t i = 0; i != batch_blocks; ++i) {
                blocks[i] = from->allocate(wanted[i].bytes, wanted[i].alignment);
                touch(blocks[i]);
            }
            for (std::size_t i = 0; i != batch_blocks; ++i) {
                from->deallocate(blocks[i], wanted[i].bytes, wanted[i].alignment);
            }
        };
        for (std::size_t i = 0; i != 2 * batches; ++i) {
            batch();
        }
        for (auto _ : state) {
            batch();
        }
    });
}

entry million_cold(const contender& one) {
    return {one.id, one.label, [make = one.make](benchmark::State& state) {
                for (auto _ : state) {
                    auto made = make(nullptr);
                    take_million(*hidden(made->get()));
                    state.PauseTiming();  // for the destructor
                    made.reset();
                    state.ResumeTiming();
                }
            }};
}

entry million_warm(const contender& one) {
    return entry_for(one, [](benchmark::State& state, instance& made, memory* from) {
        for (int i = 0; i != 2; ++i) {
            take_million(*from);
            made.reset();
        }
        for (auto _ : state) {
            take_million(*from);
            made.reset();
        }
    });
}

bool is_over_a_buffer(const contender& one) {
    return one.id.ends_with(".buffer");
}

}  // namespace

void add_arena_workloads(std::vector<workload>& all) {
    workload plain{.id = "arena/batch",
                   .group = "arena",
                   .column = "batch",
                   .text = "256 blocks of 8 to 256 B, each written to, then reset or release; what "
                           "is no arena frees them one by one. An operation is an allocation",
                   .baseline = "std.monotonic.buffer",
                   .operations = batch_blocks,
                   .entries = {}};
    workload aligned{.id = "arena/aligned",
                     .group = "arena",
                     .column = "aligned",
                     .text = "the same with alignments of 8, 16 and 64",
                     .baseline = "std.monotonic.buffer",
                     .operations = batch_blocks,
                     .entries = {}};
    workload cold{.id = "arena/cold",
                  .group = "arena",
                  .column = "10^6 cold",
                  .text = "10^6 blocks of 8 to 256 B, each written to, from a resource just made; "
                          "making it is measured, its end is not",
                  .baseline = "std.monotonic.release",
                  .operations = million,
                  .long_running = true,
                  .entries = {}};
    workload warm{.id = "arena/warm",
                  .group = "arena",
                  .column = "10^6 warm",
                  .text = "the same, then reset or release, again and again on one resource",
                  .baseline = "std.monotonic.release",
                  .operations = million,
                  .long_running = true,
                  .entries = {}};
    for (const contender& one : the_field().contenders()) {
        const bool alike = one.kind == shape::pool || one.id.ends_with("new_delete") ||
                           one.id == "strata.heap";  // said by others already
        if (alike) {
            continue;
        }
        plain.entries.push_back(batches_of(one, alignments::usual));
        if (one.most_alignment >= 64) {
            aligned.entries.push_back(batches_of(one, alignments::mixed));
        }
        if (!frees_one_by_one(one) && !is_over_a_buffer(one)) {
            cold.entries.push_back(million_cold(one));
            warm.entries.push_back(million_warm(one));
        }
    }
    for (workload* one : {&plain, &aligned, &cold, &warm}) {
        all.push_back(std::move(*one));
    }
}

void add_inline_arena_workloads(std::vector<workload>& all) {
    std::vector<inline_arena> arenas;
    add_inline_strata(arenas);
    add_inline_standard(arenas);
#ifdef BENCH_FOONATHAN
    add_inline_foonathan(arenas);
#endif
#ifdef BENCH_LLVM
    add_inline_llvm(arenas);
#endif
#ifdef BENCH_PROTOBUF
    add_inline_protobuf(arenas);
#endif
    const std::string baseline = "inline.std";
    workload plain{.id = "inline/batch",
                   .group = "arena called on its own type",
                   .column = "batch",
                   .text = "as arena/batch, called on the concrete type, which may be inlined",
                   .baseline = baseline,
                   .operations = batch_blocks,
                   .entries = {}};
    workload aligned{.id = "inline/aligned",
                     .group = plain.group,
                     .column = "aligned",
                     .text = "as arena/aligned, called on the concrete type",
                     .baseline = baseline,
                     .operations = batch_blocks,
                     .entries = {}};
    workload warm{.id = "inline/warm",
                  .group = plain.group,
                  .column = "10^6 warm",
                  .text = "as arena/warm, called on the concrete type",
                  .baseline = baseline,
                  .operations = million,
                  .long_running = true,
                  .entries = {}};
    for (const inline_arena& one : arenas) {
        plain.entries.push_back({one.id, one.label, [run = one.batches](benchmark::State& state) {
                                     run(state, alignments::usual);
                                 }});
        if (one.most_alignment >= 64) {
            aligned.entries.push_back(
                {one.id, one.label,
                 [run = one.batches](benchmark::State& state) { run(state, alignments::mixed); }});
        }
        warm.entries.push_back({one.id, one.label, one.warm_million});
    }
    for (workload* one : {&plain, &aligned, &warm}) {
        all.push_back(std::move(*one));
    }
}

}  // namespace bench
