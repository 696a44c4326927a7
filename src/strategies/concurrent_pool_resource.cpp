// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/concurrent_pool_resource.hpp>

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/sources/heap_resource.hpp>

#include "block_room.hpp"
#include "class_for.hpp"
#include "detail/shield.hpp"
#include "pool_options.hpp"

namespace strata {

using detail::cache_line;
using detail::free_list;
using detail::link;
using detail::piece;
using detail::thread_cache;

namespace {

constexpr std::size_t batch_bytes = 8192;
constexpr std::size_t fewest_in_batch = 4;
constexpr std::size_t most_in_batch = 64;

constexpr std::size_t first_run_bytes = 16384;
constexpr std::size_t first_run_blocks = 8;
constexpr std::size_t longest_shared_run = 65536;

std::uint16_t blocks_in_batch(std::size_t index) noexcept {
    static constexpr auto table = [] {
        std::array<std::uint8_t, detail::size_class_count> blocks{};
        for (std::size_t i = 0; i != blocks.size(); ++i) {
            blocks[i] = static_cast<std::uint8_t>(
                std::clamp(batch_bytes / detail::size_of_class(i), fewest_in_batch, most_in_batch));
        }
        return blocks;
    }();
    return table[index];
}

// Known to serve several threads at once.
bool serves_threads(const std::pmr::memory_resource& upstream) noexcept {
    return &upstream == std::pmr::new_delete_resource() ||
           detail::part_of<heap_resource>(upstream) != nullptr;
}

}  // namespace

concurrent_pool_resource::concurrent_pool_resource(std::pmr::memory_resource* upstream,
                                                   const concurrent_pool& description)
    : resource{description.name},
      thread_caches{[](thread_caches& self, thread_cache& cache) noexcept {
                        static_cast<concurrent_pool_resource&>(self).give_up(cache);
                    },
                    after_fork::forget},
      limit_{detail::limit_of(description)},
      links_{guard_.is_on() || description.hardened ? detail::link_code::of(this)
                                                    : detail::link_code{}},
      upstream_serves_threads_{serves_threads(*upstream)},
      hardened_{description.hardened},
      chunks_{upstream, detail::growth_of(description, block_size(0)), guard_, cache_line},
      large_{upstream, guard_},
      class_locks_{[]<std::size_t... Class>(std::index_sequence<Class...> /*of each*/) {
          return std::array<class_lock, lock_count>{class_lock{detail::section_mutex{Class}}...};
      }(std::make_index_sequence<lock_count>{})} {
    const std::size_t limit = std::min(limit_, detail::table_reach);
    quick_limit_ = links_.is_on() ? 0 : limit;
    coded_limit_ = links_.is_on() && !guard_.is_on() ? limit : 0;
}

concurrent_pool_resource::~concurrent_pool_resource() {
    release();
}

detail::pool_options_in_force<concurrent_pool> concurrent_pool_resource::options() const noexcept {
    return detail::options_in_force<concurrent_pool>(chunks_.growth(), limit_, hardened_, label());
}

void concurrent_pool_resource::do_list_options(option_list& to) const {
    detail::list_pool_options<concurrent_pool>(to, options(), block_size(0));
}

std::size_t concurrent_pool_resource::class_count() const noexcept {
    return detail::size_class_of(limit_ - 1) + 1;
}

std::span<concurrent_pool_resource::bin> concurrent_pool_resource::all_bins_of(
    thread_cache* mine) const noexcept {
    return {bins_of(mine), class_count()};
}

// --- allocate ---------------------------------------------------------------------------------

inline concurrent_pool_resource::bin_in_cache* concurrent_pool_resource::coded_bin(
    std::size_t reach) const noexcept {
    if (reach >= coded_limit_) {
        return nullptr;
    }
    const detail::thread_record::entry& mine = entry();
    return is_mine(mine) ? bin_in(mine.cache, reach) : nullptr;
}

// The quick path where links are coded: in the header it would cost that of other pools
// instructions. Null where the thread has no free block, and where its link is none, which
// take_free then reports.
inline void* concurrent_pool_resource::pop_coded(std::size_t reach) const noexcept {
    bin_in_cache* const from = coded_bin(reach);
    link* block = from == nullptr ? nullptr : from->at.free.first;
    if (block == nullptr) [[unlikely]] {
        return nullptr;
    }
    link* next = links_.read_coded(block);
    if (next != nullptr && !chunks_.may_hold(next)) [[unlikely]] {
        return nullptr;
    }
    ++from->at.room;
    from->at.free.first = next;
    return block;
}

[[gnu::noinline]] void* concurrent_pool_resource::allocate_slow(std::size_t bytes,
                                                                std::size_t alignment) {
    if (void* block = pop_coded(detail::reach_of(bytes, alignment))) {
        return block;
    }
    return allocate_otherwise(bytes, alignment);
}

// Not inlined, for the sake of the quick path before it.
[[gnu::noinline]] void* concurrent_pool_resource::allocate_otherwise(std::size_t bytes,
                                                                     std::size_t alignment) {
    if (guard_.is_on()) {
        return allocate_guarded(bytes, alignment);
    }
    return bytes == 0 ? do_allocate(1, alignment) : take_block(bytes, alignment);
}

void* concurrent_pool_resource::allocate_guarded(std::size_t bytes, std::size_t alignment) {
    const detail::among_poison here{guard_.is_watching()};
    if (!detail::is_alignment(alignment, *this)) {
        detail::raise_no_memory();
    }
    void* block = take_block(std::max<std::size_t>(bytes, 1), alignment);
    guard_.serve(block, bytes, alignment);
    return block;
}

void* concurrent_pool_resource::take_block(std::size_t bytes, std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return take_large(bytes, alignment);
    }
    const std::size_t index = detail::size_class_of(reach);
    thread_cache* mine = find();
    if (mine == nullptr && (mine = find_or_make_cache()) == nullptr) {
        return take_without_cache(index);
    }
    bin& from = bins_of(mine)[index];
    if (from.free.empty() && !from.batch.empty()) {
        from.free = std::exchange(from.batch, {});
        from.room = 0;
    }
    if (!from.free.empty() ||
        (from.fresh_bytes == 0 && take_shared(index, from) && !from.free.empty())) {
        ++from.room;
        return take_free(from.free);
    }
    const std::size_t size = block_size(index);
    if (from.fresh_bytes == 0) {
        const detail::run fresh = take_run(mine, size, from.next_run);
        if (from.fresh_bytes != 0) {
            // A callback of the upstream has used the pool: what the class got by that goes to the
            // other threads.
            share_fresh(index, from);
        }
        from.fresh = fresh.begin;
        from.fresh_bytes = static_cast<std::uint32_t>(fresh.blocks * size);
        // Short while the thread has few of them, long enough later that locks are rare.
        if (from.next_run * 2 * size <= longest_shared_run) {
            from.next_run = static_cast<std::uint16_t>(from.next_run * 2);
        }
    }
    from.fresh_bytes -= static_cast<std::uint32_t>(size);
    return std::exchange(from.fresh, from.fresh + size);
}

