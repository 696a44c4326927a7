// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/concurrent_arena_resource.hpp>

#include <algorithm>
#include <bit>
#include <mutex>
#include <new>

#include <strata/core/option_list.hpp>
#include <strata/detail/cache_line.hpp>
#include <strata/detail/round_up.hpp>

namespace strata {

namespace {

constexpr std::size_t first_slab = 1024;

}  // namespace

concurrent_arena_resource::concurrent_arena_resource(const concurrent_arena& description,
                                                     std::pmr::memory_resource* upstream)
    : layer{description.name},
      thread_caches{&give_up, after_fork::forget},
      upstream_{upstream},
      shared_{
          arena{.first_chunk = description.first_chunk == auto_size ? concurrent_arena{}.first_chunk
                                                                    : description.first_chunk,
                .growth = description.growth,
                .largest_chunk = description.largest_chunk,
                .initial_buffer = description.initial_buffer,
                .name = description.name},
          &upstream_},
      largest_slab_{
          std::max(detail::round_up(std::min(description.largest_slab, std::size_t{1} << 30),
                                    detail::cache_line),
                   first_slab)},
      checks_frees_{guard_.is_on()} {}

// The turn of one thread to use the shared arena. A callback of the upstream runs in the same
// thread, and may take the turn again. A fork waits until the arena is consistent.
class concurrent_arena_resource::use_of_shared {
public:
    explicit use_of_shared(const concurrent_arena_resource& of) noexcept : turn_{of.mutex_} {}

private:
    std::lock_guard<detail::call_mutex> turn_;
    detail::section whole_;
};

concurrent_arena_resource::~concurrent_arena_resource() {
    forget_all();
}

concurrent_arena concurrent_arena_resource::options() const noexcept {
    const arena& of_shared = shared_.options();
    return {.first_chunk = of_shared.first_chunk,
            .growth = of_shared.growth,
            .largest_chunk = of_shared.largest_chunk,
            .largest_slab = largest_slab_,
            .initial_buffer = of_shared.initial_buffer,
            .name = label()};
}

// --- allocate ---------------------------------------------------------------------------------

[[gnu::noinline]] void* concurrent_arena_resource::allocate_slow(std::size_t bytes,
                                                                 std::size_t alignment) {
    return guard_.allocate(*this, {bytes, alignment},
                           [&](std::size_t size) { return take_block(size, alignment); });
}

void* concurrent_arena_resource::take_block(std::size_t bytes, std::size_t alignment) {
    // A slab serves at least four blocks: else too much of the last slab could be left unused.
    const std::size_t most = std::max(bytes, alignment);
    if (most > largest_slab_ / 4) {
        const use_of_shared here{*this};
        return shared_.allocate(bytes, alignment);
    }
    auto* mine = static_cast<slab*>(find());
    if (mine == nullptr && (mine = static_cast<slab*>(find_or_adopt())) == nullptr) {
        mine = make_slab();
    }
    void* block = nullptr;
    if (mine != nullptr && mine->position.take(mine->end, bytes, alignment, block)) {
        return block;
    }
    const use_of_shared here{*this};
    if (mine == nullptr) {  // the thread is ending
        return shared_.allocate(bytes, alignment);
    }
    const std::size_t size =
        std::min(std::max(mine->next_size, 4 * std::bit_ceil(most)), largest_slab_);
    mine->position = static_cast<std::byte*>(shared_.allocate(size, detail::cache_line));
    mine->end = mine->position + size;
    mine->quick_end = guard_.is_on() ? nullptr : mine->end;
    mine->next_size = std::min(2 * size, largest_slab_);
    detail::poison(mine->position, size);
    (void)mine->position.take(mine->end, bytes, alignment, block);  // it fits
    return block;
}

void concurrent_arena_resource::deallocate_guarded(void* block, std::size_t bytes,
                                                   std::size_t alignment) noexcept {
    const auto objection = [&] {
        return owns(block) == ownership::yes ? nullptr : "which is not in it";
    };
    guard_.deallocate_guarded(*this, block, {bytes, alignment}, objection, [] {});
}

// A block does not move between a slab and the shared arena, because its size must tell where it
// is. A new slab serves a block at once, so `position` is never at the start of a slab, where a
// block of another slab may end.
bool concurrent_arena_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const detail::guarded_call here{guard_, *this};
    const std::size_t before = std::max<std::size_t>(as.size, 1);
    const std::size_t after = std::max<std::size_t>(bytes, 1);
    const auto is_shared = [&](std::size_t size) {
        return std::max(size, as.alignment) > largest_slab_ / 4;
    };
    if (!guard_.may_resize(*this, block, as) || is_shared(before) != is_shared(after)) {
        return false;
    }
    if (is_shared(before)) {
        const use_of_shared alone{*this};
        if (!shared_.try_expand(block, {before, as.alignment}, after)) {
            return false;
        }
        guard_.resized(block, as, bytes);  // before another thread gets the end that it gave up
        return true;
    }
    auto* const mine = static_cast<slab*>(find());
    auto* const begin = static_cast<std::byte*>(block);
    if (mine == nullptr || begin + before != mine->position ||
        after > static_cast<std::size_t>(mine->end - begin)) {
        return false;
    }
    mine->position = begin + after;
    guard_.resized(block, as, bytes);
    return true;
}

concurrent_arena_resource::slab* concurrent_arena_resource::make_slab() {
    if (!detail::has_or_takes_record()) {
        return nullptr;
    }
    slab* made = nullptr;
    {
        const use_of_shared here{*this};
        void* memory = shared_.allocate(detail::round_up(sizeof(slab), detail::cache_line),
                                        detail::cache_line);
        made = ::new (memory) slab{{}, nullptr, nullptr, nullptr, first_slab};
    }
    return static_cast<slab*>(add(*made));
}

// --- giving back ------------------------------------------------------------------------------

void concurrent_arena_resource::give_up_all() noexcept {
    forget_all();
    guard_.give_up_all();
}

void concurrent_arena_resource::reset(retain what) noexcept {
    give_up_all();
    const use_of_shared here{*this};
    shared_.reset(what);
}

void concurrent_arena_resource::reset(std::size_t retain_at_most) noexcept {
    give_up_all();
    const use_of_shared here{*this};
    shared_.reset(retain_at_most);
}

void concurrent_arena_resource::release() noexcept {
    give_up_all();
    const use_of_shared here{*this};
    shared_.release();
}

// The slab serves the thread that adopts it, from the next cache line on.
void concurrent_arena_resource::give_up(detail::thread_caches& /*self*/,
                                        detail::thread_cache& cache) noexcept {
    auto& given = static_cast<slab&>(cache);
    given.position = detail::round_up(given.position, detail::cache_line);
}

// --- inspection -------------------------------------------------------------------------------

std::pmr::memory_resource* concurrent_arena_resource::do_upstream(
    std::size_t index) const noexcept {
    return index == 0 ? upstream_.real() : nullptr;
}

ownership concurrent_arena_resource::do_owns(const void* block) const noexcept {
    const use_of_shared here{*this};
    return shared_.owns(block);
}

void concurrent_arena_resource::do_list_options(option_list& to) const {
    const concurrent_arena in_force = options();
    concurrent_arena usual;
    usual.first_chunk = std::min(usual.first_chunk, in_force.largest_chunk);
    to.add(in_force, usual);
}

usage concurrent_arena_resource::do_usage() const noexcept {
    const use_of_shared here{*this};
    strata::usage known;
    known.reserved_bytes = shared_.usage().reserved_bytes;
    return known;
}

}  // namespace strata
