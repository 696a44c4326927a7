#include <strata/strata.hpp>

#include <memory_resource>

extern "C" int use(std::pmr::memory_resource& memory);

int main()
{
    strata::stack memory{strata::limit{.bytes = 1 << 16}, strata::pool{}};
    return use(memory);
}