// For a thread that has all but ended, or for which there was no memory.
void* concurrent_pool_resource::take_without_cache(std::size_t index) {
    bin shared{};
    if (take_shared(index, shared)) {
        void* block = take_free(shared.free);
        share_loose(index, shared.free);
        return block;
    }
    return take_run(nullptr, block_size(index), 1).begin;
}

void* concurrent_pool_resource::take_large(std::size_t bytes, std::size_t alignment) {
    const layout wanted = detail::large_blocks::whole(bytes, alignment);
    void* block = nullptr;
    {
        const auto turn = turn_for_large();
        block = ask_upstream(wanted);
    }
    const std::lock_guard lock{large_mutex_};
    large_.add(block, bytes, wanted);
    return block;
}

void concurrent_pool_resource::put_large(void* block, std::size_t bytes) noexcept {
    layout whole;
    {
        const std::lock_guard lock{large_mutex_};
        whole = large_.remove(block, bytes);
    }
    const auto turn = turn_for_large();
    const detail::foreign_call to_upstream;
    const detail::shield here;  // the upstream may do what cancels a thread
    guard_.let_go(block, whole.size);
    chunks_.upstream()->deallocate(block, whole.size, whole.alignment);
}

bool concurrent_pool_resource::expand_large(void* block, layout as, std::size_t bytes) noexcept {
    layout had;
    {
        const std::lock_guard lock{large_mutex_};
        had = large_.remove(block, as.size);
    }
    const layout wanted = detail::large_blocks::resized(had, bytes);
    detail::large_blocks::expose(block, as.size, had);
    bool is_done = false;
    if (wanted.size != 0) {
        const auto turn = turn_for_large();
        const detail::foreign_call to_upstream;
        is_done = strata::try_expand(*chunks_.upstream(), block, had, wanted.size);
    }
    if (is_done) {
        guard_.resized(block, as, bytes, wanted.size);
    }
    const std::lock_guard lock{large_mutex_};
    large_.add_again(block, is_done ? bytes : as.size, is_done ? wanted : had);
    return is_done;
}

