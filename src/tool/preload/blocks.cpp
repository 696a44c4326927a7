// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/preload/blocks.hpp"

#include <algorithm>
#include <cerrno>
#include <new>

#include <strata/core/resource.hpp>
#include <strata/diagnostics/detail/caught.hpp>

#include "tool/preload/environment.hpp"

namespace strata::tool::blocks {

using header = global::detail::block_header;

built_strategy make_strategy() {
    return strategy::from_env(strategy_variable, "heap").build();
}

[[gnu::noinline]] void* allocate_slowly(layout asked) noexcept {
    void* const block =
        strata::detail::null_if_no_memory([&] { return headed::take_slowly(asked); });
    if (block == nullptr) {
        errno = ENOMEM;
    }
    return block;
}

[[gnu::noinline]] void deallocate_slowly(void* block) noexcept {
    const int before = errno;
    const header& of = header::of(block);
    headed::give_back(block, of.is_of_live() ? of.alignment() : usual_alignment);
    errno = before;
}

std::size_t size(const void* block) noexcept {
    return header::of(const_cast<void*>(block)).size();
}

bool resize(void* block, std::size_t size) noexcept {
    const header& of = header::of(block);
    if (!of.is_of_live()) {
        global::detail::report_wrong_delete(block, 0, usual_alignment);
        return false;
    }
    const std::size_t alignment = of.alignment();
    const std::size_t offset = header::offset(alignment);
    std::pmr::memory_resource& owner = *headed::owner_of(of);
    if (size > header::most_bytes - offset ||
        (strata::detail::state_of_this_thread().is_inside() && &owner != system_heap())) {
        return false;
    }
    const global::detail::inside_resource now;
    const layout whole{of.size() + offset, std::max(alignment, alignof(header))};
    void* const memory = static_cast<std::byte*>(block) - offset;
    if (!try_expand(owner, memory, whole, size + offset)) {
        return false;
    }
    headed::put_header(memory, &owner, {size, alignment});
    return true;
}

}  // namespace strata::tool::blocks
