#include <iostream>
#include <string>
#include <vector>

#include <strata/strata.hpp>

using namespace strata::literals;

int main() {
    strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{.first_chunk = 64_KiB}};
    std::pmr::vector<std::pmr::string> words{&memory};
    words.emplace_back("short");
    words.emplace_back("too long to fit inside its string");
    std::cout << strata::describe(memory);
}