std::unique_lock<detail::call_mutex> concurrent_pool_resource::turn_for_large() noexcept {
    return upstream_serves_threads_ ? std::unique_lock<detail::call_mutex>{}
                                    : std::unique_lock{upstream_mutex_};
}

// The caller holds no lock but the turn, so that a callback of the upstream may use the pool.
void* concurrent_pool_resource::ask_upstream(layout wanted) {
    const detail::foreign_call to_upstream;
    return detail::allocate_from(*chunks_.upstream(), wanted.size, wanted.alignment);
}

detail::run concurrent_pool_resource::take_run(thread_cache* mine, std::size_t size,
                                               std::size_t most_blocks) {
    detail::run fresh{};
    if (cut_run(mine, size, most_blocks, fresh)) {
        return fresh;
    }
    const std::lock_guard turn{upstream_mutex_};
    // The thread whose turn it was before may have taken a chunk.
    if (cut_run(mine, size, most_blocks, fresh)) {
        return fresh;
    }
    layout wanted;
    {
        const std::lock_guard lock{chunks_mutex_};
        wanted = chunks_.next_for(size);
    }
    void* const memory = ask_upstream(wanted);
    const std::lock_guard lock{chunks_mutex_};
    const piece rest = chunks_.add(memory, wanted);
    (void)cut_run_locked(mine, size, most_blocks, fresh);
    if (mine != nullptr) {
        donate(mine, rest);
    }
    return fresh;
}

bool concurrent_pool_resource::cut_run(thread_cache* mine, std::size_t size,
                                       std::size_t most_blocks, detail::run& fresh) noexcept {
    const std::lock_guard lock{chunks_mutex_};
    return cut_run_locked(mine, size, most_blocks, fresh);
}

bool concurrent_pool_resource::cut_run_locked(thread_cache* mine, std::size_t size,
                                              std::size_t most_blocks,
                                              detail::run& fresh) noexcept {
    if (!chunks_.has_room_for(size)) {
        return false;
    }
    piece gap{};
    fresh = chunks_.cut(size, most_blocks, gap);
    chunks_.use(fresh.in, fresh.blocks * size);
    if (mine != nullptr) {
        donate(mine, gap);
    }
    return true;
}

// Gives a piece that is too small for what is wanted to the largest class of the thread that can
// use it, from the first cache line that is no other thread's.
void concurrent_pool_resource::donate(thread_cache* mine, const piece& rest) noexcept {
    const piece whole{detail::rounded(rest.begin, cache_line), rest.end, rest.in};
    if (whole.begin >= whole.end) {
        return;
    }
    bin* bins = bins_of(mine);
    const std::size_t index = detail::class_for(whole, class_count(), [&](std::size_t each) {
        return bins[each].fresh_bytes == 0 && chunks_.may_serve(*whole.in, block_size(each));
    });
    if (index != 0) {
        const std::size_t bytes = whole.bytes() / block_size(index) * block_size(index);
        bins[index].fresh = whole.begin;
        bins[index].fresh_bytes = static_cast<std::uint32_t>(bytes);
        chunks_.use(whole.in, bytes);
    }
}

