// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/record/sampled_blocks.hpp"

namespace strata::tool::recorder {

// Replaces the address once, if it is there.
bool sampled_blocks::bucket::exchange(std::uintptr_t from, std::uintptr_t to) noexcept {
    for (auto& each : blocks) {
        std::uintptr_t found = each.load(std::memory_order_relaxed);
        if (found == from && each.compare_exchange_strong(found, to, std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

void sampled_blocks::count_in_tables_before(std::size_t table, std::uint64_t hash,
                                            std::uint64_t by) noexcept {
    for (std::size_t i = 0; i != table; ++i) {
        tables_[index_in(i, hash)].passed_on.fetch_add(by, std::memory_order_relaxed);
    }
}

// The order of the stores does not matter: nobody looks for the block before its address is known
// outside of malloc. If the address is there, the free of an earlier block was not seen.
bool sampled_blocks::add(const void* block) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const std::uint64_t hash = hash_of(address);
    (void)take(block);
    for (std::size_t i = 0; i != tables; ++i) {
        if (tables_[index_in(i, hash)].exchange(0, address)) {
            count_in_tables_before(i, hash, 1);
            return true;
        }
    }
    return false;
}

[[gnu::noinline]] bool sampled_blocks::take_slowly(std::uintptr_t address,
                                                   std::uint64_t hash) noexcept {
    for (std::size_t i = 0; i != tables; ++i) {
        bucket& at = tables_[index_in(i, hash)];
        if (at.exchange(address, 0)) {
            count_in_tables_before(i, hash, ~std::uint64_t{0});
            return true;
        }
        if (at.passed_on.load(std::memory_order_relaxed) == 0) {
            return false;
        }
    }
    return false;
}

}  // namespace strata::tool::recorder
