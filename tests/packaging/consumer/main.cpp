#include <strata/strata.hpp>

#include <iostream>
#include <memory_resource>
#include <vector>

int main()
{
    strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{}};
    std::pmr::vector<int> numbers{&memory};
    for (int i = 0; i != 1000; ++i)
        numbers.push_back(i);
    std::cout << strata::describe(memory);
    return memory.get<strata::stats>().snapshot().live_blocks == 1 ? 0 : 1;
}
