// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXPORT_LIVE_BLOCKS_HPP
#define STRATA_TOOL_EXPORT_LIVE_BLOCKS_HPP

#include <cstdint>
#include <map>
#include <optional>

#include "tool/trace/event.hpp"
#include "tool/trace/number_map.hpp"
#include "tool/trace/sample_weights.hpp"

namespace strata::tool::exporting {

/// A block that is live. Of a sample, blocks and bytes are those that it stands for.
struct live_block {
    std::uint64_t bytes = 0;
    std::uint64_t born = 0;  ///< microseconds
    std::uint32_t blocks = 0;
    std::uint32_t site = 0;
    std::uint32_t thread = 0;  ///< that allocated it
    std::uint16_t resource = 0;
};

/// Follows which blocks are live, as `trace_summary` does, and tells it block by block.
///
/// Overhead: 50 to 100 bytes a live block.
class live_blocks {
public:
    explicit live_blocks(std::uint64_t sample_distance) : weights_{sample_distance} {}

    /// Calls `on.begin(block)`, `on.change(before, after)` and `on.end(block)`.
    template <class Listener>
    void add(const trace::event& next, Listener& on) {
        using enum trace::event_kind;
        trace::number_map<live_block>& in = by_resource_[next.resource];
        switch (next.kind) {
            case allocate:
                return begin(next, in, on);
            case deallocate:
            case missed:
                if (const std::optional<live_block> block = in.take(next.block)) {
                    on.end(*block);
                }
                return;
            case reallocate:
                return change(next, in, on);
            case release:
                in.for_each([&](std::uint64_t, const live_block& each) { on.end(each); });
                return in.clear();
            default:
                return;
        }
    }

    /// Ends all that is live.
    template <class Listener>
    void end_all(Listener& on) {
        for (auto& [number, in] : by_resource_) {
            in.for_each([&](std::uint64_t, const live_block& each) { on.end(each); });
            in.clear();
        }
    }

private:
    using blocks = trace::number_map<live_block>;

    template <class Listener>
    void begin(const trace::event& next, blocks& in, Listener& on) {
        const live_block block{.bytes = weights_.bytes(next.size),
                               .born = next.microseconds,
                               .blocks = weights_.next_blocks(next.size),
                               .site = next.site,
                               .thread = next.thread,
                               .resource = next.resource};
        in.put(next.block, block);
        on.begin(block);
    }

    template <class Listener>
    void change(const trace::event& next, blocks& in, Listener& on) {
        live_block* const block = in.find(next.block);
        if (block == nullptr) {
            return;
        }
        const live_block before = *block;
        if (weights_.is_of_sample()) {
            on.end(before);
            return begin(next, in, on);
        }
        block->bytes = next.size;
        block->site = next.site == 0 ? before.site : next.site;
        on.change(before, *block);
    }

    trace::sample_weights weights_;
    std::map<std::uint16_t, blocks> by_resource_;
};

}  // namespace strata::tool::exporting

#endif
