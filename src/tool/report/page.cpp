// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/page.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>

#include <strata/detail/text.hpp>

#include "tool/report/assets.hpp"
#include "tool/report/flame_chart.hpp"
#include "tool/report/html.hpp"
#include "tool/report/live_charts.hpp"
#include "tool/report/placement_html.hpp"
#include "tool/report/tables.hpp"
#include "tool/trace/info.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::report {
namespace {

struct section_of_page {
    const char* id;
    const char* title;
    std::string content;
};

std::string paragraph(const std::string& text) {
    return "<p>" + text + "</p>\n";
}

std::string program_of(const contents& of) {
    const std::string name = std::filesystem::path{of.info.program}.filename().string();
    return name.empty() ? "(unnamed)" : name;
}

// --- sections ---------------------------------------------------------------------------------

std::string figure(const std::string& name, const std::string& value, const std::string& note) {
    return "<div><dt>" + name + "</dt><dd>" + value + "<small>" + note + "</small></dd></div>\n";
}

std::string blocks_text(std::uint64_t blocks) {
    return trace::many(blocks, "block");
}

std::string summary_of(const contents& of) {
    const trace::trace_summary& sums = of.sums;
    std::string all = of.info.sample_distance == 0
                          ? std::string{}
                          : paragraph("The trace is " + trace::sample_of(of.info.sample_distance) +
                                      ". Blocks and bytes are estimates.");
    all +=
        "<dl class=\"figures\">\n" +
        figure("Live at the peak", bytes_text(sums.peak.bytes),
               blocks_text(sums.peak.blocks) + ", after " + time_text(sums.peak_at)) +
        figure("Allocated in all", bytes_text(sums.allocated.bytes),
               blocks_text(sums.allocated.blocks)) +
        figure("Not freed at the end", bytes_text(sums.live.bytes), blocks_text(sums.live.blocks)) +
        figure("Most blocks at a moment", trace::grouped(sums.most_blocks), "live") + "</dl>\n";
    std::string notes;
    const auto note = [&](std::uint64_t count, const char* text) {
        if (count != 0) {
            notes += "<li>" + trace::grouped(count) + " " + text + "</li>\n";
        }
    };
    note(sums.freed_elsewhere, "frees on another thread than the block's allocation");
    note(sums.wrong_sizes, "frees with another size than the block's");
    note(sums.by_kind[static_cast<std::size_t>(trace::event_kind::refused)],
         "allocations were refused");
    note(sums.dropped, "events were not recorded");
    note(sums.not_known, "frees or reallocations of blocks that the trace does not have");
    note(sums.by_kind[static_cast<std::size_t>(trace::event_kind::missed)],
         "blocks whose free was not recorded");
    return notes.empty() ? all : all.append("<ul>\n" + notes + "</ul>\n");
}

std::string recommendation_of(const contents& of) {
    if (of.advice) {
        return html_of(*of.advice, is_of_resources(of));
    }
    return paragraph(
        "Strategies were not compared. <code>strata report FILE --budget 60s</code> compares them "
        "for a minute by replays of the trace; <code>--advice</code> takes what <code>strata tune "
        "FILE --json</code> found.");
}

std::string places_of(const contents& of) {
    std::string all;
    for (const advise::finding& each : of.findings) {
        all += "<li><code>" + html_name(each.place) + "</code>: " + title_of(each.what) + ". " +
               html_text(each.seen) + ". To win: " + html_text(each.gain) + "." +
               (each.callers.empty() ? std::string{}
                                     : " From <code>" + html_name(each.callers) + "</code>.") +
               "<pre>" + html_text(each.code) + "</pre></li>\n";
    }
    return all.empty()
               ? paragraph("Nothing to win by a hundredth of all calls or memory at any one "
                           "call site, or the trace has no call stacks.")
               : "<ol class=\"places\">\n" + all + "</ol>\n";
}

std::string time_of(const std::vector<area_chart>& charts) {
    std::string all = paragraph(
        "A point of a chart is the moment with the most live bytes within its part of the time.");
    for (const area_chart& each : charts) {
        all += html_of(each);
    }
    return all;
}

std::string sizes_of(const contents& of) {
    return paragraph("A row is for sizes from its own to the next row's.") +
           histogram_table("Blocks by size", "From", of.sums.sizes, {});
}

std::string lifetimes_of(const contents& of) {
    return paragraph(
               "A lifetime is the number of bytes that the program allocated between a block's "
               "allocation and its free. Blocks that are live at the end have none, but an age.") +
           "<ul class=\"legend\"><li><span class=\"key c0\"></span>freed <b>" +
           trace::grouped(of.sums.lifetimes.total()) +
           "</b></li><li><span class=\"key c1\"></span>live at the end, by age <b>" +
           trace::grouped(of.sums.live.blocks) + "</b></li></ul>\n" +
           histogram_table("Blocks by lifetime", "From", of.sums.lifetimes, of.sums.ages());
}

std::string calls_of(const contents& of) {
    if (of.tree.empty()) {
        return paragraph(
            "The trace has no call stacks. <code>strata record --stacks</code> records them.");
    }
    return "<div id=\"flames\">\n" + flame_charts(of.tree) + "</div>\n" +
           call_sites_table(of.groups);
}

std::string fragmentation_of(const contents& of) {
    if (of.at_peak.empty()) {
        return paragraph(
            "Blocks were not placed: the trace is a sample, has no blocks, or came by a pipe.");
    }
    std::string all = paragraph(
        "What a pool and an arena of this library have in their chunks at the peak, if they serve "
        "the calls of the trace up to then. A row is a chunk from its first byte to its last; the "
        "darker a part, the more of it is live.");
    for (const placement& each : of.at_peak) {
        all += html_of(each);
    }
    return all;
}

std::vector<trace::share> used(const auto& all) {
    std::vector<trace::share> some;
    std::ranges::copy_if(all, std::back_inserter(some),
                         [](const trace::share& each) { return each.allocated.blocks != 0; });
    return some;
}

std::string shares_of(const contents& of) {
    std::string all =
        "<ul class=\"legend\"><li><span class=\"key c0\"></span>freed</li><li><span class=\"key "
        "c1\"></span>not freed</li></ul>\n" +
        shares_table("By form of the call", "Form", used(of.sums.by_form()));
    const std::vector<trace::share> resources = named_resources(of.sums);
    if (resources.size() > 1 || (resources.size() == 1 && resources[0].name != "(none)")) {
        all += shares_table("By resource", "Resource", resources);
    }
    if (of.sums.by_phase().size() > 1) {
        all += shares_table("By phase", "Phase", used(of.sums.by_phase()));
    }
    return all;
}

// --- the page ---------------------------------------------------------------------------------

// Nothing is loaded, and no script but that of the page runs, even if a name got past the escapes.
std::string head_of(const contents& of) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
           "style-src 'unsafe-inline'; script-src '" +
           std::string{page_script_hash} +
           "'; base-uri 'none'; form-action 'none'\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n"
           "<title>Memory of " +
           html_name(program_of(of)) + "</title>\n<style>\n" + std::string{page_style} +
           "</style>\n</head>\n";
}

