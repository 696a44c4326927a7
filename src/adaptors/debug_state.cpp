// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_state.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <functional>

#include <strata/core/detail/title.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "debug_call.hpp"

// The blocks of a `debug_resource`, live and in quarantine.

namespace strata::detail {
namespace {

debug bounded(debug options) {
    constexpr std::size_t largest_fence = std::size_t{1} << 16;
    options.fence = std::min(options.fence, largest_fence);
    options.stack_depth = std::min(options.stack_depth, debug_state::most_shown_calls);
    return options;
}

}  // namespace

debug_state::debug_state(const debug& from, std::pmr::memory_resource& below)
    : options{bounded(from)},
      memory{options, below},
      records{most_calls()} {
    text_writer{title}.printable(detail::title{debug::layer_name, from.name}.text());
}

void* debug_state::serve(layout wanted, debug_call& by) {
    if (!by.may_go_on()) {
        raise_no_memory();
    }
    if (!std::has_single_bit(wanted.alignment)) {
        report(finding::bad_alignment, by, [&] {
            return about("an alignment is not a power of two")
                .row("asked for", layout_text(wanted))
                .calls("called", by.stack())
                .text();
        });
        raise_no_memory();
    }
    void* const block =
        null_if_no_memory([&] { return make_block(wanted, by); },
                          [&] { return oldest != nullptr && doing == activity::none; });
    if (block != nullptr) {
        return block;
    }
    evict_while_over(0, by);  // before a request is refused
    return make_block(wanted, by);
}

void* debug_state::make_block(layout wanted, const debug_call& by) {
    std::byte* const begin = memory.take(wanted);
    const fenced_block place = memory.around(begin, wanted);
    end_if_in_use(place, by);
    debug_record* const record = records.add(begin, wanted, allocations + 1);
    if (record == nullptr) {
        memory.give_back(begin, wanted);
        raise_no_memory();
    }
    ++allocations;
    record->set_allocated_by(by.stack());
    memory.prepare(place);
    live_bytes += wanted.size;
    ++live_blocks;
    peak_bytes = std::max(peak_bytes, live_bytes);
    held_bytes += place.whole_bytes();
    return begin;
}

void debug_state::destroy(debug_record& block) noexcept {
    std::byte* const begin = block.begin;
    const layout as = block.as();
    held_bytes -= around(block).whole_bytes();
    records.remove(block);
    memory.give_back(begin, as);
}

// An upstream that is reset or released too early serves memory that is still in use.
void debug_state::end_if_in_use(const fenced_block& served, const debug_call& by) {
    const auto whole = served.whole();
    const debug_record* const hit =
        whole.empty() ? nullptr : find_overlap(whole.data(), &whole.back());
    if (hit == nullptr) {
        return;
    }
    const std::string text = try_to_compose([&] {
        return about("the upstream served memory that is still in use")
            .row("perhaps", "it was reset or released before release() and flush() of this one")
            .row("served", formatted("%zu B at %p", whole.size(), static_cast<void*>(whole.data())))
            .block(*hit)
            .calls("called", by.stack())
            .calls("allocated", hit->allocated_by())
            .calls("freed", hit->freed_by())
            .text();
    });
    say_misuse(text.empty() ? "debug: the upstream served memory that is still in use" : text);
    std::abort();  // whatever the options are: all that follows would be wrong
}

debug_record* debug_state::find_overlap(const void* first, const void* last) const noexcept {
    const auto overlaps = [&](const debug_record* block) {
        if (block == nullptr) {
            return false;
        }
        const auto range = around(*block).with_fences();
        return !std::less<>{}(last, static_cast<const void*>(range.data())) &&
               std::less<>{}(first, static_cast<const void*>(range.data() + range.size()));
    };
    debug_record* const before = records.last_up_to(last);
    debug_record* const after = records.first_after(last);
    return overlaps(before) ? before : overlaps(after) ? after : nullptr;
}

void debug_state::free(void* at, layout as, const debug_call& by) {
    debug_record* const block = records.find(at);
    if (block == nullptr) {
        return report_wrong_free(at, as, by);
    }
    if (!block->is_live()) {
        const bool was_released = block->state == block_state::released;
        return report(was_released ? finding::freed_after_release : finding::double_free, by, [&] {
            return about(was_released ? "a block is freed after release() gave it up"
                                      : "a block is freed twice")
                .block(*block)
                .calls(was_released ? "freed" : "freed again", by.stack())
                .calls(was_released ? "released" : "freed first", block->freed_by())
                .calls("allocated", block->allocated_by())
                .text();
        });
    }
    const auto report_difference = [&](finding kind, const char* what) {
        report(kind, by, [&] {
            return about(what)
                .block(*block)
                .row("freed as", layout_text(as))
                .calls("freed", by.stack())
                .calls("allocated", block->allocated_by())
                .text();
        });
    };
    if (as.size != block->bytes) {
        report_difference(finding::wrong_size, "a block is freed with a wrong size");
    }
    if (as.alignment != block->alignment) {
        report_difference(finding::wrong_alignment, "a block is freed with a wrong alignment");
    }
    check_fences(*block, by);
    block->state = block_state::freed;
    evict_while_over(options.quarantine, by);  // the last block may have been too large to stay
    quarantine(*block, by);
    if (!is_too_large_to_stay(*block)) {
        evict_while_over(options.quarantine, by);
    }
}

bool debug_state::try_expand(debug_record& block, std::size_t bytes, const debug_call& by) {
    check_fences(block, by);
    const layout before = block.as();
    const std::size_t held_before = around(block).whole_bytes();
    if (!memory.try_expand(block.begin, before, bytes)) {
        return false;
    }
    block.bytes = bytes;
    live_bytes += bytes - before.size;
    peak_bytes = std::max(peak_bytes, live_bytes);
    held_bytes += around(block).whole_bytes() - held_before;
    return true;
}

std::size_t debug_state::check_at_exit(bool leaks) noexcept {
    debug_call call{*this, debug_call_kind::exit, debug_call::errors::are_reported};
    if (call.may_go_on()) {
        check_live(call);
        check_quarantined(call);
        if (leaks) {
            report_live(call);
        }
    }
    return live_blocks;
}

void debug_state::quarantine(debug_record& block, const debug_call& by) {
    block.set_freed_by(by.stack());
    live_bytes -= block.bytes;
    --live_blocks;
    memory.retire(around(block));
    if (is_too_large_to_stay(block)) {  // it leaves first
        block.next = oldest;
        oldest = &block;
        newest = newest == nullptr ? &block : newest;
    } else {
        (oldest == nullptr ? oldest : newest->next) = &block;
        newest = &block;
    }
    quarantined_bytes += bytes_in_quarantine(block);
}

void debug_state::evict_while_over(std::size_t most_bytes, const debug_call& by) {
    // A message that is being composed is about blocks that must stay until it is done.
    while (quarantined_bytes > most_bytes && oldest != nullptr && doing == activity::none) {
        debug_record& block = *oldest;
        check_freed(block, by);
        oldest = block.next;
        newest = oldest == nullptr ? nullptr : newest;
        quarantined_bytes -= bytes_in_quarantine(block);
        has_evicted = true;
        destroy(block);
    }
}

}  // namespace strata::detail
