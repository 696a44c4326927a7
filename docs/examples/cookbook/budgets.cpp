#include <iostream>
#include <map>
#include <memory_resource>
#include <string>
#include <vector>

#include <strata/strata.hpp>

using namespace strata::literals;

// A subsystem counts its memory and has a budget; all of them share one pool.
struct subsystem {
    subsystem(const char* name, std::size_t budget, std::pmr::memory_resource* shared)
        : memory{{.name = name}, {.bytes = budget, .name = name}, shared} {}

    strata::stack<strata::stats, strata::limit, std::pmr::memory_resource*> memory;
};

int main() {
    strata::concurrent_pool_resource shared{strata::concurrent_pool{.name = "shared"},
                                            strata::system_heap()};
    subsystem physics{"physics", 64_KiB, &shared};
    subsystem audio{"audio", 16_KiB, &shared};
    subsystem assets{"assets", 1_MiB, &shared};

    std::pmr::vector<double> bodies(1000, &physics.memory);
    std::pmr::map<int, std::pmr::string> names{&assets.memory};
    for (int i = 0; i != 100; ++i) {
        names.emplace(i, "textures/a_name_longer_than_a_string_holds_" + std::to_string(i));
    }
    std::pmr::vector<short> samples{&audio.memory};
    try {
        for (;;) {
            samples.push_back(0);
        }
    } catch (const strata::limit_exceeded& refusal) {
        std::cout << refusal.what() << "\n\n";
    }
    std::cout << strata::describe(physics.memory, audio.memory, assets.memory);
}
