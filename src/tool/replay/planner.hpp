// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_PLANNER_HPP
#define STRATA_TOOL_REPLAY_PLANNER_HPP

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include "tool/replay/plan.hpp"
#include "tool/trace/event.hpp"
#include "tool/trace/number_map.hpp"

namespace strata::tool::replay {

/// A plan, in a temporary file without a name, and what it has.
struct plan {
    struct closer {
        void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
    };
    std::unique_ptr<std::FILE, closer> file;
    plan_head head{};
    std::uint64_t steps = 0;        ///< without those that wait
    std::uint64_t allocations = 0;  ///< reallocations too
    std::uint64_t waits = 0;
    std::uint64_t beside = 0;     ///< steps of all but the busiest thread of each window
    std::uint64_t left_out = 0;   ///< events that a replay cannot repeat
    bool is_of_resources = true;  ///< no event is of the malloc family or of operator new

    /// How many threads make calls at the same time, on the average.
    [[nodiscard]] double threads_at_once() const;
};

/// Whose thread does what.
enum class threads_as {
    recorded,
    one  ///< one thread does everything, in the recorded order
};

/// Makes a plan of the events of a trace.
///
///     planner makes;
///     for (trace::event each; source->next(each);) { makes.add(each); }
///     const plan made = makes.finish();
///
/// Only live blocks are freed, whatever the trace says. Where a recorded resource draws from
/// another one, the upper one alone is played: that is what the program asked for.
///
/// Overhead: 60 bytes a live block; in the file, 16 to 32 bytes an event.
/// Errors: `failure`, if the file cannot be written.
class planner {
public:
    explicit planner(threads_as threads = threads_as::recorded);

    void add(const trace::event& next);
    [[nodiscard]] plan finish();

private:
    struct live_block {
        std::uint64_t size = 0;
        slot_number slot = 0;
        std::uint32_t window = 0;   ///< of its last step,
        std::uint32_t section = 0;  ///< with the section and the number of that step
        std::uint32_t step = 0;
        std::uint16_t resource = 0;
    };
    struct open_section {
        std::uint32_t thread = 0;
        std::uint32_t recorded = 0;  ///< the number of the thread in the trace
        bool is_last = false;
        std::vector<step> steps;
        std::vector<std::uint32_t> seen;  ///< of each section: so many of its steps were waited for
        std::vector<slot_number> freed;   ///< by this thread, so it may use them at once
    };

    void allocate(const trace::event& next);
    void deallocate(const trace::event& next);
    void reallocate(const trace::event& next);
    void release(std::uint16_t resource, std::uint32_t thread);
    void end_of(std::uint32_t thread);
    /// Also counts what cannot be played.
    [[nodiscard]] bool is_played(const trace::event& next);
    /// Of a block that is live.
    void free_block(std::uint64_t number, std::uint32_t thread);

    [[nodiscard]] bool is_below_another(std::uint16_t resource) const;
    [[nodiscard]] std::uint32_t section_of(std::uint32_t thread);
    [[nodiscard]] std::uint32_t number_of(std::uint32_t recorded);
    [[nodiscard]] slot_number take_slot(open_section& in);
    void await(std::uint32_t in, const live_block& block);
    /// Also notes in the block that this is its last step.
    void append(std::uint32_t to, live_block& block, const step& next);
    void change_live(std::uint64_t before, std::uint64_t now);
    void close_window();
    void write(const void* from, std::size_t bytes);

    threads_as threads_as_;
    plan made_;
    trace::number_map<live_block> blocks_;
    trace::number_map<std::uint32_t> threads_;  ///< by their numbers in the trace
    std::vector<std::uint32_t> free_threads_;   ///< of threads that have ended
    std::map<std::uint16_t, std::uint16_t> above_;
    std::vector<open_section> sections_;  ///< the first `open_` are in use
    std::uint32_t open_ = 0;
    std::uint32_t steps_ = 0;  ///< of this window
    std::vector<slot_number> free_slots_;
    std::uint64_t live_bytes_ = 0;
};

}  // namespace strata::tool::replay

#endif
