// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_TRACE_SUMMARY_HPP
#define STRATA_TOOL_TRACE_TRACE_SUMMARY_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tool/trace/event.hpp"
#include "tool/trace/histogram.hpp"
#include "tool/trace/number_map.hpp"
#include "tool/trace/sample_weights.hpp"

namespace strata::tool::trace {

/// Blocks and bytes at one moment.
struct usage {
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;

    usage& operator+=(const usage& more) noexcept {
        blocks += more.blocks;
        bytes += more.bytes;
        return *this;
    }
    usage& operator-=(const usage& less) noexcept {
        blocks -= less.blocks;
        bytes -= less.bytes;
        return *this;
    }
    friend bool operator==(const usage&, const usage&) = default;
};

/// The most that one call of a phase did, and the first call that did it.
struct worst_call {
    std::uint64_t most = 0;
    std::uint64_t number = 1;

    void note(std::uint64_t amount, std::uint64_t call) noexcept {
        if (amount > most) {
            *this = {amount, call};
        }
    }
};

/// What one form, resource or phase allocated.
struct share {
    std::string name;
    usage allocated;
    usage live;               ///< of these: not freed
    std::uint64_t begun = 0;  ///< of a phase: how often, which is the number of its calls
    worst_call blocks = {};   ///< of a phase: that one call allocated
    worst_call bytes = {};    ///< with those by which blocks grew during the call
    std::uint16_t above = 0;  ///< of a resource: the number of the one above it, or 0
};

/// What one call site allocated, see `call_sites`.
struct site_share {
    usage allocated;
    usage at_peak;
    usage live;
};

/// A block that became live, or was freed. A block that changes its size is freed with the old one.
struct live_change {
    bool is_freed = false;
    bool is_resized = false;  ///< the block lived before, or lives on, with another size
    std::uint16_t resource = 0;
    std::uint32_t thread = 0;  ///< that allocated it
    std::uint32_t site = 0;    ///< of its allocation or last reallocation
    std::uint16_t phase = 0;   ///< in which it was allocated: its place in `by_phase`
    std::uint64_t size = 0;    ///< of the block
    std::uint64_t bytes = 0;   ///< for which it stands
    std::uint32_t blocks = 1;  ///< for which it stands
    std::uint64_t microseconds = 0;
    std::uint64_t age = 0;  ///< microseconds since it was allocated
};

/// Sums up the events of a trace.
///
///     trace_summary sums;
///     for (event each; source->next(each);) { sums.add(each); }
///
/// A lifetime is the number of bytes that the program allocated between a block's allocation and
/// its free. Blocks that are live at the end have none, but an age, which is at least as long.
///
/// Of a sample, all figures of blocks and bytes are estimates: each block counts as much as it
/// stands for, see `sample_weights`. A reallocation counts as a free and an allocation then. Events
/// are counted as they are in the trace.
///
/// Overhead: 60 to 130 bytes a live block, and 100 to 200 a call site.
class trace_summary {
public:
    explicit trace_summary(std::uint64_t sample_distance = 0);

    void add(const event& next);
    /// Calls `with` for each change of what is live from now on.
    void observe(std::function<void(const live_change&)> with) { observer_ = std::move(with); }

    std::uint64_t events = 0;
    std::array<std::uint64_t, event_kinds> by_kind{};
    std::uint64_t threads = 0;
    std::uint64_t microseconds = 0;

    usage allocated;            ///< all allocations; the bytes by which blocks grew count as well
    usage live;                 ///< now: at the end, when all events were added
    usage peak;                 ///< when the most bytes were live
    std::uint64_t peak_at = 0;  ///< microseconds
    std::uint64_t peak_event = 0;   ///< the number of events up to it
    std::uint64_t most_blocks = 0;  ///< that were live at any moment

    std::uint64_t refused_bytes = 0;
    std::uint64_t dropped = 0;          ///< events
    std::uint64_t wrong_sizes = 0;      ///< deallocations with another size than the block's
    std::uint64_t not_known = 0;        ///< frees of blocks that the trace does not have
    std::uint64_t freed_elsewhere = 0;  ///< on another thread than their allocation's

    histogram sizes;
    histogram lifetimes;
    /// The ages of what is live now.
    [[nodiscard]] histogram ages() const;

    /// Calls `action` for each block that is live now: with its size, the thread that allocated it,
    /// and what it stands for.
    template <class Action>
    void for_each_live(const Action& action) const {
        for (const auto& [number, in] : resources_) {
            in.blocks.for_each([&](std::uint64_t, const live_block& each) {
                action(each.size, each.thread, stands_for(each));
            });
        }
    }

    [[nodiscard]] const std::array<share, forms>& by_form() const noexcept { return by_form_; }
    /// By number; also those that have a name and did not allocate.
    [[nodiscard]] std::map<std::uint16_t, share> by_resource() const;
    /// By name, in the order in which they began; what comes after many names is one phase.
    [[nodiscard]] const std::vector<share>& by_phase() const noexcept { return by_phase_; }

    /// By call site; 0 is all without one. A block that was reallocated is that of the call site
    /// that did it.
    [[nodiscard]] std::map<std::uint32_t, site_share> by_site() const;

    static constexpr std::size_t most_phases = 1000;

private:
    struct live_block {
        std::uint64_t size = 0;
        std::uint64_t born = 0;     ///< how many bytes were allocated up to and with it
        std::uint64_t born_at = 0;  ///< microseconds
        std::uint32_t thread = 0;
        std::uint32_t site = 0;
        std::uint16_t phase = 0;
        form of_form{};
        std::uint32_t stands_for = 0;  ///< so many blocks
    };
    struct resource_state {
        share sums;
        number_map<live_block> blocks;
    };

    /// Which peak `at_peak` is of: it is what was live before the first change after that peak.
    struct site_state {
        site_share sums;
        std::uint64_t of_peak = 0;
    };

    void begin(const event& next);
    void end(const event& next);
    void change(const event& next);
    void release(const event& next);
    void bury(resource_state& of, std::uint16_t resource, const live_block& block);
    /// Of the change, says what the block tells.
    void tell(live_change change, const live_block& block) const;
    [[nodiscard]] site_share& site_of(std::uint32_t site);
    void grow_by(std::uint64_t bytes, std::uint64_t at);
    void count_in_call(const usage& made);
    [[nodiscard]] usage stands_for(const live_block& block) const noexcept {
        return {block.stands_for, weights_.bytes(block.size)};
    }
    void enter_phase(std::string_view name);
    [[nodiscard]] resource_state& of(std::uint16_t resource) { return resources_[resource]; }

    sample_weights weights_;
    number_map<bool> threads_seen_;
    number_map<site_state> sites_;
    std::uint64_t peaks_ = 0;  ///< how often there was a new one
    std::map<std::uint16_t, resource_state> resources_;
    std::array<share, forms> by_form_;
    std::vector<share> by_phase_;
    std::map<std::string, std::uint16_t, std::less<>> phases_;
    std::uint16_t phase_ = 0;
    usage call_;  ///< what was allocated since the phase began
    std::function<void(const live_change&)> observer_;
};

}  // namespace strata::tool::trace

#endif
