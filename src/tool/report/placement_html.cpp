// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/placement_html.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <strata/detail/text.hpp>

#include "tool/report/html.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::report {
namespace {

constexpr std::size_t shades = 4;

// 0: nothing of the part is live.
std::size_t shade_of(const placed_chunk& chunk, std::size_t part) {
    const std::uint64_t size = (chunk.bytes + placed_chunk::parts - 1) / placed_chunk::parts;
    const std::uint64_t live = chunk.live_in[part];
    return live == 0 ? 0 : static_cast<std::size_t>((live * shades + size - 1) / size);
}

// Rectangles as one path for each shade, each as long as there are parts of that shade.
std::string picture_of(const placed_chunk& chunk) {
    std::array<std::string, shades + 1> paths;
    for (std::size_t begin = 0; begin != placed_chunk::parts;) {
        const std::size_t shade = std::min(shade_of(chunk, begin), shades);
        std::size_t end = begin + 1;
        while (end != placed_chunk::parts && std::min(shade_of(chunk, end), shades) == shade) {
            ++end;
        }
        const std::string width = detail::decimal(end - begin);
        paths[shade].append("M" + detail::decimal(begin) + " 0h" + width + "v1h-" + width + "z");
        begin = end;
    }
    std::string all = "<svg class=\"chunk\" width=\"100%\" height=\"14\" viewBox=\"0 0 " +
                      detail::decimal(placed_chunk::parts) +
                      " 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">";
    for (std::size_t shade = 1; shade <= shades; ++shade) {
        if (!paths[shade].empty()) {
            all.append("<path class=\"s" + detail::decimal(shade) + "\" d=\"" + paths[shade] +
                       "\"/>");
        }
    }
    return all.append("</svg>");
}

}  // namespace

std::string html_of(const placement& of) {
    const std::string title =
        "In the chunks of " + std::string{of.resource == "arena" ? "an " : "a "} + of.resource;
    std::string all = "<h3>" + title + "</h3>\n";
    if (!of.is_complete) {
        return all.append("<p>Not placed: it would take more than " +
                          bytes_text(placer::most_bytes) + ".</p>\n");
    }
    all.append("<p>" + trace::many(of.chunks_in_all, "chunk") + " of " + bytes_text(of.taken) +
               " in all, with " + bytes_text(of.live) + " in " + trace::many(of.blocks, "block") +
               ": " + trace::percent_of(of.live, of.taken) + " is live." +
               (of.chunks.size() == of.chunks_in_all
                    ? std::string{}
                    : " These are the " + detail::decimal(of.chunks.size()) +
                          " with the most unused bytes.") +
               "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + title +
               "\"><table class=\"chunks\">\n<thead><tr><th scope=\"col\">Chunk</th><th "
               "scope=\"col\">Size</th><th scope=\"col\">Live</th><th class=\"bar\" "
               "scope=\"col\">Picture</th></tr></thead>\n<tbody>\n");
    for (const placed_chunk& each : of.chunks) {
        all.append("<tr><th scope=\"row\">" + detail::decimal(each.number) + "</th><td>" +
                   bytes_text(each.bytes) + "</td><td>" + trace::percent_of(each.live, each.bytes) +
                   "</td><td class=\"bar\">" + picture_of(each) + "</td></tr>\n");
    }
    return all.append("</tbody></table></div>\n");
}

}  // namespace strata::tool::report
