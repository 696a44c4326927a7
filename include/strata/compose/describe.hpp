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
    /// What differs from the defaults, in the words of a strategy text: "first_chunk=64KiB".
    std::string options;
    /// The number of a layer from which several layers or roots draw. 0: it is not shared.
    std::size_t mark = 0;
    /// Whether the layer is listed before, under the same mark. Its figures, options and
    /// upstreams are there.
    bool is_repeated = false;
};

/// Resources with all that they draw from, in the order in which they are printed: each before its
/// upstreams.
struct described_tree {
    std::pmr::vector<described_layer> layers{system_heap()};
    /// What the whole tree holds from outside: the reserved bytes of its sources or, where a source
    /// does not tell them, of the layers right above it. A shared layer counts once.
    std::size_t total_bytes = 0;
    /// Whether more may be held: neither some source nor the layer right above it tells.
    bool total_is_least = false;
};

/// What resources are made of and how they are used, at this moment: a tree of their layers with
/// figures, options that differ from the defaults, and a total.
///
///     std::cout << strata::describe(memory);
///     std::cout << strata::describe(requests, sessions, cache);  // as one tree
///
/// A layer from which several draw is shown in full once, with a mark. Elsewhere, only its name and
/// the mark stand for it. The heap has no mark: all may share it, and it counts nothing.
/// Resources that are not this library's are leaves with their type's name and no figures.
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
    of_locale,  ///< box drawing where LC_ALL, LC_CTYPE or LANG say UTF-8, else ASCII
    ascii,
    unicode
};

/// As a table with the tree in its first column; figures that a layer does not know are "-". The
/// last line has the total, with ">=" where more may be held, or "-" where nothing is known. What
/// is not printable in a name is escaped, as in JSON.
[[nodiscard]] std::string to_text(const described_tree& tree,
                                  charset drawn_with = charset::of_locale);
std::ostream& operator<<(std::ostream& out, const described_tree& tree);

/// As a JSON object: `roots`, an array, `total_bytes` and `total_is_least`. Each root is an object
/// with `name` (the kind), `label` (if it was given one) and `options`. The figures follow, in
/// bytes and blocks, null where not known. Last is `upstreams`, an array of such objects. A shared
/// layer has a `mark`; where it is repeated, it has only name, label, mark and
/// `"is_repeated": true`.
[[nodiscard]] std::string to_json(const described_tree& tree);

}  // namespace strata

#endif
