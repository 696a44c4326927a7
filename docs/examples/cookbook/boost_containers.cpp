#include <iostream>

#include <boost/container/pmr/flat_map.hpp>
#include <boost/container/pmr/small_vector.hpp>
#include <boost/container/pmr/string.hpp>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>

using namespace strata::literals;
namespace pmr = boost::container::pmr;

int main() {
    strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{.first_chunk = 8_KiB}};
    strata::to_boost bridge{&memory};

    pmr::flat_map<pmr::string, int> stock{&bridge};
    stock.reserve(4);
    for (const char* fruit : {"pear", "apple", "quince", "an apple with a long botanical name"}) {
        ++stock[pmr::string{fruit, &bridge}];
    }
    using few_numbers = pmr::small_vector<int, 8>;
    few_numbers inside(8, few_numbers::allocator_type{&bridge});   // in the vector itself
    few_numbers outside(9, few_numbers::allocator_type{&bridge});  // in a block

    for (const auto& [fruit, count] : stock) {
        std::cout << fruit << ": " << count << "\n";
    }
    std::cout << strata::describe(memory);
}
