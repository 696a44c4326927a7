#include <cstdlib>
#include <iostream>
#include <memory_resource>
#include <set>
#include <string>

#include <strata/strata.hpp>

// The program's work: 1,000 names, of which the even ones are dropped again.
std::size_t work(std::pmr::memory_resource* memory) {
    std::pmr::set<std::pmr::string> names{memory};
    for (int i = 0; i != 1000; ++i) {
        names.emplace("a name that is stored outside its string, " + std::to_string(i));
    }
    return std::erase_if(names, [](const auto& name) { return (name.back() - '0') % 2 == 0; });
}

int main() {
    try {
        const auto chosen = strata::strategy::from_env("APP_MEMORY", "pool");
        auto memory = chosen.build();
        std::cout << work(&memory) << " names dropped, on " << to_string(chosen) << "\n"
                  << strata::describe(memory);
    } catch (const strata::strategy_error& error) {
        std::cerr << error.what() << "\n";
        return EXIT_FAILURE;
    }
}
