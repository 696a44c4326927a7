// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/placement.hpp"

#include <algorithm>
#include <functional>
#include <new>
#include <optional>
#include <utility>

#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

namespace strata::tool::report {

/// Remembers what it served.
class placer::chunk_source final : public std::pmr::memory_resource {
public:
    struct chunk {
        std::size_t number = 0;
        std::size_t bytes = 0;
    };

    [[nodiscard]] const std::map<std::uintptr_t, chunk>& chunks() const noexcept { return chunks_; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        // A large alignment may take as much again.
        if (bytes + alignment > most_bytes - taken_) {
            throw std::bad_alloc{};
        }
        void* const at = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        chunks_[reinterpret_cast<std::uintptr_t>(at)] = {++numbered_, bytes};
        taken_ += bytes + alignment;
        return at;
    }
    void do_deallocate(void* at, std::size_t bytes, std::size_t alignment) override {
        chunks_.erase(reinterpret_cast<std::uintptr_t>(at));
        taken_ -= bytes + alignment;
        std::pmr::new_delete_resource()->deallocate(at, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::map<std::uintptr_t, chunk> chunks_;
    std::size_t numbered_ = 0;
    std::uint64_t taken_ = 0;
};

placer::placer(std::string name)
    : name_{std::move(name)},
      upstream_{std::make_unique<chunk_source>()} {}

placer::~placer() = default;

std::unique_ptr<placer> placer::of_pool() {
    std::unique_ptr<placer> made{new placer{"pool"}};
    made->resource_ = std::make_unique<pool_resource>(pool{}, made->upstream_.get());
    return made;
}

std::unique_ptr<placer> placer::of_arena() {
    std::unique_ptr<placer> made{new placer{"arena"}};
    made->resource_ = std::make_unique<arena_resource>(arena{}, made->upstream_.get());
    return made;
}

void placer::add(const trace::event& next) {
    if (is_full_) {
        return;
    }
    blocks_of_resource& in = blocks_[next.resource];
    switch (next.kind) {
        case trace::event_kind::allocate:
            return place(next, in);
        case trace::event_kind::reallocate:
            if (const auto old = in.take(next.block)) {
                place(next, in);
                free(*old);
            }
            return;
        case trace::event_kind::deallocate:
        case trace::event_kind::missed:
            if (const auto old = in.take(next.block)) {
                free(*old);
            }
            return;
        case trace::event_kind::release:
            in.for_each([&](std::uint64_t, const placed_block& each) { free(each); });
            in.clear();
            return;
        default:
            return;
    }
}

void placer::place(const trace::event& next, blocks_of_resource& in) {
    // A trace may have any exponent.
    const std::uint64_t alignment = std::uint64_t{1} << std::min<int>(next.alignment_exponent, 20);
    try {
        in.put(next.block, {resource_->allocate(next.size, alignment), next.size, alignment});
    } catch (const std::bad_alloc&) {
        is_full_ = true;
    }
}

void placer::free(const placed_block& block) {
    resource_->deallocate(block.at, block.bytes, block.alignment);
}

std::map<std::uintptr_t, placed_chunk> placer::filled_chunks() const {
    std::map<std::uintptr_t, placed_chunk> all;
    for (const auto& [at, chunk] : upstream_->chunks()) {
        all[at] = {.number = chunk.number, .bytes = chunk.bytes, .live = 0, .live_in = {}};
    }
    const auto fill = [&](std::uint64_t, const placed_block& block) {
        const auto begin = reinterpret_cast<std::uintptr_t>(block.at);
        const auto after = all.upper_bound(begin);
        if (after == all.begin()) {
            return;
        }
        auto& [at, chunk] = *std::prev(after);
        chunk.live += block.bytes;
        const std::uint64_t part = (chunk.bytes + placed_chunk::parts - 1) / placed_chunk::parts;
        std::uint64_t from = begin - at;
        const std::uint64_t to = std::min(from + block.bytes, chunk.bytes);
        while (from < to) {
            const std::uint64_t end = std::min(to, (from / part + 1) * part);
            chunk.live_in[from / part] += end - from;
            from = end;
        }
    };
    for (const auto& [resource, blocks] : blocks_) {
        blocks.for_each(fill);
    }
    return all;
}

placement placer::now() const {
    placement all{.resource = name_, .is_complete = !is_full_, .chunks = {}};
    for (const auto& [resource, blocks] : blocks_) {
        all.blocks += blocks.size();
    }
    for (auto& [at, chunk] : filled_chunks()) {
        all.taken += chunk.bytes;
        all.live += chunk.live;
        all.chunks.push_back(chunk);
    }
    all.chunks_in_all = all.chunks.size();
    if (all.chunks.size() > most_chunks) {
        std::ranges::stable_sort(all.chunks, std::greater{}, [](const placed_chunk& each) {
            return each.bytes - std::min(each.live, each.bytes);
        });
        all.chunks.resize(most_chunks);
    }
    std::ranges::sort(all.chunks, {}, &placed_chunk::number);
    return all;
}

}  // namespace strata::tool::report
