#include <strata/strata.hpp>

#include <memory_resource>

// Zero if the layers of the program, and what they throw, are known by their types in here.
extern "C" __attribute__((visibility("default"))) int use(std::pmr::memory_resource& memory)
{
    if (strata::find<strata::pool_resource>(memory) == nullptr)
        return 1;
    try {
        memory.deallocate(memory.allocate(1 << 20), 1 << 20);
        return 2;
    } catch (const strata::limit_exceeded& refusal) {
        return refusal.asked().size == 1 << 20 ? 0 : 3;
    }
}