// --- caches -----------------------------------------------------------------------------------

thread_cache* concurrent_pool_resource::make_cache() {
    if (!detail::has_or_takes_record()) {
        return nullptr;
    }
    {
        // While it is held, nobody trims, and so nobody holds the idle caches.
        const std::lock_guard lock{chunks_mutex_};
        if (thread_cache* idle = find_or_adopt()) {
            return idle;
        }
    }
    const std::size_t bytes = sizeof(thread_cache) + class_count() * sizeof(bin);
    void* memory = take_run(nullptr, detail::rounded(bytes, cache_line), 1).begin;
    detail::unpoison(memory, bytes);
    auto* made = ::new (memory) thread_cache{};
    for (std::size_t index = 0; index != class_count(); ++index) {
        const std::size_t run =
            std::clamp<std::size_t>(first_run_bytes / block_size(index), 1, first_run_blocks);
        ::new (bins_of(made) + index) bin{.free = {},
                                          .room = blocks_in_batch(index),
                                          .next_run = static_cast<std::uint16_t>(run),
                                          .fresh_bytes = 0,
                                          .fresh = nullptr,
                                          .batch = {}};
    }
    if (thread_cache* mine = find_or_adopt()) {
        return mine;  // by a callback of the upstream; this one is left to the pool's end
    }
    add(*made);
    return made;
}

thread_cache* concurrent_pool_resource::find_or_make_cache() noexcept {
    if (thread_cache* const mine = find_or_adopt()) {
        return mine;
    }
    const detail::shield here;
    try {
        const detail::attempt now;
        return make_cache();
    } catch (...) {
        return nullptr;  // it goes without
    }
}

void concurrent_pool_resource::give_up(thread_cache& cache) noexcept {
    const detail::among_poison here{guard_.is_watching()};
    const std::span<bin> bins = all_bins_of(&cache);
    for (std::size_t index = 0; index != bins.size(); ++index) {
        bin& each = bins[index];
        if (!each.batch.empty()) {
            share_batch(index, std::exchange(each.batch, {}));
        }
        if (!each.free.empty()) {
            share_loose(index, std::exchange(each.free, {}));
            each.room = blocks_in_batch(index);
        }
        share_fresh(index, each);
    }
}

// Makes free blocks of the rest of a run, for the others.
void concurrent_pool_resource::share_fresh(std::size_t index, bin& from) noexcept {
    const std::size_t size = block_size(index);
    free_list blocks{};
    for (; from.fresh_bytes != 0; from.fresh_bytes -= static_cast<std::uint32_t>(size)) {
        put_free(blocks, std::exchange(from.fresh, from.fresh + size));
    }
    share_loose(index, blocks);
}

// --- deallocate -------------------------------------------------------------------------------

// Whether it was taken; put_block takes the others, and reports one that is freed twice.
inline bool concurrent_pool_resource::push_coded(std::size_t reach, void* block) const noexcept {
    bin_in_cache* const to = coded_bin(reach);
    auto* freed = static_cast<link*>(block);
    std::uint16_t room = 0;
    if (to == nullptr || freed == nullptr || freed == to->at.free.first ||
        __builtin_sub_overflow(to->at.room, 1U, &room)) [[unlikely]] {
        return false;
    }
    to->at.room = room;
    links_.write_coded(freed, std::exchange(to->at.free.first, freed));
    return true;
}

[[gnu::noinline]] void concurrent_pool_resource::deallocate_slow(void* block, std::size_t bytes,
                                                                 std::size_t alignment) {
    if (push_coded(detail::reach_of(bytes, alignment), block)) {
        return;
    }
    deallocate_otherwise(block, bytes, alignment);
}

