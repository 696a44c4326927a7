// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/arena_resource.hpp>

#include <algorithm>
#include <new>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/option_list.hpp>
#include <strata/detail/checks.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>

#include "core/upstream_shield.hpp"
#include "detail/shield.hpp"
#include "strategies/arena_chunk.hpp"

namespace strata {

namespace {

constexpr std::size_t chunk_alignment = alignof(std::max_align_t);
constexpr std::size_t smallest_chunk = 128;  // so that growth has something to multiply
constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();
constexpr arena usual;

// `size` times `factor`, but no more than `limit`, and never less than `size`.
std::size_t grown(std::size_t size, double factor, std::size_t limit) noexcept {
    const double wanted = static_cast<double>(size) * factor;
    return wanted < static_cast<double>(limit)
               ? detail::round_up(static_cast<std::size_t>(wanted), chunk_alignment)
               : std::max(size, limit);
}

}  // namespace

arena_resource::arena_resource(void* buffer, std::size_t bytes, std::pmr::memory_resource* upstream)
    : arena_resource{
          arena{.first_chunk = buffer == nullptr || bytes == 0 ? arena{}.first_chunk
                                                               : grown(bytes, arena{}.growth, most),
                .initial_buffer = {static_cast<std::byte*>(buffer), bytes}},
          upstream} {}

// From a constant: to make a description first costs half as much as the arena.
arena_resource::arena_resource(std::pmr::memory_resource* upstream)
    : arena_resource{usual, upstream} {}

arena_resource::arena_resource(const arena& description, std::pmr::memory_resource* upstream)
    : layer{description.name},
      position_{description.initial_buffer.data()},
      upstream_{upstream},
      options_{description},
      handles_frees_{description.reuse_last || guard_.is_on()} {
    if (options_.initial_buffer.data() == nullptr) {
        options_.initial_buffer = {};  // no buffer, whatever the size
    }
    if (!(options_.growth >= 1.0)) {  // written so that NaN is caught too
        options_.growth = 1.0;
    }
    if (options_.first_chunk == auto_size) [[unlikely]] {
        learnt_ = detail::learnt_size::as_described(description);
        options_.profile = learnt_.file();
    } else {
        options_.first_chunk = std::min(options_.first_chunk, options_.largest_chunk);
        options_.profile = {};
    }
    enter(nullptr, options_.initial_buffer.data());
    detail::poison(options_.initial_buffer.data(), options_.initial_buffer.size());
}

arena_resource::~arena_resource() {
    if (learnt_) [[unlikely]] {
        note_need();
    }
    if (spare_ != nullptr) {
        give_back_spare();
    }
    give_back(newest_);
    guard_.let_go(options_.initial_buffer.data(), options_.initial_buffer.size());
}

std::size_t arena_resource::size_for(std::size_t payload) noexcept {
    const std::size_t size = std::min(payload, most - smallest_chunk) + sizeof(chunk);
    return std::max(detail::round_up(size, chunk_alignment), smallest_chunk);
}

// What the first chunk should serve.
std::size_t arena_resource::first_payload() const noexcept {
    return learnt_ ? std::min(learnt_.size(), options_.largest_chunk) : options_.first_chunk;
}

// Chunks grow from the last usual size: a single large block must not make all later chunks large.
std::size_t arena_resource::next_size() const noexcept {
    if (usual_size_ == 0) {
        return size_for(first_payload());
    }
    return grown(usual_size_, options_.growth, size_for(options_.largest_chunk));
}

std::byte* arena_resource::begin_of(const chunk* window) const noexcept {
    return window == nullptr ? options_.initial_buffer.data() : const_cast<chunk*>(window)->begin();
}

std::byte* arena_resource::end_of(const chunk* window) const noexcept {
    return window == nullptr ? options_.initial_buffer.data() + options_.initial_buffer.size()
                             : const_cast<chunk*>(window)->end();
}

std::size_t arena_resource::used_bytes() const noexcept {
    return closed_bytes_ + static_cast<std::size_t>(position_ - begin_of(current_));
}

void arena_resource::note_peak() noexcept {
    peak_bytes_ = std::max(peak_bytes_, used_bytes());
}

void arena_resource::enter(chunk* window, std::byte* position) noexcept {
    current_ = window;
    position_ = position;
    quick_end_ = guard_.is_on() ? nullptr : end_of(window);
}

// --- allocation -------------------------------------------------------------------------------

// Begins with the quick path of checked builds.
[[gnu::noinline]] void* arena_resource::allocate_slow(std::size_t bytes, std::size_t alignment) {
    if (checked && detail::is_power_of_two(alignment)) [[likely]] {
        const detail::quick_call here{guard_, *this};
        void* block = nullptr;
        if (here && position_.take(end_of(current_), bytes, alignment, block)) [[likely]] {
            return block;
        }
    }
    if (!guard_.is_on() && bytes != 0) {  // so the quick path has found no room
        return take_from_other(bytes, alignment);
    }
    return allocate_otherwise(bytes, alignment);
}

// Not inlined: that would add instructions to the quick path before it.
[[gnu::noinline]] void* arena_resource::allocate_otherwise(std::size_t bytes,
                                                           std::size_t alignment) {
    return guard_.allocate(*this, {bytes, alignment},
                           [&](std::size_t size) { return take_block(size, alignment); });
}

void* arena_resource::take_block(std::size_t bytes, std::size_t alignment) {
    void* block = nullptr;
    if (position_.take(end_of(current_), bytes, alignment, block)) {
        return block;
    }
    return take_from_other(bytes, alignment);
}

// From a spare chunk or a new one.
void* arena_resource::take_from_other(std::size_t bytes, std::size_t alignment) {
    if (bytes > most - smallest_chunk) {
        detail::raise_no_memory();
    }
    chunk* fresh = take_spare(bytes, alignment);
    if (fresh == nullptr && learnt_ && usual_size_ == 0) [[unlikely]] {
        fresh = take_learnt_chunk(bytes, alignment);
    }
    if (fresh == nullptr) {
        const std::size_t next = next_size();
        fresh = take_chunk(std::max(size_for(bytes), next), alignment);
        usual_size_ = next;
    }
    return serve_from_new(fresh, bytes, alignment);
}

arena_resource::chunk* arena_resource::take_spare(std::size_t bytes,
                                                  std::size_t alignment) noexcept {
    for (chunk** link = &spare_; *link != nullptr; link = &(*link)->next) {
        chunk* candidate = *link;
        const std::size_t padding = detail::padding_at(candidate->begin(), alignment);
        const std::size_t room = candidate->size - sizeof(chunk);
        if (padding <= room && bytes <= room - padding) {
            *link = candidate->next;
            return candidate;
        }
    }
    return nullptr;
}

arena_resource::chunk* arena_resource::take_chunk(std::size_t size, std::size_t alignment) {
    alignment = std::max(alignment, chunk_alignment);
    auto* memory = static_cast<std::byte*>(detail::allocate_from(*upstream_, size, alignment));
    reserved_bytes_ += size;
    std::byte* end = memory + size - sizeof(chunk);
    detail::poison(memory, size - sizeof(chunk));
    detail::announce(end, sizeof(chunk));
    auto* header = ::new (end) chunk{nullptr, size, alignment};
    return header;
}

void* arena_resource::serve_from_new(chunk* fresh, std::size_t bytes,
                                     std::size_t alignment) noexcept {
    const std::size_t used = used_bytes();
    if (newest_ == nullptr) {
        bytes_before_chunks_ = std::min(bytes_before_chunks_, used);
    }
    fresh->next = std::exchange(newest_, fresh);
    std::byte* block = detail::round_up(fresh->begin(), alignment);
    if (fresh->end() - (block + bytes) >= end_of(current_) - position_) {
        closed_bytes_ = used;
        enter(fresh, block + bytes);
    } else {
        closed_bytes_ += static_cast<std::size_t>(block + bytes - fresh->begin());
    }
    return block;
}

// Most blocks that are freed are in the current chunk.
bool arena_resource::is_in_current(const void* block) const noexcept {
    const auto begin = reinterpret_cast<std::uintptr_t>(begin_of(current_));
    return reinterpret_cast<std::uintptr_t>(block) - begin <
           static_cast<std::size_t>(position_ - begin_of(current_));
}

// If it is the newest, its room is used again, where the options say so.
[[gnu::always_inline]] inline void arena_resource::take_back_newest(void* block,
                                                                    std::size_t bytes) noexcept {
    const auto used = static_cast<std::size_t>(position_ - begin_of(current_));
    if (options_.reuse_last && bytes <= used && block == position_ - bytes) {
        note_peak();
        position_ = position_ - bytes;
    }
}

// Begins with the quick path of checked builds.
void arena_resource::deallocate_slow(void* block, std::size_t bytes,
                                     std::size_t alignment) noexcept {
    if (checked && bytes != 0 && is_in_current(block)) [[likely]] {
        if (const detail::quick_call here{guard_, *this}) [[likely]] {
            return take_back_newest(block, bytes);
        }
    }
    deallocate_otherwise(block, bytes, alignment);
}

[[gnu::noinline]] void arena_resource::deallocate_otherwise(void* block, std::size_t bytes,
                                                            std::size_t alignment) noexcept {
    const auto objection = [&] {
        return is_in_current(block) || owns(block) == ownership::yes ? nullptr
                                                                     : "which is not in it";
    };
    guard_.deallocate(*this, block, {bytes, alignment}, objection,
                      [&](std::size_t size) { take_back_newest(block, size); });
}

bool arena_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const detail::guarded_call here{guard_, *this};
    auto* const begin = static_cast<std::byte*>(block);
    const bool is_newest =
        begin + std::max<std::size_t>(as.size, 1) == position_ && position_ != begin_of(current_);
    const std::size_t size = std::max<std::size_t>(bytes, 1);
    if (!guard_.may_resize(*this, block, as) || !is_newest ||
        size > static_cast<std::size_t>(end_of(current_) - begin)) {
        return false;
    }
    note_peak();
    position_ = begin + size;
    guard_.resized(block, as, bytes);
    return true;
}

