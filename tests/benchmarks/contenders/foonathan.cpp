// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// foonathan memory's pools, as memory resources. Blocks that are too large for them are operator
// new's.
#include "contenders/contender.hpp"

#include <foonathan/memory/memory_pool.hpp>
#include <foonathan/memory/memory_pool_collection.hpp>

namespace bench {
namespace {

namespace fm = foonathan::memory;

constexpr std::size_t chunk = 64 * 1024;

class one_size final : public memory {
public:
    static constexpr std::size_t size = 64;

private:
    void* do_allocate(std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        return pool_.allocate_node();
    }
    void do_deallocate(void* block, std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        pool_.deallocate_node(block);
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }

    fm::memory_pool<fm::node_pool> pool_{size, chunk};
};

class many_sizes final : public memory {
    static constexpr std::size_t largest = 4096;

    void* do_allocate(std::size_t bytes, std::size_t /*alignment*/) override {
        return bytes <= largest ? pools_.allocate_node(bytes) : ::operator new(bytes);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t /*alignment*/) override {
        if (bytes <= largest) {
            pools_.deallocate_node(block, bytes);
        } else {
            ::operator delete(block);
        }
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }

    fm::memory_pool_collection<fm::node_pool, fm::log2_buckets> pools_{largest, chunk};
};

}  // namespace

void add_foonathan(field& all) {
    all.note({"foonathan memory", std::to_string(FOONATHAN_MEMORY_VERSION_MAJOR) + "." +
                                      std::to_string(FOONATHAN_MEMORY_VERSION_MINOR) + "." +
                                      std::to_string(FOONATHAN_MEMORY_VERSION_PATCH)});
    all.add({.id = "foonathan.pool",
             .label = "foonathan memory_pool",
             .library = "foonathan",
             .most_alignment = 16,
             .largest_block = one_size::size,
             .make = [](memory*) { return std::make_unique<holds<one_size>>(nullptr, nullptr); }});
    all.add(
        {.id = "foonathan.collection",
         .label = "foonathan pool_collection",
         .library = "foonathan",
         .most_alignment = 16,
         .make = [](memory*) { return std::make_unique<holds<many_sizes>>(nullptr, nullptr); }});
}

}  // namespace bench
