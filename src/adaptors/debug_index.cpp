// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_index.hpp"

#include <boost/intrusive/rbtree_algorithms.hpp>

#include <functional>

#include <strata/diagnostics/poison.hpp>

namespace strata::detail {
namespace {

constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value *= 0x9E37'79B9'7F4A'7C15ULL;
    return value ^ (value >> 29);
}

std::uint64_t seal_of(const debug_links* node) noexcept {
    return mix(reinterpret_cast<std::uintptr_t>(node) + 0x5EA1);
}

std::uint32_t term(const debug_links* link, std::uintptr_t which) noexcept {
    return static_cast<std::uint32_t>(mix(reinterpret_cast<std::uintptr_t>(link) + which) >> 32);
}

std::uint32_t sum_of_links(const debug_links* node) noexcept {
    return term(node->parent, 1) ^ term(node->left, 2) ^ term(node->right, 3) ^
           static_cast<std::uint32_t>(node->is_black);
}

bool is_sound(const debug_links* node) noexcept {
    return node->seal == seal_of(node) && node->sum == sum_of_links(node);
}

void seal_up(debug_links* node) noexcept {
    node->seal = seal_of(node);
    node->sum = sum_of_links(node);
}

// Each step along a link makes sure first that what it reads is still what was written.
struct node_traits {
    using node = debug_links;
    using node_ptr = debug_links*;
    using const_node_ptr = const debug_links*;
    using color = bool;

    static const debug_links* sound(const debug_links* at) noexcept {
        if (!is_sound(at)) {
            end_for_overwritten(const_cast<debug_links&>(*at));
        }
        return at;
    }
    static node_ptr get_parent(const_node_ptr at) { return sound(at)->parent; }
    static node_ptr get_left(const_node_ptr at) { return sound(at)->left; }
    static node_ptr get_right(const_node_ptr at) { return sound(at)->right; }
    static color get_color(const_node_ptr at) { return sound(at)->is_black; }
    // What was overwritten stays so: only the difference goes into the sum.
    static void set(node_ptr at, node_ptr& link, node_ptr to, std::uintptr_t which) {
        at->sum ^= term(link, which) ^ term(to, which);
        link = to;
    }
    static void set_parent(node_ptr at, node_ptr to) { set(at, at->parent, to, 1); }
    static void set_left(node_ptr at, node_ptr to) { set(at, at->left, to, 2); }
    static void set_right(node_ptr at, node_ptr to) { set(at, at->right, to, 3); }
    static void set_color(node_ptr at, color to) {
        at->sum ^= static_cast<std::uint32_t>(at->is_black != to);
        at->is_black = to;
    }
    static color black() { return true; }
    static color red() { return false; }
};

using tree = boost::intrusive::rbtree_algorithms<node_traits>;

const void* begin_of(const debug_links* node) noexcept {
    return static_cast<const debug_block*>(node)->begin;
}

// In memory that a tool may take for nobody's.
STRATA_TOUCHES_POISON const debug_links* find_seal(const std::byte* from,
                                                   const std::byte* to) noexcept {
    constexpr std::ptrdiff_t step = alignof(debug_block);
    for (; to - from >= step; from += step) {
        const auto* node = reinterpret_cast<const debug_links*>(from);
        if (node->seal == seal_of(node)) {
            return node;
        }
    }
    return nullptr;
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
    seal_up(this);
    checksum = sum_of_block();
}

void debug_block::resize(std::size_t to) noexcept {
    bytes = to;
    checksum = sum_of_block();
}

std::uint64_t debug_block::sum_of_block() const noexcept {
    return mix(mix(mix(mix(reinterpret_cast<std::uintptr_t>(begin)) + bytes) + alignment) + number);
}

void debug_block::check() const noexcept {
    if (!is_sound(this) || !knows_its_block()) {
        end_for_overwritten(const_cast<debug_block&>(*this));
    }
}

void debug_index::make_empty(debug_links& head) noexcept {
    seal_up(&head);
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

bool debug_index::is_whole(const debug_links* node) noexcept {
    return is_sound(node) && static_cast<const debug_block*>(node)->knows_its_block();
}

// A seal may be that of another tree, which nobody uses any more. What is in this one can be found.
debug_block* debug_index::record_in(std::span<const std::byte> memory) const noexcept {
    const std::byte* const end = memory.data() + memory.size();
    const std::byte* from = memory.data();
    while (const debug_links* sealed = find_seal(from, end)) {
        const auto* record = static_cast<const debug_block*>(sealed);
        if (record->knows_its_block() && find(record->begin) == record) {
            return find(record->begin);
        }
        from = reinterpret_cast<const std::byte*>(sealed) + alignof(debug_block);
    }
    return nullptr;
}

debug_block* debug_index::last_whole_before(const void* address) const noexcept {
    debug_links* last = &head_;
    debug_links* each = head_.parent;
    for (int depth = 0; each != nullptr && each != &head_ && depth != deepest; ++depth) {
        if (!is_whole(each)) {
            break;
        }
        const bool is_behind = std::less<>{}(address, begin_of(each));
        last = is_behind ? last : each;
        each = is_behind ? each->left : each->right;
    }
    return block_at(last);
}

debug_block* debug_index::first() const noexcept {
    return block_at(tree::begin_node(&head_));
}

debug_block* debug_index::next(debug_block& block) const noexcept {
    return block_at(tree::next_node(&block));
}

}  // namespace strata::detail
