// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <utility>

#include "debug_call.hpp"

// How a `debug_resource` checks its blocks.

namespace strata::detail {

void debug_state::check_fences(const debug_record& block, const debug_call& by) {
    const fenced_block place = around(block);
    const debug_fill fill = memory.fence_fill();
    memory.expose(place);
    const auto under = fill.find_overwritten(place.front());
    const auto over = fill.find_overwritten(place.back());
    const auto message_of = [&](const char* what, const std::optional<overwritten>& where) {
        return !where ? std::string{} : message([&] {
            return about(what)
                .block(block)
                .row("overwritten", range_text(*where, block))
                .hex(*where, fill, block.begin, place.with_fences())
                .calls("found", by.stack())
                .calls("allocated", block.allocated_by())
                .text();
        });
    };
    const std::string below = message_of("memory before a block was overwritten", under);
    const std::string above = message_of("memory after a block was overwritten", over);
    fill.write(place.front());
    fill.write(place.back());
    memory.hide_fences(place);
    if (under) {
        count(finding::underflow);
    }
    if (over) {
        count(finding::overflow);
    }
    if (under && over && throws(by)) {
        return tell(finding::underflow, by, below + "\n" + above);  // only one could be caught
    }
    if (under) {
        tell(finding::underflow, by, below);
    }
    if (over) {
        tell(finding::overflow, by, above);
    }
}

void debug_state::check_freed(const debug_record& block, const debug_call& by) {
    if (options.guard != guard_page::none) {
        return;  // nothing could be written there
    }
    const bool was_released = block.state == block_state::released;
    const fenced_block place = around(block);
    memory.expose(place);
    std::optional<std::string> text;
    for (const auto& [range, fill] : {std::pair{place.inside(), memory.freed_fill(block.begin)},
                                      std::pair{place.front(), memory.fence_fill()},
                                      std::pair{place.back(), memory.fence_fill()}}) {
        const auto where = fill.find_overwritten(range);
        if (where && !text) {
            text = message([&, expected = fill] {
                return about(was_released ? "a block was written to after release()"
                                          : "a block was written to after it was freed")
                    .block(block)
                    .row("overwritten", range_text(*where, block))
                    .hex(*where, expected, block.begin, place.with_fences())
                    .calls("found", by.stack())
                    .calls(was_released ? "released" : "freed", block.freed_by())
                    .calls("allocated", block.allocated_by())
                    .text();
            });
        }
        fill.write(range);
    }
    memory.hide(place);
    if (text) {
        count(finding::write_after_free);
        tell(finding::write_after_free, by, *text);
    }
}

void debug_state::check_live(const debug_call& by) {
    records.for_each([&](const debug_record& each) {
        if (each.is_live()) {
            check_fences(each, by);
        }
    });
}

void debug_state::check_quarantined(const debug_call& by) {
    for (const debug_record* each = oldest; each != nullptr; each = each->next) {
        check_freed(*each, by);
    }
}

}  // namespace strata::detail
