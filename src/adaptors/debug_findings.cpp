// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <utility>
#include <vector>

#include <strata/core/detail/title.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>

#include "debug_registry.hpp"
#include "debug_report.hpp"
#include "debug_visit.hpp"
#include "detail/shield.hpp"

namespace strata::detail {

void debug_base::report(finding kind, may_throw throwing, const std::string& text) {
    ++found_[static_cast<std::size_t>(kind)];
    if (options_.on_finding == on_finding::ignore) {
        return;
    }
    if (text.empty()) {  // no memory for it
        std::array<char, 320> brief{};
        text_writer{brief}.print("%s: %s; no memory to say more", title_text(),
                                 to_string(kind).data());
        act(kind, throwing, brief.data());
        return;
    }
    act(kind, throwing, text.c_str());
}

bool debug_base::throws(may_throw throwing) const noexcept {
    return options_.on_finding == on_finding::throw_ && throwing == may_throw::yes &&
           !says::is(this, says::telling);
}

void debug_base::act(finding kind, may_throw throwing, const char* message) {
    const foreign_call outside;
    const inside_resource for_the_handler;
    const shield here;
    if (says::is(this, says::telling)) {
        return say_misuse(message);
    }
    if (throws(throwing)) {
        raise_error(debug_error{kind, message});
    }
    const says telling{this, says::telling};
    if (options_.handler) {
        options_.handler(kind, message);
    } else {
        tell(options_.on_finding, message);
    }
}

void debug_base::report_wrong_free(void* block, layout as, const calls_here& here) {
    const auto* address = static_cast<std::byte*>(block);
    const std::byte* const named = debug_fill::named_by(reinterpret_cast<std::uintptr_t>(block));
    const debug_block* const from = named == nullptr ? nullptr : debug_index{blocks_}.find(named);
    const auto compose = [&](const char* what, const debug_block* inside_of) {
        debug_report text{title_text(), what, options_.stack_depth};
        text.row("pointer", place_text(address, inside_of));
        if (inside_of != nullptr) {
            text.block(*inside_of);
        }
        text.row("freed as", bytes_text(as.size) + " aligned to " + decimal(as.alignment))
            .calls("freed", here.all());
        if (inside_of != nullptr) {
            text.calls("allocated", inside_of->allocated_by())
                .calls("freed before", inside_of->freed_by());
        }
        return text;
    };
    if (block == nullptr) {
        report(finding::null_pointer, may_throw::no,
               [&] { return compose("a null pointer is freed", nullptr).text(); });
    } else if (const debug_block* inside_of = around(block)) {
        report(finding::interior_pointer, may_throw::no, [&] {
            return compose(inside_of->state == block_state::live
                               ? "a pointer into a block is freed"
                               : "a pointer into a block that was freed before is freed",
                           inside_of)
                .text();
        });
    } else if (const block_owner owner = debug_registry::find_owner(*this, block)) {
        report(finding::other_resource, may_throw::no, [&] {
            return compose("a block of another resource is freed", nullptr)
                .row("belongs to", owner.title())
                .text();
        });
    } else if (from != nullptr && from->state != block_state::live) {
        report(finding::foreign_pointer, may_throw::no, [&] {
            return compose("a pointer that was read from a freed block is freed", nullptr)
                .block(*from)
                .calls("freed before", from->freed_by())
                .calls("allocated", from->allocated_by())
                .text();
        });
    } else {
        report(finding::foreign_pointer, may_throw::no, [&] {
            debug_report text = compose("a pointer that is no block's is freed", nullptr);
            // Another `debug_resource` has been asked already, if it was free to answer.
            if (const resource* const below = as_resource(*upstream_);
                below != nullptr && part_of<debug_base>(*upstream_) == nullptr &&
                below->owns(block) == ownership::yes) {
                text.row("memory of", "the upstream " + printable(detail::title{*below}.text()));
            }
            if (forgotten_ != 0) {
                text.row("perhaps", "freed too long ago: the quarantine, of " +
                                        bytes_text(options_.quarantine) + ", gave up " +
                                        count_text(forgotten_, "block"));
            }
            return text.text();
        });
    }
}

void debug_base::report_live() {
    if (live_blocks_ == 0) {
        return;
    }
    report(finding::leak, may_throw::no, [&] {
        std::vector<const debug_block*> live;
        const debug_index index{blocks_};
        for (debug_block* each = index.first(); each != nullptr; each = index.next(*each)) {
            if (each->state == block_state::live) {
                live.push_back(each);
            }
        }
        return leak_text(title_text(), group_by_calls(std::move(live), options_.stack_depth));
    });
}

std::size_t debug_base::findings(finding kind) const noexcept {
    return found_[static_cast<std::size_t>(kind)];
}

std::size_t debug_base::findings() const noexcept {
    std::size_t all = 0;
    for (const auto& each : found_) {
        all += each;
    }
    return all;
}

}  // namespace strata::detail