[[gnu::noinline]] void concurrent_pool_resource::deallocate_otherwise(void* block,
                                                                      std::size_t bytes,
                                                                      std::size_t alignment) {
    if (guard_.is_on()) {
        deallocate_guarded(block, bytes, alignment);
    } else if (block == nullptr) {
        detail::null_freed(*this, bytes);
    } else if (bytes == 0) {
        do_deallocate(block, 1, alignment);
    } else {
        put_block(block, bytes, alignment);
    }
}

void concurrent_pool_resource::deallocate_guarded(void* block, std::size_t bytes,
                                                  std::size_t alignment) noexcept {
    const detail::among_poison here{guard_.is_watching()};
    if (!guard_.take_back(*this, block, bytes, alignment)) {
        return;
    }
    const std::size_t size = std::max<std::size_t>(bytes, 1);
    const bool may_free = detail::reach_of(size, alignment) >= limit_ ? large_.may_free(block, size)
                                                                      : chunks_.may_hold(block);
    if (may_free) {
        put_block(block, size, alignment);
    } else {
        detail::misuse_of(*this, "deallocate of %p, %zu bytes, which it did not serve", block,
                          bytes);
    }
}

std::size_t concurrent_pool_resource::do_usable_size(const void* /*block*/, layout as) const noexcept {
    return guard_.is_watching() ? as.size : detail::block_place{as, limit_}.room();
}

bool concurrent_pool_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    if (!guard_.may_resize(*this, block, as)) {
        return false;
    }
    const detail::block_place before{as, limit_};
    const detail::block_place after{{bytes, as.alignment}, limit_};
    if (before == after) {
        guard_.resized(block, as, bytes);
        return true;
    }
    if (guard_.is_on() && before.is_large() && !large_.may_free(block, as.size)) {
        detail::misuse_of(*this, "try_expand of %p, %zu bytes, which it did not serve", block,
                          as.size);
        return false;
    }
    return before.is_large() && after.is_large() && expand_large(block, as, bytes);
}

void concurrent_pool_resource::put_block(void* block, std::size_t bytes,
                                         std::size_t alignment) noexcept {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return put_large(block, bytes);
    }
    const std::size_t index = detail::size_class_of(reach);
    thread_cache* mine = find();
    if (mine == nullptr && (mine = find_or_make_cache()) == nullptr) {
        free_list alone{};
        put_free(alone, block);
        return share_loose(index, alone);
    }
    bin& to = bins_of(mine)[index];
    if (links_.is_on() && block == to.free.first) [[unlikely]] {
        return detail::misuse_of(*this, "deallocate of %p, which was freed just before", block);
    }
    if (to.room == 0) {
        if (!to.batch.empty()) {
            share_batch(index, to.batch);
        }
        to.batch = std::exchange(to.free, {});
        to.room = blocks_in_batch(index);
    }
    --to.room;
    put_free(to.free, block);
}

// --- free blocks ------------------------------------------------------------------------------

void* concurrent_pool_resource::take_free(free_list& from) const noexcept {
    const written_links found{*this};
    return take_free(from, found);
}

void* concurrent_pool_resource::take_free(free_list& from,
                                          const written_links& found) const noexcept {
    link* block = from.first;
    from.first = read(block, found);
    return block;
}

void concurrent_pool_resource::put_free(free_list& to, void* block) const noexcept {
    auto* freed = static_cast<link*>(block);
    links_.write(freed, std::exchange(to.first, freed));
}

void concurrent_pool_resource::written_links::report() const noexcept {
    detail::misuse_of(in_, "the free block at %p was written to after it was freed",
                      static_cast<const void*>(at_));
}

link* concurrent_pool_resource::read(const link* at, const written_links& found) const noexcept {
    link* next = links_.read(at);
    if (links_.is_on() && next != nullptr && !chunks_.may_hold(next)) [[unlikely]] {
        found.add(at);
        return nullptr;  // those behind it stay unused until the release
    }
    return next;
}

