// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/detail/unwinding.hpp>

namespace strata::detail {

void* call_or_undo(void* (*work)(const void* data), const void* work_data,
                   void (*undo)(const void* data), const void* undo_data) {
    try {
        return work(work_data);
    } catch (...) {
        undo(undo_data);
        throw;
    }
}

}  // namespace strata::detail
