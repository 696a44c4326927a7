// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/shared_free_blocks.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace strata::detail {
namespace {

constexpr std::size_t batch_bytes = 8192;
constexpr std::size_t fewest_in_batch = 4;
constexpr std::size_t most_in_batch = 64;

}  // namespace

shared_free_blocks::shared_free_blocks(const pool_base& of) noexcept
    : pool_{of},
      locks_{[]<std::size_t... Class>(std::index_sequence<Class...> /*of each*/){
          return std::array<class_lock, class_locks>{class_lock{section_mutex{Class}}...};
}  // namespace strata::detail
(std::make_index_sequence<class_locks>{})
}
{}

std::uint16_t shared_free_blocks::blocks_in_batch(std::size_t index) noexcept {
    static constexpr auto table = [] {
        std::array<std::uint8_t, size_class_count> blocks{};
        for (std::size_t i = 0; i != blocks.size(); ++i) {
            blocks[i] = static_cast<std::uint8_t>(
                std::clamp(batch_bytes / size_of_class(i), fewest_in_batch, most_in_batch));
        }
        return blocks;
    }();
    return table[index];
}

section_mutex& shared_free_blocks::mutex_of(std::size_t index) noexcept {
    return locks_[index % class_locks].mutex;
}

bool shared_free_blocks::take(std::size_t index, free_list& to, std::uint16_t& room) noexcept {
    of_class& from = classes_[index];
    if (!from.any.load(std::memory_order_relaxed)) {
        return false;  // or another thread adds one right now, for the next call
    }
    const pool_base::written_block found{pool_};
    const std::lock_guard lock{mutex_of(index)};
    if (from.batches != nullptr) {
        to = {from.batches};
        room = 0;
        from.batches = pool_.next_free(from.batches + 1, found);
    } else if (!from.loose.empty()) {
        to = std::exchange(from.loose, {});
        room = static_cast<std::uint16_t>(blocks_in_batch(index) -
                                          std::exchange(from.loose_blocks, 0));
    } else {
        return false;
    }
    from.any.store(from.batches != nullptr || !from.loose.empty(), std::memory_order_relaxed);
    return true;
}

void shared_free_blocks::add_batch(std::size_t index, free_list batch) noexcept {
    const std::lock_guard lock{mutex_of(index)};
    add_batch_locked(index, batch);
}

void shared_free_blocks::add(std::size_t index, free_list blocks) noexcept {
    if (blocks.empty()) {
        return;
    }
    const pool_base::written_block found{pool_};
    const std::lock_guard lock{mutex_of(index)};
    while (!blocks.empty()) {
        add_locked(index, pool_.take_free(blocks, found));
    }
}

void shared_free_blocks::add_batch_locked(std::size_t index, free_list batch) noexcept {
    of_class& to = classes_[index];
    pool_.links_.write(batch.first + 1, std::exchange(to.batches, batch.first));
    to.any.store(true, std::memory_order_relaxed);
}

void shared_free_blocks::add_locked(std::size_t index, void* block) noexcept {
    of_class& to = classes_[index];
    pool_.put_free(to.loose, block);
    if (++to.loose_blocks == blocks_in_batch(index)) {
        add_batch_locked(index, std::exchange(to.loose, {}));
        to.loose_blocks = 0;
    }
    to.any.store(true, std::memory_order_relaxed);
}

void shared_free_blocks::clear() noexcept {
    for (of_class& each : classes_) {
        if (each.any.load(std::memory_order_relaxed)) {  // else it has no blocks
            each.any.store(false, std::memory_order_relaxed);
            each.batches = nullptr;
            each.loose = {};
            each.loose_blocks = 0;
        }
    }
}

// --- trimming ---------------------------------------------------------------------------------

void shared_free_blocks::lock() noexcept {
    for (class_lock& each : locks_) {
        each.mutex.lock();
    }
}

void shared_free_blocks::unlock() noexcept {
    for (class_lock& each : locks_) {
        each.mutex.unlock();
    }
}

// Until `drop_free`, the blocks of the class are one sorted list, with links that are not coded.
void shared_free_blocks::count_free(std::size_t index, chunks& in,
                                    const pool_base::written_block& found) noexcept {
    of_class& of = classes_[index];
    free_list all{};
    pool_.decode(of.loose, all, found);
    while (of.batches != nullptr) {
        free_list batch{of.batches};
        of.batches = pool_.next_free(of.batches + 1, found);
        pool_.decode(batch, all, found);
    }
    of.loose = in.count_free(all, block_size(index));
}

void shared_free_blocks::drop_free(std::size_t index, const chunks& in) noexcept {
    of_class& of = classes_[index];
    free_list kept = std::exchange(of.loose, {});
    (void)in.drop_free(kept);
    of.loose_blocks = 0;
    of.any.store(false, std::memory_order_relaxed);
    while (!kept.empty()) {
        add_locked(index, kept.pop());
    }
}

}  // namespace strata::detail