// --- marks ------------------------------------------------------------------------------------

arena_mark arena_resource::mark() noexcept {
    const detail::guarded_call here{guard_, *this};
    arena_mark now;
    now.arena_ = this;
    now.newest_ = newest_;
    now.current_ = current_;
    now.position_ = position_;
    now.closed_bytes_ = closed_bytes_;
    now.serial_ = marks_.next();
    if (guard_.is_on()) {
        marks_.add(now.serial_);
    }
    return now;
}

void arena_resource::rewind(const arena_mark& mark) noexcept {
    const detail::guarded_call here{guard_, *this};
    if (mark.arena_ != this || (guard_.is_on() && !marks_.rewind(mark.serial_))) {
        misuse("arena: rewind to a mark of another arena, or one made stale by an earlier "
               "rewind, reset or release; do scopes of one arena end out of order?");
        return;
    }
    return_to(mark);
}

void arena_resource::return_to(const arena_mark& mark) noexcept {
    note_peak();
    make_spare(static_cast<chunk*>(mark.newest_));
    closed_bytes_ = mark.closed_bytes_;
    enter(static_cast<chunk*>(mark.current_), mark.position_);
    guard_.give_up(position_, static_cast<std::size_t>(end_of(current_) - position_));
}

// Makes spare all chunks that are newer than `last`.
void arena_resource::make_spare(const chunk* last) noexcept {
    while (newest_ != last) {
        chunk* freed = std::exchange(newest_, newest_->next);
        freed->next = std::exchange(spare_, freed);
        guard_.give_up(freed->begin(), freed->size - sizeof(chunk));
    }
}