// --- what the threads share -------------------------------------------------------------------

detail::section_mutex& concurrent_pool_resource::mutex_of(std::size_t index) noexcept {
    return class_locks_[index % lock_count].mutex;
}

bool concurrent_pool_resource::take_shared(std::size_t index, bin& to) noexcept {
    shared_blocks& from = shared_[index];
    if (!from.any.load(std::memory_order_relaxed)) {
        return false;  // or there is since a moment ago, which makes no difference
    }
    const written_links found{*this};
    const std::lock_guard lock{mutex_of(index)};
    if (from.batches != nullptr) {
        to.free = {from.batches};
        to.room = 0;
        from.batches = read(from.batches + 1, found);
    } else if (!from.loose.empty()) {
        to.free = std::exchange(from.loose, {});
        to.room = static_cast<std::uint16_t>(blocks_in_batch(index) -
                                             std::exchange(from.loose_blocks, 0));
    } else {
        return false;
    }
    from.any.store(from.batches != nullptr || !from.loose.empty(), std::memory_order_relaxed);
    return true;
}

void concurrent_pool_resource::share_batch(std::size_t index, free_list batch) noexcept {
    const std::lock_guard lock{mutex_of(index)};
    add_batch(index, batch);
}

void concurrent_pool_resource::share_loose(std::size_t index, free_list blocks) noexcept {
    if (blocks.empty()) {
        return;
    }
    const written_links found{*this};
    const std::lock_guard lock{mutex_of(index)};
    while (!blocks.empty()) {
        add_loose(index, take_free(blocks, found));
    }
}

void concurrent_pool_resource::add_batch(std::size_t index, free_list batch) noexcept {
    links_.write(batch.first + 1, std::exchange(shared_[index].batches, batch.first));
    shared_[index].any.store(true, std::memory_order_relaxed);
}

void concurrent_pool_resource::add_loose(std::size_t index, void* block) noexcept {
    shared_blocks& to = shared_[index];
    put_free(to.loose, block);
    if (++to.loose_blocks == blocks_in_batch(index)) {
        add_batch(index, std::exchange(to.loose, {}));
        to.loose_blocks = 0;
    }
    to.any.store(true, std::memory_order_relaxed);
}

void concurrent_pool_resource::lock_shared() noexcept {
    for (class_lock& each : class_locks_) {
        each.mutex.lock();
    }
    chunks_mutex_.lock();
}

void concurrent_pool_resource::unlock_shared() noexcept {
    chunks_mutex_.unlock();
    for (class_lock& each : class_locks_) {
        each.mutex.unlock();
    }
}

// --- release and trim -------------------------------------------------------------------------

void concurrent_pool_resource::release() noexcept {
    forget_all();
    const std::lock_guard turn{upstream_mutex_};
    detail::chunk* chunks = nullptr;
    detail::large_block* large = nullptr;
    {
        const std::lock_guard lock{chunks_mutex_};
        forget_shared();
        chunks = chunks_.remove_all();
    }
    {
        const std::lock_guard lock{large_mutex_};
        large = large_.remove_all();
    }
    const detail::foreign_call to_upstream;
    (void)chunks_.give_back(chunks);
    large_.give_back(large);
}

void concurrent_pool_resource::forget_shared() noexcept {
    for (shared_blocks& each : shared_) {
        each.any.store(false, std::memory_order_relaxed);
        each.batches = nullptr;
        each.loose = {};
        each.loose_blocks = 0;
    }
}

std::size_t concurrent_pool_resource::trim() noexcept {
    const detail::among_poison here{guard_.is_watching()};
    thread_cache* mine = find();
    if (mine == nullptr) {
        mine = find_or_adopt();
    }
    if (mine != nullptr) {
        give_up(*mine);
    }
    const std::lock_guard turn{upstream_mutex_};
    detail::chunk* const removed = remove_free_chunks(mine);
    const detail::foreign_call to_upstream;
    return chunks_.give_back(removed);
}

