// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "contenders/lean.hpp"
#include "contenders/strata_parts.hpp"
#include "workloads/arena_loops.hpp"

namespace bench {
namespace {

struct bump : lean_bump {
    bump() : lean_bump{std::size_t{512} << 20} {}
};

struct strata_arena : strata::arena_resource {
    strata_arena() : strata::arena_resource{std::pmr::new_delete_resource()} {}
};

// Called through the interface all the same: the class is not final.
class standard {
public:
    void* allocate(std::size_t bytes, std::size_t alignment) {
        return arena_.allocate(bytes, alignment);
    }
    void reset() { arena_.release(); }

private:
    std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 20);
    std::pmr::monotonic_buffer_resource arena_{buffer_.data(), buffer_.size()};
};

}  // namespace

void add_inline_strata(std::vector<inline_arena>& all) {
    all.push_back(inline_arena_of<strata_arena>("inline.strata", "strata arena, reset()"));
}

void add_inline_standard(std::vector<inline_arena>& all) {
    all.push_back(inline_arena_of<standard>("inline.std", "std monotonic, over a buffer"));
    all.push_back(inline_arena_of<bump>("inline.bump", "minimal: bump, inline"));
}

}  // namespace bench
