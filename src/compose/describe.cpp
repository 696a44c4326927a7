// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/compose/describe.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <strata/core/detail/text.hpp>
#include <strata/core/detail/title.hpp>
#include <strata/core/detail/type_of.hpp>
#include <strata/core/format_bytes.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/core/resource.hpp>

namespace strata {
namespace {

// --- text -------------------------------------------------------------------------------------

struct branches {
    std::string_view child;
    std::string_view last_child;
    std::string_view past;      // below a child that has younger siblings
    std::string_view past_last;
};

constexpr branches ascii_branches{"|- ", "`- ", "|  ", "   "};
constexpr branches unicode_branches{"├─ ", "└─ ", "│  ", "   "};
constexpr std::size_t branch_width = 3;  // in columns, whatever the characters

bool locale_is_utf8() {
    for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(variable);
        if (value != nullptr && *value != '\0') {
            std::string codeset{value};  // "en_US.UTF-8", "C.utf8"
            std::ranges::transform(codeset, codeset.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
            return codeset.find("utf-8") != codeset.npos || codeset.find("utf8") != codeset.npos;
        }
    }
    return false;
}

// Whether a later layer is a sibling of layers[index], or, for a smaller depth, of its ancestor.
bool has_later_sibling(const described_tree& tree, std::size_t index, std::size_t depth) {
    for (std::size_t i = index + 1; i != tree.layers.size() && tree.layers[i].depth >= depth; ++i) {
        if (tree.layers[i].depth == depth) {
            return true;
        }
    }
    return false;
}

// Of the first column, in columns of a terminal.
std::size_t width_of(const described_layer& layer) {
    return branch_width * layer.depth + detail::columns_of(detail::printable(layer.name));
}

std::string drawn(const described_tree& tree, std::size_t index, const branches& with) {
    const described_layer& layer = tree.layers[index];
    std::string text;
    for (std::size_t depth = 1; depth <= layer.depth; ++depth) {
        const bool more = has_later_sibling(tree, index, depth);
        if (depth < layer.depth) {
            text += more ? with.past : with.past_last;
        } else {
            text += more ? with.child : with.last_child;
        }
    }
    return text + detail::printable(layer.name);
}

std::string bytes_or_dash(const std::optional<std::size_t>& bytes) {
    return bytes ? format_bytes(static_cast<std::int64_t>(*bytes)) : "-";
}

std::string count_or_dash(const std::optional<std::size_t>& count) {
    return count ? detail::decimal(*count) : "-";
}

std::string right_aligned(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

described_tree describe(const std::pmr::memory_resource& of) {
    described_tree tree;
    tree.layers.reserve(8);  // hardly a stack has more
    (void)detail::any_layer(of, [&](const std::pmr::memory_resource& layer, std::size_t depth) {
        if (const resource* const known = detail::as_resource(layer)) {
            tree.layers.push_back({depth, detail::title_of(*known), known->usage()});
        } else {
            tree.layers.push_back({depth, detail::type_name(layer), {}});
        }
        return false;
    });
    return tree;
}

std::string to_text(const described_tree& tree, charset drawn_with) {
    const bool unicode = drawn_with == charset::unicode ||
                         (drawn_with == charset::of_locale && locale_is_utf8());
    std::size_t width = 0;
    for (const described_layer& layer : tree.layers) {
        width = std::max(width, width_of(layer));
    }
    constexpr std::array titles{"live", "blocks", "peak", "reserved", "overhead"};
    constexpr std::size_t column = 12;
    std::string text(width, ' ');
    for (const char* title : titles) {
        text += right_aligned(title, column);
    }
    text += '\n';
    for (std::size_t i = 0; i != tree.layers.size(); ++i) {
        const described_layer& layer = tree.layers[i];
        const usage& known = layer.usage;
        text += drawn(tree, i, unicode ? unicode_branches : ascii_branches);
        text.append(width - width_of(layer), ' ');
        for (const std::string& figure :
             {bytes_or_dash(known.live_bytes), count_or_dash(known.live_blocks),
              bytes_or_dash(known.peak_bytes), bytes_or_dash(known.reserved_bytes),
              bytes_or_dash(known.overhead_bytes())}) {
            text += right_aligned(figure, column);
        }
        text += '\n';
    }
    return text;
}

std::ostream& operator<<(std::ostream& out, const described_tree& tree) {
    return detail::put(out, to_text(tree));
}

// --- JSON -------------------------------------------------------------------------------------

namespace {

// Appends the layer at `index` with all that is below it; returns the index of the next one.
std::size_t append_json(std::string& json, const described_tree& tree, std::size_t index) {
    const described_layer& layer = tree.layers[index];
    const auto member = [&](const char* name, const std::optional<std::size_t>& value) {
        json += std::string{", \""} + name + "\": " + (value ? detail::decimal(*value) : "null");
    };
    json += "{\"name\": " + detail::json_string(layer.name);
    member("live_bytes", layer.usage.live_bytes);
    member("live_blocks", layer.usage.live_blocks);
    member("peak_bytes", layer.usage.peak_bytes);
    member("reserved_bytes", layer.usage.reserved_bytes);
    member("overhead_bytes", layer.usage.overhead_bytes());
    json += ", \"upstreams\": [";
    std::size_t next = index + 1;
    while (next != tree.layers.size() && tree.layers[next].depth > layer.depth) {
        if (next != index + 1) {
            json += ", ";
        }
        next = append_json(json, tree, next);
    }
    json += "]}";
    return next;
}

}  // namespace

std::string to_json(const described_tree& tree) {
    std::string json;
    if (tree.layers.empty()) {
        return "null";
    }
    append_json(json, tree, 0);
    return json;
}

}  // namespace strata
