// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <vector>

#include <strata/adaptors/detail/block_checker.hpp>
#include <strata/core/detail/title.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>

#include "debug_call.hpp"
#include "debug_registry.hpp"
#include "detail/shield.hpp"

// How findings are reported, and the findings that need a search.

namespace strata::detail {

bool debug_state::throws(const debug_call& by) const noexcept {
    return options.on_finding == on_finding::throw_ && by.may_throw() && doing != activity::telling;
}

void debug_state::tell(finding kind, const debug_call& by, const std::string& message) {
    if (options.on_finding == on_finding::ignore) {
        return;
    }
    std::array<char, 320> brief{};
    text_writer{brief}.print("%s: %s; no memory for details", title.data(), to_string(kind).data());
    const char* const text = message.empty() ? brief.data() : message.c_str();
    const foreign_call outside;
    const inside_resource for_the_handler;
    const shield here;
    if (doing == activity::telling) {
        return say_misuse(text);
    }
    if (throws(by)) {
        raise_error(debug_error{kind, text});
    }
    const activity before = std::exchange(doing, activity::telling);
    if (options.handler) {
        options.handler(kind, text);
    } else {
        detail::tell(options.on_finding, text);
    }
    doing = before;
}

void debug_state::report_wrong_free(void* block, layout as, const debug_call& by) {
    const auto* const address = static_cast<const std::byte*>(block);
    const debug_record* const hit = find_overlap(block, block);
    const auto report_as = [&](finding kind, const char* what, const auto& add_rows) {
        report(kind, by, [&] {
            debug_report text = about(what);
            text.row("pointer", place_text(address, hit));
            if (hit != nullptr) {
                text.block(*hit);
            }
            text.row("freed as", layout_text(as)).calls("freed", by.stack());
            add_rows(text);
            return text.text();
        });
    };
    const auto about_freed = [](debug_report& text, const debug_record& freed) {
        text.calls("freed before", freed.freed_by()).calls("allocated", freed.allocated_by());
    };
    if (block == nullptr) {
        return report_as(finding::null_pointer, "a null pointer is freed", [](auto&) {});
    }
    if (hit != nullptr) {
        return report_as(finding::interior_pointer,
                         hit->is_live() ? "a pointer into a block is freed"
                                        : "a pointer into a block that was freed before is freed",
                         [&](debug_report& text) { about_freed(text, *hit); });
    }
    if (const auto owner = debug_registry::find_owner(*this, block); owner[0] != '\0') {
        return report_as(finding::other_resource, "a block of another resource is freed",
                         [&](debug_report& text) { text.row("belongs to", owner.data()); });
    }
    const std::byte* const named =
        debug_fill::block_named_by(reinterpret_cast<std::uintptr_t>(block));
    const debug_record* const from = named == nullptr ? nullptr : records.find(named);
    if (from != nullptr && !from->is_live()) {
        return report_as(finding::foreign_pointer,
                         "a pointer that was read from a freed block is freed",
                         [&](debug_report& text) { about_freed(text.block(*from), *from); });
    }
    report_as(finding::foreign_pointer, "a pointer that belongs to no block is freed",
              [&](debug_report& text) {
                  // Another `debug_resource` has been asked already, if it was free to answer.
                  std::pmr::memory_resource& upstream = memory.upstream();
                  const resource* const below = as_resource(upstream);
                  if (below != nullptr && part_of<block_checker>(upstream) == nullptr &&
                      below->owns(block) == ownership::yes) {
                      text.row("memory of",
                               "the upstream " + printable(detail::title{*below}.text()));
                  }
                  if (has_evicted) {
                      text.row("perhaps", "it was freed, and has left the quarantine since");
                  }
              });
}

void debug_state::report_live(const debug_call& by) {
    if (live_blocks == 0) {
        return;
    }
    report(finding::leak, by, [&] {
        std::vector<const debug_record*> live;
        records.for_each([&](const debug_record& each) {
            if (each.is_live()) {
                live.push_back(&each);
            }
        });
        return leak_text(title.data(), std::move(live), options.stack_depth);
    });
}

}  // namespace strata::detail
