// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/recording_cost.hpp"

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

#include <strata/adaptors/trace_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/strategies/arena_resource.hpp>

namespace strata::tool::replay {
namespace {

namespace fs = std::filesystem;

// Enough for many first writes to pages of the file, which cost most.
constexpr int calls = 100'000;

double measure(const std::string& file) {
    strata::stack memory{strata::trace{.file = file}, strata::arena{}};
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i != calls; ++i) {
        memory.deallocate(memory.allocate(16), 16);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    return took.count() / (2.0 * calls);
}

}  // namespace

double recording_cost() {
    static const double once = [] {
        std::string folder = (fs::temp_directory_path() / "strata-cost.XXXXXX").string();
        if (mkdtemp(folder.data()) == nullptr) {
            return 0.0;
        }
        double cost = 0;
        try {
            cost = measure(folder + "/trace");
        } catch (const std::exception&) {  // the times are then as they were recorded
        }
        std::error_code ignored;
        fs::remove_all(folder, ignored);
        return cost;
    }();
    return once;
}

}  // namespace strata::tool::replay
