#include <strata/strata.hpp>

#include <strata/interop/boost_pmr.hpp>

#include <boost/container/pmr/vector.hpp>

int main()
{
    strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{}};
    strata::to_boost bridge{&memory};
    boost::container::pmr::vector<int> numbers{&bridge};
    numbers.push_back(1);
    return memory.get<strata::stats>().snapshot().live_blocks == 1 ? 0 : 1;
}
