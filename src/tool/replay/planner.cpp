// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/planner.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "tool/failure.hpp"

namespace strata::tool::replay {
namespace {

[[noreturn]] void cannot_write() {
    throw failure{std::string{"the plan of the replay, a temporary file: cannot be written: "} +
                  std::strerror(errno)};
}

manner manner_of(trace::form of, bool is_aligned) {
    return is_aligned                  ? manner::aligned
           : of == trace::form::calloc ? manner::zeroed
                                       : manner::plain;
}

constexpr std::uint32_t enough_steps = 16384;  // for a window
constexpr unsigned usual_exponent = 4;         // what malloc gives without being asked

}  // namespace

double plan::threads_at_once() const {
    const std::uint64_t of_the_busiest =
        std::max<std::uint64_t>(steps - std::min(beside, steps), 1);
    return static_cast<double>(std::max<std::uint64_t>(steps, 1)) /
           static_cast<double>(of_the_busiest);
}

planner::planner(threads_as threads) : threads_as_{threads} {
    made_.file.reset(std::tmpfile());
    if (made_.file == nullptr) {
        cannot_write();
    }
    (void)fcntl(fileno(made_.file.get()), F_SETFD, FD_CLOEXEC);  // but for the driver
    write(&made_.head, sizeof made_.head);                       // filled in at the end
}

void planner::add(const trace::event& next) {
    using enum trace::event_kind;
    switch (next.kind) {
        case resource:
            above_[next.resource] = static_cast<std::uint16_t>(next.size);
            return;
        case allocate:
        case deallocate:
        case missed:
        case reallocate:
        case release:
            break;
        case thread_end:
            return end_of(next.thread);
        case refused:
        case dropped:
        case unknown:
            made_.left_out += next.kind == dropped ? next.size : 1;
            return;
        case thread_begin:
        case phase:
            return;
    }
    if (next.kind == allocate && is_below_another(next.resource)) {
        return;
    }
    made_.is_of_resources = made_.is_of_resources &&
                            (next.kind != allocate || next.of_form == trace::form::memory_resource);
    switch (next.kind) {
        case allocate:
            return this->allocate(next);
        case reallocate:
            return this->reallocate(next);
        case release:
            return this->release(next.resource, next.thread);
        default:
            return this->deallocate(next);
    }
}

plan planner::finish() {
    close_window();
    std::rewind(made_.file.get());
    write(&made_.head, sizeof made_.head);
    if (std::fflush(made_.file.get()) != 0) {
        cannot_write();
    }
    return std::move(made_);
}

// --- events -------------------------------------------------------------------------------------

void planner::allocate(const trace::event& next) {
    const std::uint32_t in = section_of(next.thread);
    live_block block{.size = next.size,
                     .slot = take_slot(sections_[in]),
                     .window = 0,
                     .section = 0,
                     .step = 0,
                     .resource = next.resource};
    const bool is_aligned =
        next.alignment_exponent > usual_exponent || next.of_form == trace::form::aligned;
    append(in, block,
           {.size = next.size,
            .alignment_exponent = next.alignment_exponent,
            .slot = block.slot,
            .what = action::allocate,
            .how = manner_of(next.of_form, is_aligned)});
    blocks_.put(next.block, block);
    ++made_.allocations;
    change_live(0, next.size);
}

void planner::deallocate(const trace::event& next) {
    if (is_played(next)) {
        free_block(next.block, next.thread);
    }
}

// Blocks of a lower resource are not there.
bool planner::is_played(const trace::event& next) {
    const bool is_there = blocks_.find(next.block) != nullptr;
    made_.left_out += !is_there && !is_below_another(next.resource) ? 1 : 0;
    return is_there;
}

void planner::free_block(std::uint64_t number, std::uint32_t thread) {
    const std::uint32_t in = section_of(thread);
    std::optional<live_block> block = blocks_.take(number);
    await(in, *block);
    append(in, *block, {.size = 0, .slot = block->slot, .what = action::deallocate});
    sections_[in].freed.push_back(block->slot);
    change_live(block->size, 0);
}

void planner::reallocate(const trace::event& next) {
    if (!is_played(next)) {
        return;
    }
    const std::uint32_t in = section_of(next.thread);
    live_block* const block = blocks_.find(next.block);
    await(in, *block);
    append(in, *block, {.size = next.size, .slot = block->slot, .what = action::reallocate});
    ++made_.allocations;
    change_live(std::exchange(block->size, next.size), next.size);
}

// In the order of allocation, so that the same trace makes the same plan.
void planner::release(std::uint16_t resource, std::uint32_t thread) {
    std::vector<std::uint64_t> numbers;
    blocks_.for_each([&](std::uint64_t number, const live_block& each) {
        if (each.resource == resource) {
            numbers.push_back(number);
        }
    });
    std::ranges::sort(numbers);
    for (const std::uint64_t each : numbers) {
        free_block(each, thread);
    }
}

void planner::end_of(std::uint32_t thread) {
    if (threads_as_ == threads_as::recorded && threads_.find(thread) != nullptr) {
        sections_[section_of(thread)].is_last = true;
    }
}

bool planner::is_below_another(std::uint16_t resource) const {
    const auto found = above_.find(resource);
    return found != above_.end() && found->second != 0;
}

// --- windows ------------------------------------------------------------------------------------

// A thread that is new begins a window: what was before it may be what it was made from.
std::uint32_t planner::section_of(std::uint32_t thread) {
    const std::uint32_t recorded = threads_as_ == threads_as::one ? 0 : thread;
    if (steps_ >= enough_steps) {
        close_window();
    }
    const std::uint32_t number = number_of(recorded);
    const auto open = std::span{sections_}.first(open_);
    const auto found = std::ranges::find(open, number, &open_section::thread);
    if (found != open.end() && found->is_last) {
        close_window();
        return section_of(thread);  // goes on as a new thread: its number was used again
    }
    if (found != open.end()) {
        return static_cast<std::uint32_t>(found - open.begin());
    }
    if (open_ == sections_.size()) {
        sections_.emplace_back();
    }
    sections_[open_].thread = number;
    sections_[open_].recorded = recorded;
    return open_++;
}

// A thread that has ended gives its number to the next one: but not the first, which plays on the
// thread that all begins with.
std::uint32_t planner::number_of(std::uint32_t recorded) {
    if (const std::uint32_t* const known = threads_.find(recorded)) {
        return *known;
    }
    close_window();
    std::uint32_t number = static_cast<std::uint32_t>(made_.head.threads);
    if (free_threads_.empty()) {
        ++made_.head.threads;
    } else {
        number = free_threads_.back();
        free_threads_.pop_back();
    }
    threads_.put(recorded, number);
    return number;
}

slot_number planner::take_slot(open_section& in) {
    std::vector<slot_number>& from = in.freed.empty() ? free_slots_ : in.freed;
    if (from.empty()) {
        return static_cast<slot_number>(made_.head.slots++);
    }
    const slot_number taken = from.back();
    from.pop_back();
    return taken;
}

// Steps of earlier windows are done, and those of the same thread are done in order.
void planner::await(std::uint32_t in, const live_block& block) {
    open_section& waiting = sections_[in];
    if (block.window != made_.head.windows || block.section == in) {
        return;
    }
    if (waiting.seen.size() <= block.section) {
        waiting.seen.resize(block.section + 1);
    }
    const std::uint32_t needed = block.step + 1;
    if (waiting.seen[block.section] >= needed) {
        return;
    }
    waiting.seen[block.section] = needed;
    sections_[block.section].steps[block.step].is_awaited = true;
    waiting.steps.push_back({.size = needed, .slot = block.section, .what = action::wait});
    ++steps_;
    ++made_.waits;
}

void planner::append(std::uint32_t to, live_block& block, const step& next) {
    block.window = static_cast<std::uint32_t>(made_.head.windows);
    block.section = to;
    block.step = static_cast<std::uint32_t>(sections_[to].steps.size());
    sections_[to].steps.push_back(next);
    ++steps_;
    ++made_.steps;
}

void planner::change_live(std::uint64_t before, std::uint64_t now) {
    live_bytes_ += now - before;
    made_.head.most_bytes = std::max(made_.head.most_bytes, live_bytes_);
}

// What a thread has freed, all may use from here on.
void planner::close_window() {
    if (open_ == 0) {
        return;
    }
    const window_head head{.sections = open_, .steps = steps_};
    write(&head, sizeof head);
    std::uint32_t begin = 0;
    std::uint32_t most = 0;
    for (std::uint32_t i = 0; i != open_; ++i) {
        const open_section& each = sections_[i];
        const auto steps = static_cast<std::uint32_t>(each.steps.size());
        const section written{each.thread, begin, steps, each.is_last ? 1u : 0u};
        write(&written, sizeof written);
        begin += steps;
        most = std::max(most, steps);
    }
    made_.beside += steps_ - most;
    for (std::uint32_t i = 0; i != open_; ++i) {
        open_section& each = sections_[i];
        write(each.steps.data(), each.steps.size() * sizeof(step));
        free_slots_.insert(free_slots_.end(), each.freed.begin(), each.freed.end());
        if (each.is_last && each.thread != 0) {
            free_threads_.push_back(each.thread);
            (void)threads_.take(each.recorded);
        }
        each.is_last = false;
        each.steps.clear();
        each.seen.clear();
        each.freed.clear();
    }
    made_.head.most_sections = std::max<std::uint64_t>(made_.head.most_sections, open_);
    made_.head.most_steps = std::max<std::uint64_t>(made_.head.most_steps, steps_);
    ++made_.head.windows;
    open_ = 0;
    steps_ = 0;
}

void planner::write(const void* from, std::size_t bytes) {
    if (bytes != 0 && std::fwrite(from, bytes, 1, made_.file.get()) != 1) {
        cannot_write();
    }
}

}  // namespace strata::tool::replay
