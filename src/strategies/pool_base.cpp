// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/pool_base.hpp>

#include <algorithm>
#include <limits>

#include <strata/core/option_list.hpp>
#include <strata/detail/cache_line.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

namespace strata::detail {

// --- options ----------------------------------------------------------------------------------

namespace {

// A 0 counts as 1.
constexpr std::size_t between_1_and(std::size_t most, std::size_t value) noexcept {
    return std::min(std::max<std::size_t>(value, 1), most);
}

template <class Description>
constexpr bool is_concurrent = std::same_as<Description, concurrent_pool>;

// A chunk has at most as many blocks as fit into the largest chunk at the smallest size.
template <class Description>
constexpr chunk_growth growth_of(const Description& description) noexcept {
    constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() / 2;
    const std::size_t largest = between_1_and(most, description.largest_chunk);
    constexpr std::size_t smallest =
        is_concurrent<Description> ? shared_free_blocks::block_size(0) : size_of_class(0);
    const std::size_t most_blocks = std::max<std::size_t>(largest / smallest, 1);
    const std::size_t first =
        description.first_chunk == auto_size ? Description{}.first_chunk : description.first_chunk;
    return {.first = between_1_and(most, first),
            .largest = largest,
            .max_blocks = between_1_and(most_blocks, description.max_blocks_per_chunk)};
}

// The size of the largest blocks that the pool keeps.
template <class Description>
constexpr std::size_t largest_of(const Description& description) noexcept {
    const std::size_t largest = between_1_and(largest_class_size, description.largest_block);
    return size_of_class(size_class_of(largest - 1));
}

}  // namespace

// The sizes of a description that a pool can have.
template <class Self, class Description>
struct described_pool<Self, Description>::sizes {
    constexpr explicit sizes(const Description& of) noexcept
        : growth{growth_of(of)},
          largest_kept{largest_of(of)},
          hardened{of.hardened} {}

    chunk_growth growth;
    std::size_t largest_kept;
    bool hardened;
};

// Computed at compile time: that is half of what the constructor would do.
template <class Self, class Description>
described_pool<Self, Description>::described_pool(std::pmr::memory_resource* upstream)
    : described_pool{[]() -> const sizes& {
                         static constexpr sizes usual{Description{}};
                         return usual;
                     }(),
                     strata::label{}, upstream} {}

template <class Self, class Description>
described_pool<Self, Description>::described_pool(std::pmr::memory_resource* upstream,
                                                  const Description& description)
    : described_pool{sizes{description}, description.name, upstream} {
    if (description.first_chunk == auto_size) [[unlikely]] {
        this->chunks_.learn_first(learnt_size::as_described(description));
    }
}

template <class Self, class Description>
described_pool<Self, Description>::described_pool(const sizes& valid, const strata::label& name,
                                                  std::pmr::memory_resource* upstream) noexcept
    : layer<Self, Description, pool_base>{
          name,           upstream,
          valid.growth,   valid.largest_kept,
          valid.hardened, is_concurrent<Description> ? callers::several : callers::one} {
    if constexpr (is_concurrent<Description>) {
        this->set_quick_limit(std::min(this->limit_, table_reach));  // all classes are ready
    }
}

template <class Self, class Description>
pool_options_in_force<Description> described_pool<Self, Description>::options() const noexcept {
    const chunk_growth& growth = this->chunks_.growth();
    const learnt_size& learnt = this->chunks_.learnt();
    return {Description{.largest_block = this->large_.largest_kept(),
                        .max_blocks_per_chunk = growth.max_blocks,
                        .first_chunk = learnt ? auto_size : growth.first,
                        .largest_chunk = growth.largest,
                        .hardened = this->hardened_,
                        .profile = learnt ? learnt.file() : std::string_view{},
                        .name = this->label()},
            this->large_.largest_kept()};
}

// The most blocks of a chunk follow from its size, and are listed only if fewer are asked for.
template <class Self, class Description>
void described_pool<Self, Description>::do_list_options(option_list& to) const {
    const Description in_force = options();
    Description same_chunks;
    same_chunks.largest_chunk = in_force.largest_chunk;
    Description usual;
    usual.largest_block = largest_of(usual);
    usual.max_blocks_per_chunk = growth_of(same_chunks).max_blocks;
    to.add(in_force, usual);
}

template class described_pool<pool_resource, pool>;
template class described_pool<concurrent_pool_resource, concurrent_pool>;

pool_base::pool_base(const strata::label& name, std::pmr::memory_resource* upstream,
                     const chunk_growth& growth, std::size_t largest, bool hardened,
                     callers from) noexcept
    : resource{name},
      limit_{std::min(largest, large_blocks::largest_carved)},
      guard_{from},
      links_{guard_.is_on() || hardened ? link_code::of(this) : link_code{}},
      chunks_{upstream, growth, guard_, from == callers::several ? cache_line : 1},
      large_{upstream, guard_, largest},
      hardened_{hardened} {}

void pool_base::set_quick_limit(std::size_t limit) noexcept {
    quick_limit_ = links_.is_on() ? 0 : limit;
    coded_limit_ = links_.is_on() && !guard_.is_watching() ? limit : 0;
}

// --- free blocks ------------------------------------------------------------------------------

void pool_base::written_block::report() const noexcept {
    misuse_of(of_, "the free block at %p was written to after it was freed",
              static_cast<const void*>(at_));
}

void pool_base::report_freed_twice(const void* block) const noexcept {
    misuse_of(*this, "deallocate of %p, which was freed just before", block);
}

void pool_base::decode(free_list& from, free_list& to, const written_block& found) const noexcept {
    while (!from.empty()) {
        to.push(take_free(from, found));
    }
}

void pool_base::code(const free_list& list) const noexcept {
    for (link* block = list.first; block != nullptr && links_.is_on();) {
        link* const next = next_of(block);
        links_.write(block, next);
        block = next;
    }
}

// --- blocks that are freed or resized -----------------------------------------------------------

void pool_base::put_large(void* block, layout as) noexcept {
    if (links_.is_on() && !large_.may_free(block, as)) [[unlikely]] {
        return misuse_of(*this, "deallocate of %p, %zu bytes, %s", static_cast<const void*>(block),
                         as.size, objection_to(block, as));
    }
    large_.deallocate(block, as);
}

std::size_t pool_base::room_of(layout as) const noexcept {
    const std::size_t size = std::max<std::size_t>(as.size, 1);
    return is_large(as) ? large_.room_for({size, as.alignment})
                        : size_of_class(size_class_of(reach_of(size, as.alignment)));
}

std::size_t pool_base::do_usable_size(const void* /*block*/, layout as) const noexcept {
    return guard_.is_watching() ? as.size : room_of(as);
}

bool pool_base::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const guarded_call here{guard_, *this};
    if (!guard_.may_resize(*this, block, as, [&] { return objection_to(block, as); })) {
        return false;
    }
    const layout wanted{bytes, as.alignment};
    if (is_large(as) != is_large(wanted)) {
        return false;
    }
    if (room_of(as) != room_of(wanted)) {
        return is_large(as) && large_.try_expand(block, as, bytes);
    }
    guard_.resized(block, as, bytes);
    return true;
}

std::pmr::memory_resource* pool_base::do_upstream(std::size_t index) const noexcept {
    return index == 0 ? chunks_.upstream() : nullptr;
}

}  // namespace strata::detail
