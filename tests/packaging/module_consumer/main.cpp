#include <cstdint>
#include <iostream>
#include <memory_resource>
#include <string>
#include <vector>

// Macros come from headers, which may stand beside the module.
#include <strata/interop/global_new.hpp>

import strata;

using namespace strata::literals;

STRATA_GLOBAL_RESOURCE(strata::stack{strata::concurrent_pool{}});

// From each folder of the library: a class, a template with deduction guides, an operator.
int main() {
    strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{.first_chunk = 64_KiB}};
    std::pmr::vector<std::pmr::string> words{&memory};
    words.emplace_back("too long to fit inside its string");
    std::cout << strata::describe(memory);

    auto built = strata::strategy::parse("limit(bytes=1MiB) > stats > concurrent_pool").build();
    const auto number = strata::make_unique<int>(&built, 5);
    strata::stats_scope scope{*strata::find<strata::stats_source>(built)};
    strata::byte_buffer bytes{&built};
    bytes.append("some bytes");
    std::cout << scope.stats();

    const auto failures = strata::for_each_allocation_failure([](std::pmr::memory_resource& from) {
        std::pmr::vector<int>{{1, 2, 3}, &from};
    });
    std::cout << failures << '\n';
    return memory.get<strata::stats>().snapshot().live_blocks == 2 && *number == 5 ? 0 : 1;
}
