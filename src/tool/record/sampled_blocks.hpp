// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_RECORD_SAMPLED_BLOCKS_HPP
#define STRATA_TOOL_RECORD_SAMPLED_BLOCKS_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/detail/cache_line.hpp>

namespace strata::tool::recorder {

/// The addresses of the live blocks that are in a sample. Almost all frees are of other blocks, so
/// what is fast is to find that a block is not there: mostly with one cache line.
///
/// Four tables, each eight times as large as the one before. A block has one bucket in each, a
/// cache line with room for 7 addresses, and is in the first of its buckets that had room. Each
/// bucket counts the blocks that found it full: a search ends at a bucket that counts none. So the
/// larger tables cost neither memory nor time before they are needed.
///
/// Overhead: 37 MiB of addresses, of which the system backs what is used.
/// Threads: any number at once, without locks. A block is taken out by the thread that frees it,
/// before its address can be used again.
class sampled_blocks {
public:
    /// Bytes that the tables take, and their alignment: zeros at first.
    [[nodiscard]] static constexpr std::size_t bytes() noexcept {
        return buckets_in_all * sizeof(bucket);
    }
    static constexpr std::size_t alignment = detail::cache_line;

    constexpr sampled_blocks() noexcept = default;
    explicit sampled_blocks(void* zeros) noexcept { use(zeros); }
    sampled_blocks(const sampled_blocks&) = delete;
    sampled_blocks& operator=(const sampled_blocks&) = delete;

    /// From now on the tables are in this memory.
    void use(void* zeros) noexcept { tables_ = static_cast<bucket*>(zeros); }
    [[nodiscard]] void* memory() const noexcept { return tables_; }

    /// False if all buckets of the block are full. At random addresses that first happens with
    /// about 900,000 live blocks; with 2,500,000, it happens to one in a hundred.
    [[nodiscard]] bool add(const void* block) noexcept;
    /// Whether the block was there; it is not any more.
    [[nodiscard]] bool take(const void* block) noexcept {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        const std::uint64_t hash = hash_of(address);
        bucket& first = tables_[index_in(0, hash)];
        return (first.may_have(address) || first.passed_on.load(std::memory_order_relaxed) != 0) &&
               take_slowly(address, hash);
    }

private:
    static constexpr std::size_t tables = 4;
    static constexpr unsigned first_bits = 10;
    static constexpr unsigned more_bits = 3;  // of each further table

    struct alignas(detail::cache_line) bucket {
        std::array<std::atomic<std::uintptr_t>, 7> blocks;
        std::atomic<std::uint64_t> passed_on;  // blocks that found it full

        // Without a branch for each.
        [[nodiscard]] bool may_have(std::uintptr_t address) const noexcept {
            bool is_there = false;
            for (const auto& each : blocks) {
                is_there |= each.load(std::memory_order_relaxed) == address;
            }
            return is_there;
        }
        [[nodiscard]] bool exchange(std::uintptr_t from, std::uintptr_t to) noexcept;
    };
    static_assert(sizeof(bucket) == 64);

    [[nodiscard]] static constexpr std::size_t buckets_of(std::size_t table) noexcept {
        return std::size_t{1} << (first_bits + more_bits * table);
    }
    [[nodiscard]] static constexpr std::size_t buckets_before(std::size_t table) noexcept {
        std::size_t sum = 0;
        for (std::size_t i = 0; i != table; ++i) {
            sum += buckets_of(i);
        }
        return sum;
    }
    static constexpr std::size_t buckets_in_all =
        (((std::size_t{1} << (more_bits * tables)) - 1) / ((std::size_t{1} << more_bits) - 1))
        << first_bits;

    [[nodiscard]] static std::uint64_t hash_of(std::uintptr_t address) noexcept {
        return (address >> 4) * 0x9E37'79B9'7F4A'7C15;
    }
    // The highest bits are the best of a product.
    [[nodiscard]] static std::size_t index_in(std::size_t table, std::uint64_t hash) noexcept {
        return buckets_before(table) + (hash >> (64 - first_bits - more_bits * table));
    }
    void count_in_tables_before(std::size_t table, std::uint64_t hash, std::uint64_t by) noexcept;
    [[nodiscard]] bool take_slowly(std::uintptr_t address, std::uint64_t hash) noexcept;

    bucket* tables_ = nullptr;
};

}  // namespace strata::tool::recorder

#endif
