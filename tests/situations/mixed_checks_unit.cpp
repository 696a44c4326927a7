// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Compiled twice, with checks and without: see mixed_checks.cpp.
#include <memory_resource>
#include <string>

#include <strata/containers/unique_ptr.hpp>
#include <strata/strata.hpp>

#include "mixed_checks.hpp"

static_assert(strata::checked == IS_CHECKED);

int UNIT::failures(int& reports) {
    int wrong = 0;
    strata::stack memory{strata::stats{}, strata::debug{}, strata::pool{}};
    {
        const auto text = strata::make_unique<std::pmr::string>(&memory, 100U, 'x');
        const auto more = strata::make_unique<std::pmr::string[]>(&memory, 3);
        wrong += text->size() == 100 && more.get_deleter().size() == 3 ? 0 : 1;
    }
    wrong += memory.get<strata::stats>().snapshot().live_blocks == 0 ? 0 : 1;

    // A pointer that is to destroy another object than it was made for.
    auto one = strata::make_unique<int>(&memory, 1);
    auto other = strata::make_unique<int>(&memory, 2);
    const auto of_other = other.get_deleter();
    int* const raw = other.release();
    one.reset(raw);
    const int before = reports;
    one.reset();
    wrong += reports == before + 1 ? 0 : 1;
    of_other(raw);
    wrong += reports == before + 1 ? 0 : 1;
    wrong += memory.get<strata::stats>().snapshot().live_blocks == 0 ? 0 : 1;
    return wrong;
}
