// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/arena_loops.hpp"

#include <foonathan/memory/memory_stack.hpp>

namespace bench {
namespace {

// Grown before anything is measured, and kept.
class stack {
public:
    void* allocate(std::size_t bytes, std::size_t alignment) {
        return stack_.allocate(bytes, alignment);
    }
    void reset() { stack_.unwind(bottom_); }

private:
    foonathan::memory::memory_stack<> stack_{256 << 20};
    foonathan::memory::memory_stack<>::marker bottom_ = stack_.top();
};

}  // namespace

void add_inline_foonathan(std::vector<inline_arena>& all) {
    all.push_back(inline_arena_of<stack>("inline.foonathan", "foonathan memory_stack"));
}

}  // namespace bench
