#include <cstdlib>
#include <iostream>
#include <memory_resource>
#include <vector>

#include <strata/strata.hpp>

int main() {
    strata::errors_are_misuse(true);
    strata::stack memory{strata::stats{}, strata::pool{}, strata::fixed_buffer<4096>{}};
    if (void* block = memory.try_allocate({100'000, 16}); block == nullptr) {
        std::cout << "no room for 100000 B\n";
    }
    strata::set_misuse_handler([](const char* message) noexcept {
        std::cout << message << std::endl;
        std::_Exit(0);  // without a handler, the message and an abort
    });
    std::pmr::vector<char> numbers(100'000, 'x', &memory);
}
