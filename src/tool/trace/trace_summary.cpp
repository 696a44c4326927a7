// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/trace_summary.hpp"

#include <algorithm>
#include <optional>

namespace strata::tool::trace {
namespace {

constexpr std::size_t longest_name = 200;

void count(share& in, const usage& made) {
    in.allocated += made;
    in.live += made;
}

void resize(share& in, std::uint64_t from, std::uint64_t to) {
    in.allocated.bytes += to > from ? to - from : 0;
    in.live.bytes += to - from;
}

}  // namespace

trace_summary::trace_summary(std::uint64_t sample_distance) : weights_{sample_distance} {
    for (std::size_t i = 0; i != forms; ++i) {
        by_form_[i].name = form_names[i];
    }
    by_phase_.push_back(
        {.name = "(before the first phase)", .allocated = {}, .live = {}, .begun = 1});
}

void trace_summary::add(const event& next) {
    ++events;
    ++by_kind[static_cast<std::size_t>(next.kind)];
    microseconds = std::max(microseconds, next.microseconds);
    if (threads_seen_.find(next.thread) == nullptr) {
        threads_seen_.put(next.thread, true);
        ++threads;
    }
    switch (next.kind) {
        case event_kind::allocate:
            return begin(next);
        case event_kind::deallocate:
        case event_kind::missed:
            return end(next);
        case event_kind::reallocate:
            return change(next);
        case event_kind::release:
            return release(next);
        case event_kind::refused:
            refused_bytes += next.size;
            return;
        case event_kind::unknown:
            ++not_known;
            return;
        case event_kind::dropped:
            dropped += next.size;
            return;
        case event_kind::phase:
            return enter_phase(next.text);
        case event_kind::resource:
            of(next.resource).sums.name = next.text.substr(0, longest_name);
            of(next.resource).sums.above = static_cast<std::uint16_t>(next.size);
            return;
        case event_kind::thread_begin:
        case event_kind::thread_end:
            return;
    }
}

void trace_summary::begin(const event& next) {
    const usage made{weights_.next_blocks(next.size), weights_.bytes(next.size)};
    allocated.blocks += made.blocks;
    live.blocks += made.blocks;
    most_blocks = std::max(most_blocks, live.blocks);
    site_share& site = site_of(next.site);
    site.allocated += made;
    site.live += made;
    grow_by(made.bytes, next.microseconds);
    count_in_call(made);
    sizes.add(next.size, made.blocks);
    resource_state& in = of(next.resource);
    count(in.sums, made);
    count(by_form_[static_cast<std::size_t>(next.of_form)], made);
    count(by_phase_[phase_], made);
    const live_block block{.size = next.size,
                           .born = allocated.bytes,
                           .born_at = microseconds,
                           .thread = next.thread,
                           .site = next.site,
                           .phase = phase_,
                           .of_form = next.of_form,
                           .stands_for = static_cast<std::uint32_t>(made.blocks)};
    in.blocks.put(next.block, block);
    tell({.resource = next.resource}, block);
}

void trace_summary::end(const event& next) {
    resource_state& in = of(next.resource);
    const std::optional<live_block> block = in.blocks.take(next.block);
    if (!block) {
        ++not_known;
        return;
    }
    wrong_sizes += next.size != 0 ? 1 : 0;
    // Who freed a block whose free is missing is not known.
    freed_elsewhere +=
        next.kind == event_kind::deallocate && next.thread != block->thread ? block->stands_for : 0;
    bury(in, next.resource, *block);
}

void trace_summary::change(const event& next) {
    resource_state& in = of(next.resource);
    live_block* const block = in.blocks.find(next.block);
    if (block == nullptr) {
        ++not_known;
        return;
    }
    if (weights_.is_of_sample()) {
        event as_new = next;
        as_new.of_form = block->of_form;
        bury(in, next.resource, *block);
        (void)in.blocks.take(next.block);
        return begin(as_new);
    }
    tell({.is_freed = true, .is_resized = true, .resource = next.resource}, *block);
    resize(in.sums, block->size, next.size);
    resize(by_form_[static_cast<std::size_t>(block->of_form)], block->size, next.size);
    resize(by_phase_[block->phase], block->size, next.size);
    site_of(block->site).live -= {1, block->size};
    block->site = next.site == 0 ? block->site : next.site;
    site_share& site = site_of(block->site);
    site.allocated.bytes += next.size > block->size ? next.size - block->size : 0;
    site.live += {1, next.size};
    if (next.size > block->size) {
        grow_by(next.size - block->size, next.microseconds);
        count_in_call({0, next.size - block->size});
    } else {
        live.bytes -= block->size - next.size;
    }
    block->size = next.size;
    tell({.is_resized = true, .resource = next.resource}, *block);
}

void trace_summary::release(const event& next) {
    resource_state& in = of(next.resource);
    in.blocks.for_each(
        [&](std::uint64_t, const live_block& each) { bury(in, next.resource, each); });
    in.blocks.clear();
}

void trace_summary::bury(resource_state& of, std::uint16_t resource, const live_block& block) {
    tell({.is_freed = true, .resource = resource}, block);
    const usage freed = stands_for(block);
    live -= freed;
    site_of(block.site).live -= freed;
    lifetimes.add(allocated.bytes - block.born, freed.blocks);
    of.sums.live -= freed;
    by_form_[static_cast<std::size_t>(block.of_form)].live -= freed;
    by_phase_[block.phase].live -= freed;
}

void trace_summary::tell(live_change change, const live_block& block) const {
    if (observer_) {
        change.thread = block.thread;
        change.site = block.site;
        change.phase = block.phase;
        change.size = block.size;
        change.bytes = weights_.bytes(block.size);
        change.blocks = block.stands_for;
        change.microseconds = microseconds;
        change.age = microseconds - block.born_at;
        observer_(change);
    }
}

void trace_summary::grow_by(std::uint64_t bytes, std::uint64_t at) {
    allocated.bytes += bytes;
    live.bytes += bytes;
    if (live.bytes > peak.bytes) {
        peak = live;
        peak_at = at;
        peak_event = events;
        ++peaks_;
    }
}

void trace_summary::count_in_call(const usage& made) {
    call_ += made;
    share& phase = by_phase_[phase_];
    phase.blocks.note(call_.blocks, phase.begun);
    phase.bytes.note(call_.bytes, phase.begun);
}

// To change what is live there.
site_share& trace_summary::site_of(std::uint32_t site) {
    site_state* found = sites_.find(site);
    if (found == nullptr) {
        sites_.put(site, {.sums = {}, .of_peak = peaks_});
        found = sites_.find(site);
    }
    if (found->of_peak != peaks_) {
        found->of_peak = peaks_;
        found->sums.at_peak = found->sums.live;
    }
    return found->sums;
}

std::map<std::uint32_t, site_share> trace_summary::by_site() const {
    std::map<std::uint32_t, site_share> all;
    sites_.for_each([&](std::uint64_t site, const site_state& each) {
        site_share& to = all[static_cast<std::uint32_t>(site)] = each.sums;
        to.at_peak = each.of_peak == peaks_ ? each.sums.at_peak : each.sums.live;
    });
    return all;
}

void trace_summary::enter_phase(std::string_view name) {
    const std::string_view shown = phases_.size() < most_phases
                                       ? name.substr(0, longest_name)
                                       : std::string_view{"(later phases)"};
    const auto found = phases_.find(shown);
    if (found != phases_.end()) {
        phase_ = found->second;
    } else {
        phase_ = static_cast<std::uint16_t>(by_phase_.size());
        phases_.emplace(shown, phase_);
        by_phase_.push_back({.name = std::string{shown}, .allocated = {}, .live = {}});
    }
    ++by_phase_[phase_].begun;
    call_ = {};
}

histogram trace_summary::ages() const {
    histogram all;
    for (const auto& [number, in] : resources_) {
        in.blocks.for_each([&](std::uint64_t, const live_block& each) {
            all.add(allocated.bytes - each.born, each.stands_for);
        });
    }
    return all;
}

std::map<std::uint16_t, share> trace_summary::by_resource() const {
    std::map<std::uint16_t, share> all;
    for (const auto& [number, in] : resources_) {
        all.emplace(number, in.sums);
    }
    return all;
}

}  // namespace strata::tool::trace
