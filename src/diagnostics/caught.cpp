// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/diagnostics/detail/caught.hpp>

#include <new>

#include <strata/diagnostics/detail/raise.hpp>

#include "detail/shield.hpp"

namespace strata::detail {

void* call_unless_no_memory(void* (*work)(const void* data), bool (*goes_on)(const void* data),
                            const void* data) {
    try {
        const attempt here;
        return work(data);
    } catch (const std::bad_alloc& error) {
        if (!goes_on(data)) {
            end_if_raised(error);
            throw;
        }
    }
    return nullptr;
}

void* call_unless_it_throws(void* (*work)(const void* data), const void* data) noexcept {
    const shield here;
    try {
        const attempt now;
        return work(data);
    } catch (...) {
        return nullptr;
    }
}

}  // namespace strata::detail
