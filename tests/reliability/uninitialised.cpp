// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Uses every resource under MemorySanitizer, which ends the program where what was never written is
// looked at; with an argument it looks at a byte of a block that was never written, or written only
// before it was freed.
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/bounded_time_resource.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

namespace {

bool looks_at_new_blocks = false;

void use(std::pmr::memory_resource& memory) {
    std::vector<unsigned char*> blocks;
    for (std::size_t round = 0; round != 3; ++round) {
        for (std::size_t bytes = 1; bytes < 3000; bytes += bytes / 3 + 1) {
            auto* block = static_cast<unsigned char*>(memory.allocate(bytes, 8));
            if (looks_at_new_blocks && block[bytes / 2] == 77) {
                std::puts("by chance");
            }
            std::memset(block, 0x5A, bytes);
            blocks.push_back(block);
        }
        for (std::size_t bytes = 1; !blocks.empty(); bytes += bytes / 3 + 1) {
            memory.deallocate(blocks.front(), bytes, 8);
            blocks.erase(blocks.begin());
        }
    }
}

}  // namespace

int main(int count, char** /*arguments*/) {
    looks_at_new_blocks = count > 1;
    std::vector<std::byte> buffer(1 << 20);
    strata::fixed_buffer_resource over_a_buffer{buffer.data(), buffer.size()};
    use(over_a_buffer);
    strata::arena_resource arena{strata::system_heap()};
    use(arena);
    arena.reset();
    use(arena);
    strata::pool_resource pool{strata::system_heap()};
    use(pool);
    pool.trim();
    use(pool);
    strata::concurrent_pool_resource concurrent_pool{strata::system_heap()};
    use(concurrent_pool);
    concurrent_pool.trim();
    strata::concurrent_arena_resource concurrent_arena{strata::system_heap()};
    use(concurrent_arena);
    strata::bounded_time_resource bounded{strata::system_heap()};
    use(bounded);
    strata::pool_resource stacked{&arena};
    use(stacked);
}
