// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The unit that is compiled with -fno-exceptions: see mixed_exceptions.cpp.
#include "mixed_exceptions.hpp"

#ifdef __cpp_exceptions
#error "this unit is to be compiled without exceptions"
#endif

int mixed::use_without_exceptions() {
    mixed::memory all;
    void* const block = all.top.allocate(100);
    all.top.deallocate(block, 100);
    all.below.refuses = true;
    int wrong = all.counted.try_allocate({100, 8}) == nullptr ? 0 : 1;
    wrong += all.limited.usage().live_bytes.value() == 0 ? 0 : 1;
    all.below.refuses = false;
    const auto some = strata::make_unique<mixed::element[]>(&all.top, 2);
    wrong += mixed::element::live == 2 ? 0 : 1;
    const auto third = strata::make_unique<mixed::element>(&all.top);
    wrong += mixed::element::live == 3 ? 0 : 1;
    return wrong;
}
