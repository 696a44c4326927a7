// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_DESCRIBE_HPP
#define STRATA_COMPOSE_DESCRIBE_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory_resource>
#include <span>
#include <string>
#include <vector>

#include <strata/core/label.hpp>
#include <strata/core/usage.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata {

/// One resource of a described tree.
struct described_layer {
    std::size_t depth = 0;  ///< 0 for a root
    std::string name;          ///< the kind: "pool"
    strata::label label = {};  ///< the name that it was given
    strata::usage usage;
    /// The options that differ from the defaults, as in a strategy text: "first_chunk=64KiB".
    std::string options;
    /// The number of a layer that several layers or roots draw from. 0: it is not shared.
    std::size_t mark = 0;
    /// Whether the layer is listed before with the same mark. That entry has its figures, options
    /// and upstreams.
    bool is_repeated = false;
};

/// Resources and everything below them, in the order of printing: each before its upstreams.
struct described_tree {
    /// The first root and all below it, then the next root.
    std::pmr::vector<described_layer> layers{system_heap()};
    /// What the whole tree holds from outside: the reserved bytes of its sources; for a source that
    /// does not know them, of the layers right above it. A shared layer counts once.
    std::size_t total_bytes = 0;
    /// True if the tree may hold more: some source and the layer right above it do not know their
    /// bytes.
    bool total_is_least = false;
};

/// What resources are made of and how they are used, at this moment: a tree of their layers with
/// figures, options that differ from the defaults, and a total.
///
///     std::cout << strata::describe(memory);
///     std::cout << strata::describe(requests, sessions, cache);  // as one tree
///
/// A shared layer is printed in full once, with a mark; elsewhere only its name and the mark are
/// printed. The heap has no mark, because it counts nothing. Foreign resources are leaves with the
/// name of their type and no figures.
/// Complexity: that of `usage` of each layer, and O(layers^2). Allocates from the C heap for the
/// layers, and with `operator new` each name and list of options of over 15 characters.
[[nodiscard]] described_tree describe(std::span<const std::pmr::memory_resource* const> roots);

template <std::convertible_to<const std::pmr::memory_resource&>... More>
[[nodiscard]] described_tree describe(const std::pmr::memory_resource& root, const More&... more) {
    const std::array roots{&root, &static_cast<const std::pmr::memory_resource&>(more)...};
    return describe(std::span<const std::pmr::memory_resource* const>{roots});
}

/// The characters that draw the tree's branches.
enum class charset {
    of_locale,  ///< box drawing if LC_ALL, LC_CTYPE or LANG say UTF-8, else ASCII
    ascii,
    unicode
};

/// As a table with the tree in its first column; figures that a layer does not know are "-". The
/// last line has the total: with ">=" if the tree may hold more, or "-" if nothing is known.
/// Unprintable characters of a name are escaped, as in JSON.
[[nodiscard]] std::string to_text(const described_tree& tree,
                                  charset drawn_with = charset::of_locale);
std::ostream& operator<<(std::ostream& out, const described_tree& tree);

/// As a JSON object: `roots`, an array, `total_bytes` and `total_is_least`. Each root is an object
/// with `name` (the kind), `label` (if it was given one) and `options`. The figures follow, in
/// bytes and blocks, null if unknown. Last is `upstreams`, an array of such objects. A shared layer
/// has a `mark`; a repeated one has only name, label, mark and `"is_repeated": true`.
[[nodiscard]] std::string to_json(const described_tree& tree);

}  // namespace strata

#endif
