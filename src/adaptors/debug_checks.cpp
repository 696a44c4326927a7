// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <array>
#include <cstdlib>
#include <functional>
#include <utility>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/poison.hpp>

#include "debug_index.hpp"
#include "debug_memory.hpp"
#include "debug_report.hpp"
#include "debug_visit.hpp"
#include "detail/shield.hpp"

// What a `debug_resource` finds by looking at its blocks, and at its records.

namespace strata::detail {

// What was overwritten is mended, so that it is found once.
void debug_base::check_fences(debug_block& block, const calls_here& here, may_throw throwing) {
    const debug_memory memory{options_, *upstream_};
    memory.expose(block.begin, block.as());
    const std::span<std::byte> before = memory.before(block.begin, block.as());
    const std::span<std::byte> behind = memory.behind(block.begin, block.as());
    const auto under = find_overwritten(before, memory.fence_fill());
    const auto over = find_overwritten(behind, memory.fence_fill());
    const auto text_of_overwriting = [&](const char* what, const overwritten& where) {
        return composed([&] {
            return debug_report{title_text(), what, options_.stack_depth}
                .block(block)
                .row("overwritten", range_text(where, block))
                .hex(where, memory.fence_fill(), block.begin,
                     {before.data(), before.size() + block.bytes + behind.size()})
                .calls("found", here.all())
                .calls("allocated", block.allocated_by())
                .text();
        });
    };
    const std::string below =
        under ? text_of_overwriting("memory before a block was overwritten", *under) : "";
    const std::string above =
        over ? text_of_overwriting("memory behind a block was overwritten", *over) : "";
    memory.fence_fill().write(before);
    memory.fence_fill().write(behind);
    memory.hide_fences(block.begin, block.as());
    if (under && over && throws(throwing)) {
        // Only one of two errors could be caught.
        ++found_[static_cast<std::size_t>(finding::overflow)];
        report(finding::underflow, throwing, [&] { return below + "\n" + above; });
        return;
    }
    if (under) {
        report(finding::underflow, throwing, below);
    }
    if (over) {
        report(finding::overflow, throwing, above);
    }
}

void debug_base::check_freed(debug_block& block, const calls_here& here, may_throw throwing) {
    if (options_.guard != guard_page::none) {
        return;  // it could not be written to
    }
    const debug_memory memory{options_, *upstream_};
    memory.expose(block.begin, block.as());
    const std::span<std::byte> before = memory.before(block.begin, block.as());
    const std::span<std::byte> inside{block.begin, block.bytes};
    const std::span<std::byte> behind = memory.behind(block.begin, block.as());
    const std::span<const std::byte> whole{before.data(),
                                           before.size() + inside.size() + behind.size()};
    std::string text;
    bool is_wrong = false;
    for (const auto& [range, fill] :
         {std::pair{inside, memory.freed_fill(block.begin)}, std::pair{before, memory.fence_fill()},
          std::pair{behind, memory.fence_fill()}}) {
        const auto where = find_overwritten(range, fill);
        if (where && !is_wrong) {
            is_wrong = true;
            text = composed([&, expected = fill] {
                return debug_report{title_text(),
                                    block.state == block_state::released
                                        ? "a block was written to after release()"
                                        : "a block was written to after it was freed",
                                    options_.stack_depth}
                    .block(block)
                    .row("overwritten", range_text(*where, block))
                    .hex(*where, expected, block.begin, whole)
                    .calls("found", here.all())
                    .calls(block.state == block_state::released ? "released" : "freed",
                           block.freed_by())
                    .calls("allocated", block.allocated_by())
                    .text();
            });
        }
        fill.write(range);
    }
    memory.hide(block.begin, block.as());
    if (is_wrong) {
        report(finding::write_after_free, throwing, text);
    }
}

void debug_base::check_live(const calls_here& here, may_throw throwing) {
    const debug_index index{blocks_};
    for (debug_block* each = index.first(); each != nullptr; each = index.next(*each)) {
        each->check();
        if (each->state == block_state::live) {
            check_fences(*each, here, throwing);
        }
    }
}

void debug_base::check_quarantined(const calls_here& here, may_throw throwing) {
    for (debug_block* each = oldest_; each != nullptr; each = each->next) {
        each->check();
        check_freed(*each, here, throwing);
    }
}

// An upstream that is reset or released below its user serves anew what is still in use: what was
// written there would end up in records, which would link them in circles.
void debug_base::make_sure_unused(std::span<std::byte> served, const calls_here& here) {
    if (served.empty()) {
        return;
    }
    define(served.data(), served.size());
    const debug_block* hit = overlapping(served.data(), &served.back());
    if (hit == nullptr) {
        hit = debug_index{blocks_}.record_in(served);
    }
    if (hit == nullptr) {
        return;
    }
    end_program(tried([&] {
        debug_report text{title_text(), "the upstream served memory that is still in use",
                          options_.stack_depth};
        text.row("perhaps", "it was reset or released before release() and flush() of this")
            .row("served", bytes_text(served.size()) + " at " + place_text(served.data(), nullptr))
            .block(*hit)
            .calls("called", here.all())
            .calls("allocated", hit->allocated_by());
        return text.calls("freed", hit->freed_by()).text();
    }));
}

// Whatever the options are: nothing that comes after could be relied on.
void debug_base::end_program(const std::string& text) const noexcept {
    const shield here;
    if (text.empty()) {
        std::array<char, 160> brief{};
        text_writer{brief}.print("%s: memory that it uses is overwritten", title_text());
        say_misuse(brief.data());
    } else {
        say_misuse(text.c_str());
    }
    std::abort();
}

// What reached a record has come through a fence: that of a block of which enough is known still,
// or of the one being freed, as far as its caller is right about it.
void debug_base::look_around(debug_links& overwritten, const looking& now) noexcept {
    const auto check = [&](debug_block& block) {
        if (block.state == block_state::live) {
            check_fences(block, *now.by(), may_throw::no);
        }
    };
    debug_index{blocks_}.for_each_whole(allocations_, check);
    auto& record = static_cast<debug_block&>(overwritten);
    if (&overwritten != &blocks_ && record.knows_its_block()) {
        check(record);
    } else if (now.freed() != nullptr) {
        constexpr std::size_t near = 64;  // where no other page lies between
        debug_block freed{now.freed(), now.freed_as(), 0, 0};
        const auto from = reinterpret_cast<std::uintptr_t>(freed.begin) + freed.bytes;
        const auto to = reinterpret_cast<std::uintptr_t>(&overwritten);
        const std::size_t fence =
            debug_memory{options_, *upstream_}.behind(freed.begin, freed.as()).size();
        if (options_.guard == guard_page::none && to - from <= fence + near) {
            check(freed);
        }
    }
}

void end_for_overwritten(debug_links& first_seen) noexcept {
    const shield here;
    std::atomic<std::uintptr_t>& is_ending = word_of_this_thread(thread_word::debug_is_ending);
    const debug_base::looking* const now = debug_base::looking::innermost();
    if (now == nullptr || is_ending.exchange(1) != 0) {
        say_misuse("debug: its own records were overwritten");
        std::abort();
    }
    auto& one = const_cast<debug_base&>(now->at());
    if (now->by() != nullptr) {
        one.look_around(first_seen, *now);
    }
    one.end_program(one.tried([&] {
        debug_report text{one.title_text(),
                          "its own records, which are in memory of the upstream, were overwritten",
                          one.options_.stack_depth};
        text.row("first seen", place_text(reinterpret_cast<const std::byte*>(&first_seen), nullptr))
            .row("so", "it cannot go on");
        return now->by() == nullptr ? text.text() : text.calls("called", now->by()->all()).text();
    }));
}

debug_block* debug_base::around(const void* address) const noexcept {
    return overlapping(address, address);
}

debug_block* debug_base::overlapping(const void* first, const void* last) const noexcept {
    auto& self = const_cast<debug_base&>(*this);
    const debug_index index{self.blocks_};
    const debug_memory memory{options_, *upstream_};
    const auto overlaps = [&](debug_block* block) {
        if (block == nullptr) {
            return false;
        }
        const std::byte* begin = memory.before(block->begin, block->as()).data();
        const std::byte* end = block->end() + memory.behind(block->begin, block->as()).size();
        return !std::less<>{}(last, begin) && std::less<>{}(first, end);
    };
    if (debug_block* before = index.before(last); overlaps(before)) {
        return before;
    }
    debug_block* after = index.after(last);
    return overlaps(after) ? after : nullptr;
}

}  // namespace strata::detail
