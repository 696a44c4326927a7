// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// phased_program FILE: records a resource named `orders`, with an allocation before the first
// phase, and three of 50 bytes in each of two calls of the phase `parse`.
#include <cstddef>
#include <string>

#include <strata/compose/strategy.hpp>
#include <strata/trace/mark_phase.hpp>

int main(int count, char** arguments) {
    if (count != 2) {
        return 1;
    }
    auto memory = strata::strategy::parse("trace(file=\"" + std::string{arguments[1]} +
                                          "\", name=orders) > heap")
                      .build();
    void* const first = memory.allocate(100);
    for (int call = 0; call != 2; ++call) {
        strata::mark_phase("parse");
        for (int i = 0; i != 3; ++i) {
            memory.deallocate(memory.allocate(50), 50);
        }
    }
    memory.deallocate(first, 100);
}
