// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/arena_loops.hpp"

#include <llvm/Support/Allocator.h>

namespace bench {
namespace {

class bump {
public:
    void* allocate(std::size_t bytes, std::size_t alignment) {
        return arena_.Allocate(bytes, llvm::Align{alignment});
    }
    void reset() { arena_.Reset(); }

private:
    llvm::BumpPtrAllocatorImpl<llvm::MallocAllocator, 128 * 1024> arena_;
};

}  // namespace

void add_inline_llvm(std::vector<inline_arena>& all) {
    all.push_back(inline_arena_of<bump>("inline.llvm", "LLVM BumpPtrAllocator"));
}

}  // namespace bench
