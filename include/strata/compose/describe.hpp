// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_DESCRIBE_HPP
#define STRATA_COMPOSE_DESCRIBE_HPP

#include <cstddef>
#include <iosfwd>
#include <memory_resource>
#include <string>
#include <vector>

#include <strata/core/usage.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata {

/// One resource of a described tree.
struct described_layer {
    std::size_t depth = 0;  ///< 0 for the root
    std::string name;
    strata::usage usage;
};

/// A tree of resources, in the order in which it is printed: each before its upstreams.
struct described_tree {
    std::pmr::vector<described_layer> layers{system_heap()};
};

/// What a resource is made of and how it is used, at this moment: a tree of its layers with live,
/// peak, reserved and overhead figures.
///
///     std::cout << strata::describe(memory);
///
/// Resources that are not this library's are leaves with their type's name and no figures.
/// Complexity: that of `usage` of each layer. Allocates one block of the C heap for the layers, and
/// with `operator new` each name of over 15 characters.
[[nodiscard]] described_tree describe(const std::pmr::memory_resource& of);

/// The characters that draw the tree's branches.
enum class charset {
    of_locale,  ///< box drawing where LC_ALL, LC_CTYPE or LANG say UTF-8, else ASCII
    ascii,
    unicode
};

/// As a table with the tree in its first column; figures that a layer does not know are "-". What
/// is not printable in a name is escaped, as in JSON.
[[nodiscard]] std::string to_text(const described_tree& tree, charset drawn_with = charset::of_locale);
std::ostream& operator<<(std::ostream& out, const described_tree& tree);

/// As nested JSON objects: `name`, the figures in bytes and blocks (null where not known), and
/// `upstreams`, an array.
[[nodiscard]] std::string to_json(const described_tree& tree);

}  // namespace strata

#endif