detail::chunk* concurrent_pool_resource::remove_free_chunks(thread_cache* mine) noexcept {
    const written_links found{*this};
    lock_shared();
    hold_idle();
    const auto for_each_cache = [&](auto work) {
        if (mine != nullptr) {
            work(mine);
        }
        for (thread_cache* idle = next_held(nullptr); idle != nullptr; idle = next_held(idle)) {
            work(idle);
        }
    };
    chunks_.start_trim();
    for (std::size_t index = 0; index != class_count(); ++index) {
        count_free(index, found);
    }
    for_each_cache([&](thread_cache* each) { count_fresh(each); });
    for_each_cache([&](thread_cache* each) { forget_fresh(each); });
    for (std::size_t index = 0; index != class_count(); ++index) {
        forget_free(index);
    }
    let_go();
    detail::chunk* const removed = chunks_.remove_free();
    unlock_shared();
    return removed;
}

// Counts the shared blocks of a class, which then are one sorted list of loose ones, with links as
// they are.
void concurrent_pool_resource::count_free(std::size_t index, const written_links& found) noexcept {
    shared_blocks& of = shared_[index];
    free_list all{};
    const auto add = [&](free_list blocks) {
        while (!blocks.empty()) {
            all.push(take_free(blocks, found));
        }
    };
    add(of.loose);
    while (of.batches != nullptr) {
        add({std::exchange(of.batches, read(of.batches + 1, found))});
    }
    of.loose.first = detail::sort_by_address(all.first);
    detail::chunk* in = nullptr;
    for (const link* block = of.loose.first; block != nullptr; block = detail::next_of(block)) {
        chunks_.count_free(block, block_size(index), in);
    }
}

// Makes batches again of those that are in no free chunk.
void concurrent_pool_resource::forget_free(std::size_t index) noexcept {
    shared_blocks& of = shared_[index];
    free_list all = std::exchange(of.loose, {});
    of.loose_blocks = 0;
    of.any.store(false, std::memory_order_relaxed);
    detail::chunk* in = nullptr;
    while (!all.empty()) {
        void* block = all.pop();
        if (!chunks_.is_free(block, in)) {
            add_loose(index, block);
        }
    }
}

void concurrent_pool_resource::count_fresh(thread_cache* cache) noexcept {
    for (const bin& each : all_bins_of(cache)) {
        if (const std::size_t bytes = each.fresh_bytes; bytes != 0) {
            detail::chunk* any = nullptr;
            chunks_.count_free(each.fresh, bytes, any);
        }
    }
}

void concurrent_pool_resource::forget_fresh(thread_cache* cache) noexcept {
    for (bin& each : all_bins_of(cache)) {
        detail::chunk* any = nullptr;
        if (each.fresh_bytes != 0 && chunks_.is_free(each.fresh, any)) {
            each.fresh = nullptr;
            each.fresh_bytes = 0;
        }
    }
}

// --- inspection -------------------------------------------------------------------------------

std::pmr::memory_resource* concurrent_pool_resource::do_upstream(std::size_t index) const noexcept {
    return index == 0 ? chunks_.upstream() : nullptr;
}

ownership concurrent_pool_resource::do_owns(const void* block) const noexcept {
    {
        const std::lock_guard lock{chunks_mutex_};
        if (chunks_.holds(block)) {
            return ownership::yes;
        }
    }
    const std::lock_guard lock{large_mutex_};
    return large_.hold(block) ? ownership::yes : ownership::no;
}

usage concurrent_pool_resource::do_usage() const noexcept {
    strata::usage known;
    std::size_t reserved = 0;
    {
        const std::lock_guard lock{chunks_mutex_};
        reserved = chunks_.bytes();
    }
    const std::lock_guard lock{large_mutex_};
    known.reserved_bytes = reserved + large_.bytes();
    return known;
}

}  // namespace strata
