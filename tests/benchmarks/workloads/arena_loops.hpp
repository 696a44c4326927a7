// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// The loops of the arena workloads, for anything with allocate(bytes, alignment): a memory_resource
// or an arena of a known type, which the compiler may then inline.
#ifndef STRATA_BENCHMARKS_WORKLOADS_ARENA_LOOPS_HPP
#define STRATA_BENCHMARKS_WORKLOADS_ARENA_LOOPS_HPP

#include <array>
#include <functional>

#include "workloads/workloads.hpp"

namespace bench {

constexpr std::size_t batch_blocks = 256;
constexpr std::size_t batches = 16;  // different ones, so that no predictor learns them by heart
constexpr std::size_t million = 1'000'000;

struct request {
    std::uint32_t bytes;
    std::uint32_t alignment;
};

enum class alignments { usual, mixed };

/// The sizes of all batches, 8 to 256 bytes.
[[nodiscard]] inline const std::vector<request>& batch_requests(alignments which) {
    static const auto made = [] {
        std::array<std::vector<request>, 2> both;
        const auto sizes = random_numbers(batch_blocks * batches, 8, 256);
        const auto shifts = random_numbers(batch_blocks * batches, 0, 2);
        for (std::size_t i = 0; i != sizes.size(); ++i) {
            constexpr std::uint32_t choice[] = {8, 16, 64};
            both[0].push_back({sizes[i], usual_alignment});
            both[1].push_back({sizes[i], choice[shifts[i]]});
        }
        return both;
    }();
    return made[which == alignments::usual ? 0 : 1];
}

/// The next batch at each call.
class batch_source {
public:
    explicit batch_source(alignments which) : all_{batch_requests(which).data()} {}
    const request* next() {
        next_ = (next_ + 1) % batches;
        return all_ + next_ * batch_blocks;
    }

private:
    const request* all_;
    std::size_t next_ = 0;
};

template <class Memory>
void take_batch(Memory& from, const request* batch) {
    for (std::size_t i = 0; i != batch_blocks; ++i) {
        touch(from.allocate(batch[i].bytes, batch[i].alignment));
    }
}

template <class Memory, class Reset>
void batches_then_reset(benchmark::State& state, Memory& from, alignments which, Reset reset) {
    batch_source source{which};
    for (std::size_t i = 0; i != 2 * batches; ++i) {
        take_batch(from, source.next());
        reset();
    }
    for (auto _ : state) {
        take_batch(from, source.next());
        reset();
    }
}

template <class Memory>
void take_million(Memory& from) {
    const auto& requests = batch_requests(alignments::usual);
    for (std::size_t i = 0, at = 0; i != million; ++i) {
        touch(from.allocate(requests[at].bytes, usual_alignment));
        at = at + 1 == requests.size() ? 0 : at + 1;
    }
}

/// An arena called on its own type. `reset` gives up all blocks.
struct inline_arena {
    std::string id;
    std::string label;
    std::size_t most_alignment;
    std::function<void(benchmark::State&, alignments)> batches;
    std::function<void(benchmark::State&)> warm_million;
};

/// What makes an `inline_arena` of a type with allocate, reset and a default constructor.
template <class Arena>
[[nodiscard]] inline_arena inline_arena_of(std::string id, std::string label,
                                           std::size_t most_alignment = SIZE_MAX) {
    return {std::move(id), std::move(label), most_alignment,
            [](benchmark::State& state, alignments which) {
                Arena arena;
                batches_then_reset(state, arena, which, [&] { arena.reset(); });
            },
            [](benchmark::State& state) {
                Arena arena;
                for (int i = 0; i != 2; ++i) {  // twice: some take one larger chunk the first time
                    take_million(arena);
                    arena.reset();
                }
                for (auto _ : state) {
                    take_million(arena);
                    arena.reset();
                }
            }};
}

void add_inline_strata(std::vector<inline_arena>& all);
void add_inline_standard(std::vector<inline_arena>& all);
#ifdef BENCH_FOONATHAN
void add_inline_foonathan(std::vector<inline_arena>& all);
#endif
#ifdef BENCH_LLVM
void add_inline_llvm(std::vector<inline_arena>& all);
#endif
#ifdef BENCH_PROTOBUF
void add_inline_protobuf(std::vector<inline_arena>& all);
#endif

}  // namespace bench

#endif
