// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_ADVISE_HABITS_HPP
#define STRATA_TOOL_ADVISE_HABITS_HPP

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "tool/advise/common_size.hpp"
#include "tool/trace/event.hpp"
#include "tool/trace/number_map.hpp"

namespace strata::tool::advise {

/// What one call site does with its blocks.
struct site_habits {
    std::uint64_t blocks = 0;
    std::uint64_t freed_elsewhere = 0;  ///< blocks, on another thread
    common_size size;

    /// Blocks that replaced a smaller one from the same call site again and again, as the memory of
    /// a vector that grows does, or that were reallocated.
    std::uint64_t grown = 0;
    std::uint64_t copies = 0;         ///< into these, in all
    std::uint64_t copied_bytes = 0;   ///< at least
    std::uint64_t reallocations = 0;  ///< of these; whether they copied is not known
    std::uint64_t largest_grown = 0;  ///< bytes

    /// Blocks that are live at the end, by the quarter of all allocated bytes that they are from.
    std::array<std::uint64_t, 4> left{};
    std::uint64_t left_bytes = 0;
};

/// Blocks that one thread allocated close together, and freed in one go.
struct deaths_together {
    std::uint64_t groups = 0;
    std::uint64_t blocks = 0;
    std::uint64_t largest = 0;  ///< bytes of a group
};

/// What the call sites of a trace do, as far as it could be done better.
///
///     habits seen;
///     for (event each; source->next(each);) { seen.add(each); }
///     seen.finish();
///
/// Overhead: about 90 bytes a live block.
class habits {
public:
    void add(const trace::event& next);
    void finish();

    [[nodiscard]] const std::map<std::uint32_t, site_habits>& by_site() const { return sites_; }
    /// By the call sites of a group, sorted: the first of them, if they are many.
    [[nodiscard]] const std::map<std::vector<std::uint32_t>, deaths_together>& groups() const {
        return groups_;
    }
    [[nodiscard]] std::uint64_t allocations() const { return allocations_; }
    [[nodiscard]] std::uint64_t frees() const { return frees_; }

private:
    struct live_block {
        std::uint64_t size = 0;
        std::uint64_t born = 0;     ///< bytes that were allocated before
        std::uint64_t ordinal = 0;  ///< among the allocations of its thread
        std::uint64_t copied = 0;   ///< bytes, into it and those that it replaced
        std::uint32_t copies = 0;
        std::uint32_t reallocations = 0;
        std::uint32_t thread = 0;
        std::uint32_t site = 0;
        std::uint16_t resource = 0;
    };
    /// Frees of a thread with no allocation between.
    struct run_of_frees {
        std::uint64_t blocks = 0;
        std::uint64_t bytes = 0;
        std::uint64_t first = 0;  ///< the ordinals of the oldest block and of the newest
        std::uint64_t last = 0;
        std::vector<std::uint32_t> sites;  ///< the first of them, if they are many
    };
    struct thread_state {
        std::uint64_t allocations = 0;
        std::uint64_t last = 0;       ///< the block that it allocated last,
        bool last_is_a_copy = false;  ///< into which another one was copied
        run_of_frees freed;           ///< since then, of its own blocks
    };

    void allocate(const trace::event& next);
    void deallocate(const trace::event& next);
    void reallocate(const trace::event& next);
    void release(std::uint16_t resource);
    [[nodiscard]] bool is_replaced(const live_block& old, thread_state& by);
    void bury(const live_block& block);
    static void add(run_of_frees& to, const live_block& block);
    void end_of_frees(thread_state& of);

    trace::number_map<live_block> blocks_;
    std::map<std::uint32_t, thread_state> threads_;
    std::map<std::uint32_t, site_habits> sites_;
    std::map<std::vector<std::uint32_t>, deaths_together> groups_;
    std::uint64_t allocations_ = 0;
    std::uint64_t frees_ = 0;
    std::uint64_t allocated_bytes_ = 0;
};

}  // namespace strata::tool::advise

#endif
