// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/compose/describe.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <strata/core/format_bytes.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/text.hpp>

#include "detail/type_of.hpp"
#include "option_text.hpp"

namespace strata {
namespace {

// --- text -------------------------------------------------------------------------------------

struct branches {
    std::string_view child;
    std::string_view last_child;
    std::string_view past;      // below a child with later siblings
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

// The text of the first column: the kind, the name and the mark.
std::string title_of(const described_layer& layer) {
    std::string title = detail::printable(layer.name);
    if (!layer.label.empty()) {
        title.append(" ").append(detail::quoted(layer.label.text()));
    }
    if (layer.mark != 0) {
        title += " [" + detail::decimal(layer.mark) + (layer.is_repeated ? "], above" : "]");
    }
    return title;
}

// The width of the first column, in columns of a terminal.
std::size_t width_of(const described_layer& layer) {
    return branch_width * layer.depth + detail::columns_of(title_of(layer));
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
    return text + title_of(layer);
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

// --- the tree ---------------------------------------------------------------------------------

namespace {

// Resources that every program shares: all heaps are equal, and each of the standard's resources
// exists once. They get no mark.
bool is_everyones(const std::pmr::memory_resource& layer) {
    return system_heap()->is_equal(layer) || &layer == std::pmr::new_delete_resource() ||
           &layer == std::pmr::null_memory_resource();
}

// Adds resources to a tree, each with everything below it.
class walk {
public:
    explicit walk(described_tree& to) : tree_{to} {}

    void add_root(const std::pmr::memory_resource& root) {
        const held whole = add(root, 0);
        tree_.total_bytes += whole.bytes;
        tree_.total_is_least = tree_.total_is_least || !whole.is_all;
    }

    // Until now, marks are indices of layers. Makes them numbers from 1.
    void number_marks() {
        std::size_t last = 0;
        for (std::size_t i = 0; i != tree_.layers.size(); ++i) {
            described_layer& layer = tree_.layers[i];
            if (layer.mark != 0) {
                layer.mark = layer.is_repeated ? tree_.layers[layer.mark - 1].mark : ++last;
            }
        }
    }

private:
    // The bytes that a layer and everything below it hold from outside, without bytes that were
    // counted before.
    struct held {
        std::size_t bytes = 0;
        bool is_all = false;
    };
    struct layer_seen {
        const void* identity;
        std::size_t index;
        bool held_is_all;
    };

    held add(const std::pmr::memory_resource& of, std::size_t depth) {
        const resource* const known = detail::as_resource(of);
        const void* const identity =
            known != nullptr ? static_cast<const void*>(&known->identity()) : &of;
        const bool may_be_shared = !is_everyones(of);
        if (const layer_seen* before = may_be_shared ? find(identity) : nullptr) {
            repeat(before->index, depth);
            return {.bytes = 0, .is_all = before->held_is_all};
        }
        const std::size_t index = tree_.layers.size();
        tree_.layers.push_back(described(of, known, depth));
        const std::optional<std::size_t> reserved = tree_.layers[index].usage.reserved_bytes;
        const std::size_t place = seen_.size();
        if (may_be_shared) {
            seen_.push_back({identity, index, false});
        }
        const held all = add_upstreams(known, depth, reserved);
        if (may_be_shared) {
            seen_[place].held_is_all = all.is_all;
        }
        return all;
    }

    held add_upstreams(const resource* of, std::size_t depth,
                       const std::optional<std::size_t>& reserved) {
        held all{.bytes = 0, .is_all = true};
        std::size_t count = 0;
        if (of != nullptr && depth != detail::deepest_layer) {
            for (; of->upstream(count) != nullptr; ++count) {
                const held one = add(*of->upstream(count), depth + 1);
                all.bytes += one.bytes;
                all.is_all = all.is_all && one.is_all;
            }
        }
        if (count == 0) {
            return {.bytes = reserved.value_or(0), .is_all = reserved.has_value()};
        }
        // A source below does not know what it holds. This layer knows what it took itself.
        if (!all.is_all && reserved) {
            return {.bytes = std::max(all.bytes, *reserved), .is_all = all.bytes == 0};
        }
        return all;
    }

    [[nodiscard]] static described_layer described(const std::pmr::memory_resource& layer,
                                                   const resource* known, std::size_t depth) {
        if (known == nullptr) {
            return {.depth = depth,
                    .name = detail::type_name(layer),
                    .label = {},
                    .usage = {},
                    .options = {}};
        }
        detail::listed_options options;
        known->list_options(options);
        return {.depth = depth,
                .name = std::string{known->name()},
                .label = known->label(),
                .usage = known->usage(),
                .options = options.text()};
    }

    void repeat(std::size_t index, std::size_t depth) {
        tree_.layers[index].mark = index + 1;
        described_layer again;
        again.depth = depth;
        again.name = tree_.layers[index].name;
        again.label = tree_.layers[index].label;
        again.mark = index + 1;
        again.is_repeated = true;
        tree_.layers.push_back(std::move(again));
    }

    [[nodiscard]] const layer_seen* find(const void* identity) const {
        const auto found = std::ranges::find(seen_, identity, &layer_seen::identity);
        return found == seen_.end() ? nullptr : &*found;
    }

    described_tree& tree_;
    std::pmr::vector<layer_seen> seen_{system_heap()};
};

}  // namespace

described_tree describe(std::span<const std::pmr::memory_resource* const> roots) {
    described_tree tree;
    tree.layers.reserve(8);  // hardly a stack has more
    walk layers{tree};
    for (const std::pmr::memory_resource* const root : roots) {
        layers.add_root(*root);
    }
    layers.number_marks();
    return tree;
}

// --- the table --------------------------------------------------------------------------------

std::string to_text(const described_tree& tree, charset drawn_with) {
    const bool unicode = drawn_with == charset::unicode ||
                         (drawn_with == charset::of_locale && locale_is_utf8());
    constexpr std::string_view title_of_total = "total";
    std::size_t width = title_of_total.size();
    for (const described_layer& layer : tree.layers) {
        width = std::max(width, layer.is_repeated ? 0 : width_of(layer));
    }
    constexpr std::array titles{"live", "blocks", "used", "peak", "reserved", "overhead"};
    constexpr std::size_t column = 11;
    const bool has_options = std::ranges::any_of(
        tree.layers, [](const described_layer& layer) { return !layer.options.empty(); });
    std::string text(width, ' ');
    for (const char* title : titles) {
        text += right_aligned(title, column);
    }
    text += has_options ? "  options\n" : "\n";
    for (std::size_t i = 0; i != tree.layers.size(); ++i) {
        const described_layer& layer = tree.layers[i];
        text += drawn(tree, i, unicode ? unicode_branches : ascii_branches);
        if (layer.is_repeated) {
            text += '\n';
            continue;
        }
        text.append(width - width_of(layer), ' ');
        const usage& known = layer.usage;
        for (const std::string& figure :
             {bytes_or_dash(known.live_bytes), count_or_dash(known.live_blocks),
              bytes_or_dash(known.used_bytes), bytes_or_dash(known.peak_bytes),
              bytes_or_dash(known.reserved_bytes), bytes_or_dash(known.overhead_bytes())}) {
            text += right_aligned(figure, column);
        }
        if (!layer.options.empty()) {
            text += "  " + detail::printable(layer.options);
        }
        text += '\n';
    }
    const std::string total = tree.total_is_least && tree.total_bytes == 0
                                  ? "-"
                                  : (tree.total_is_least ? ">=" : "") +
                                        bytes_or_dash(tree.total_bytes);
    constexpr std::size_t before_total = 5 * column;  // to the end of "reserved"
    text += title_of_total;
    text += right_aligned(total, width - title_of_total.size() + before_total);
    return text + '\n';
}

std::ostream& operator<<(std::ostream& out, const described_tree& tree) {
    return detail::put(out, to_text(tree));
}

// --- JSON -------------------------------------------------------------------------------------

namespace {

// Appends the layer at `index` and everything below it; returns the index of the next layer.
std::size_t append_json(std::string& json, const described_tree& tree, std::size_t index) {
    const described_layer& layer = tree.layers[index];
    const auto member = [&](const char* name, const std::optional<std::size_t>& value) {
        json += std::string{", \""} + name + "\": " + (value ? detail::decimal(*value) : "null");
    };
    json += "{\"name\": " + detail::json_string(layer.name);
    if (!layer.label.empty()) {
        json += ", \"label\": " + detail::json_string(layer.label.text());
    }
    if (layer.mark != 0) {
        json += ", \"mark\": " + detail::decimal(layer.mark);
    }
    if (layer.is_repeated) {
        json += ", \"is_repeated\": true}";
        return index + 1;
    }
    json += ", \"options\": " + detail::json_string(layer.options);
    member("live_bytes", layer.usage.live_bytes);
    member("live_blocks", layer.usage.live_blocks);
    member("used_bytes", layer.usage.used_bytes);
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
    std::string json = "{\"roots\": [";
    for (std::size_t next = 0; next != tree.layers.size();) {
        json += next == 0 ? "" : ", ";
        next = append_json(json, tree, next);
    }
    return json + "], \"total_bytes\": " + detail::decimal(tree.total_bytes) +
           ", \"total_is_least\": " + (tree.total_is_least ? "true" : "false") + "}";
}

}  // namespace strata