std::string header_of(const contents& of) {
    return "<header>\n<h1>Memory of " + html_name(program_of(of)) + "</h1>\n" +
           paragraph(html_name(of.info.program) + ", process " + detail::decimal(of.info.process) +
                     ", " + trace::date_of(of.info.started)) +
           paragraph(time_text(of.sums.microseconds) + ", " +
                     trace::many(of.sums.threads, "thread") + ", " +
                     trace::many(of.sums.events, "event") + "; trace <code>" + html_name(of.file) +
                     "</code>") +
           "</header>\n";
}

std::string data_of(const std::vector<area_chart>& charts) {
    std::string all;
    for (const area_chart& each : charts) {
        all.append(all.empty() ? "[" : ",").append(json_of(each));
    }
    return "<script type=\"application/json\" id=\"data\">" + json_in_html(all + "]") +
           "</script>\n";
}

}  // namespace

bool is_of_resources(const contents& of) {
    return of.sums.by_form()[static_cast<std::size_t>(trace::form::memory_resource)]
               .allocated.blocks != 0;
}

std::string page_of(const contents& of) {
    const std::vector<area_chart> charts = live_charts(of);
    const std::vector<section_of_page> sections{
        {"summary", "Summary", summary_of(of)},
        {"recommendation", "Recommendation", recommendation_of(of)},
        {"places", "What to change in the program", places_of(of)},
        {"time", "Live bytes over time", time_of(charts)},
        {"calls", "Where memory is allocated", calls_of(of)},
        {"fragmentation", "Fragmentation", fragmentation_of(of)},
        {"sizes", "Sizes", sizes_of(of)},
        {"lifetimes", "Lifetimes", lifetimes_of(of)},
        {"shares", "Who allocates", shares_of(of)},
    };
    std::string links;
    std::string all;
    for (const section_of_page& each : sections) {
        const std::string id{each.id};
        const std::string title{each.title};
        links += "<li><a href=\"#" + id + "\">" + title + "</a></li>\n";
        all += "<section id=\"" + id + "\" aria-labelledby=\"" + id + "-title\">\n<h2 id=\"" + id +
               "-title\">" + title + "</h2>\n" + each.content + "</section>\n";
    }
    return head_of(of) + "<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n" +
           header_of(of) + "<nav aria-label=\"Sections\"><ul>\n" + links +
           "</ul></nav>\n<main id=\"main\" tabindex=\"-1\">\n" + all +
           "</main>\n<footer><p>Made by <code>strata report</code> " STRATA_VERSION
           ".</p></footer>\n" +
           data_of(charts) + "<script>" + std::string{page_script} +
           "</script>\n</body>\n</html>\n";
}

}  // namespace strata::tool::report