// --- reset and release ------------------------------------------------------------------------

void arena_resource::to_start() noexcept {
    marks_.clear();
    arena_mark start;
    start.position_ = options_.initial_buffer.data();
    return_to(start);
}

void arena_resource::reset(retain what) noexcept {
    switch (what) {
        case retain::none:
            reset(std::size_t{0});
            return;
        case retain::all:
            reset(most);
            return;
        case retain::recent:
            recent_bytes_ = std::max(used_bytes(), recent_bytes_ - recent_bytes_ / 8);
            // Returns memory only if twice as much is held, and then keeps half as much again, so
            // that rounds of varying size make no upstream call.
            const std::size_t enough =
                std::max(size_for(recent_bytes_ + recent_bytes_ / 2), size_for(first_payload()));
            reset(reserved_bytes_ / 2 > enough ? enough : most);
            return;
    }
}

void arena_resource::reset(std::size_t retain_at_most) noexcept {
    const detail::guarded_call here{guard_, *this};
    if (learnt_) [[unlikely]] {
        note_need();
    }
    to_start();
    const std::size_t before_chunks = std::exchange(bytes_before_chunks_, most);
    if (spare_ == nullptr || (spare_->next == nullptr && reserved_bytes_ <= retain_at_most)) {
        return;
    }
    // The one chunk must have room for the blocks of all chunks. Some had a large alignment, and
    // were at the start of a chunk with that alignment. It must also have room for
    // blocks that the initial buffer served after the first chunk came: once a chunk has more room,
    // the buffer serves no more.
    const std::size_t buffer = options_.initial_buffer.size();
    std::size_t size = detail::round_up(buffer - std::min(before_chunks, buffer), chunk_alignment);
    std::size_t alignment = chunk_alignment;
    for (const chunk* kept = spare_; kept != nullptr; kept = kept->next) {
        size += kept->size + (kept->alignment - chunk_alignment);
        alignment = std::max(alignment, kept->alignment);
    }
    give_back_spare();
    // Growth starts anew: chunks that were given back no longer count.
    usual_size_ = 0;
    size = std::min(size, retain_at_most & ~(chunk_alignment - 1));
    if (size >= smallest_chunk) {
        retain_as_one(size, alignment);
    }
}

