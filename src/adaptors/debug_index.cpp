// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_index.hpp"

#include <boost/intrusive/rbtree_algorithms.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>

namespace strata::detail {
namespace {

constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value *= 0x9E37'79B9'7F4A'7C15ULL;
    return value ^ (value >> 29);
}

std::uint64_t seal_of(const debug_links* node) noexcept {
    return mix(reinterpret_cast<std::uintptr_t>(node) + 0x5EA1);
}

// Nothing that is read from here on can be relied on, so there is no going on either.
[[noreturn]] void end_program(const void* at) noexcept {
    std::fprintf(
        stderr,
        "strata: misuse: debug: its own records, which are in memory of the upstream, were "
        "overwritten\n  first seen at %p; it cannot go on\n",
        at);
    std::abort();
}

// Each step along a link makes sure first that what it reads is still what was written.
struct node_traits {
    using node = debug_links;
    using node_ptr = debug_links*;
    using const_node_ptr = const debug_links*;
    using color = bool;

    static const debug_links* sound(const debug_links* at) noexcept {
        if (at->seal != seal_of(at)) {
            end_program(at);
        }
        return at;
    }
    static node_ptr get_parent(const_node_ptr at) { return sound(at)->parent; }
    static node_ptr get_left(const_node_ptr at) { return sound(at)->left; }
    static node_ptr get_right(const_node_ptr at) { return sound(at)->right; }
    static color get_color(const_node_ptr at) { return sound(at)->is_black; }
    static void set_parent(node_ptr at, node_ptr to) { at->parent = to; }
    static void set_left(node_ptr at, node_ptr to) { at->left = to; }
    static void set_right(node_ptr at, node_ptr to) { at->right = to; }
    static void set_color(node_ptr at, color to) { at->is_black = to; }
    static color black() { return true; }
    static color red() { return false; }
};

using tree = boost::intrusive::rbtree_algorithms<node_traits>;

const void* begin_of(const debug_links* node) noexcept {
    return static_cast<const debug_block*>(node)->begin;
}

struct in_order {
    bool operator()(const debug_links* a, const debug_links* b) const noexcept {
        return std::less<>{}(begin_of(a), begin_of(b));
    }
    bool operator()(const debug_links* a, const void* b) const noexcept {
        return std::less<>{}(begin_of(a), b);
    }
    bool operator()(const void* a, const debug_links* b) const noexcept {
        return std::less<>{}(a, begin_of(b));
    }
};

}  // namespace

debug_block::debug_block(std::byte* at, layout asked, std::uint64_t serial,
                         std::size_t room) noexcept
    : begin{at},
      bytes{asked.size},
      alignment{asked.alignment},
      number{serial},
      most_calls{static_cast<std::uint16_t>(room)} {
    seal = seal_of(this);
    checksum = sum();
}

std::uint64_t debug_block::sum() const noexcept {
    return mix(mix(mix(mix(reinterpret_cast<std::uintptr_t>(begin)) + bytes) + alignment) + number);
}

void debug_block::check() const noexcept {
    if (seal != seal_of(this) || checksum != sum()) {
        end_program(this);
    }
}

void debug_index::make_empty(debug_links& head) noexcept {
    head.seal = seal_of(&head);
    tree::init_header(&head);
}

debug_block* debug_index::block_at(debug_links* node) const noexcept {
    return node == &head_ ? nullptr : static_cast<debug_block*>(node);
}

void debug_index::insert(debug_block& block) noexcept {
    tree::insert_equal_upper_bound(&head_, &block, in_order{});
}

void debug_index::erase(debug_block& block) noexcept {
    tree::erase(&head_, &block);
}

debug_block* debug_index::find(const void* begin) const noexcept {
    debug_block* found = block_at(tree::find(&head_, begin, in_order{}));
    if (found != nullptr) {
        found->check();
    }
    return found;
}

debug_block* debug_index::before(const void* address) const noexcept {
    debug_links* above = tree::upper_bound(&head_, address, in_order{});
    return above == tree::begin_node(&head_) ? nullptr : block_at(tree::prev_node(above));
}

debug_block* debug_index::after(const void* address) const noexcept {
    return block_at(tree::upper_bound(&head_, address, in_order{}));
}

debug_block* debug_index::first() const noexcept {
    return block_at(tree::begin_node(&head_));
}

debug_block* debug_index::next(debug_block& block) const noexcept {
    return block_at(tree::next_node(&block));
}

}  // namespace strata::detail