void arena_resource::retain_as_one(std::size_t size, std::size_t alignment) noexcept {
    const detail::shield here;
    try {
        const detail::attempt now;
        spare_ = take_chunk(size, alignment);
        const std::size_t first = next_size();
        usual_size_ = size;
        if (next_size() < first) {
            usual_size_ = 0;
        }
    } catch (...) {
        // The next round then takes its chunks from the upstream again.
    }
}

void arena_resource::release() noexcept {
    const detail::guarded_call here{guard_, *this};
    if (learnt_) [[unlikely]] {
        note_need();
    }
    to_start();
    give_back_spare();
    bytes_before_chunks_ = most;
    usual_size_ = 0;
    recent_bytes_ = 0;
}

// Gives back the newest first, so that an upstream that can reuse only its newest block, such as a
// buffer, regains the room of all chunks.
void arena_resource::give_back_spare() noexcept {
    chunk* newest_first = nullptr;
    while (spare_ != nullptr) {
        chunk* next = std::exchange(spare_, spare_->next);
        next->next = std::exchange(newest_first, next);
    }
    give_back(newest_first);
}

void arena_resource::give_back(chunk* newest_first) noexcept {
    if (newest_first == nullptr) {
        return;
    }
    const detail::upstream_shield here{upstream_};
    while (newest_first != nullptr) {
        chunk* freed = std::exchange(newest_first, newest_first->next);
        const std::size_t size = freed->size;
        std::byte* begin = freed->begin();
        reserved_bytes_ -= size;
        guard_.let_go(begin, size);
        upstream_->deallocate(begin, size, freed->alignment);
    }
}

// --- inspection -------------------------------------------------------------------------------

std::pmr::memory_resource* arena_resource::do_upstream(std::size_t index) const noexcept {
    return index == 0 ? upstream_ : nullptr;
}

ownership arena_resource::do_owns(const void* block) const noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const auto holds = [&](const chunk* window) {
        const auto begin = reinterpret_cast<std::uintptr_t>(begin_of(window));
        return address >= begin && address < reinterpret_cast<std::uintptr_t>(end_of(window));
    };
    if (holds(nullptr)) {
        return ownership::yes;
    }
    for (const chunk* window = newest_; window != nullptr; window = window->next) {
        if (holds(window)) {
            return ownership::yes;
        }
    }
    return ownership::no;
}

void arena_resource::do_list_options(option_list& to) const {
    arena usual;
    usual.first_chunk = std::min(usual.first_chunk, options_.largest_chunk);
    to.add(options_, usual);
}

usage arena_resource::do_usage() const noexcept {
    const std::size_t used = used_bytes();
    return {.live_bytes = std::nullopt,
            .live_blocks = std::nullopt,
            .used_bytes = used,
            .peak_bytes = std::max(peak_bytes_, used),
            .reserved_bytes = reserved_bytes_ + options_.initial_buffer.size()};
}

}  // namespace strata
