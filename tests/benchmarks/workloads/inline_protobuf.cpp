// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/arena_loops.hpp"

#include <google/protobuf/arena.h>

namespace bench {
namespace {

class protobuf {
public:
    void* allocate(std::size_t bytes, std::size_t /*alignment*/) {
        return google::protobuf::Arena::CreateArray<char>(&arena_, bytes);
    }
    void reset() { arena_.Reset(); }

private:
    // Reset keeps this block and no other.
    std::vector<char> first_ = std::vector<char>(256 << 20);
    google::protobuf::Arena arena_{first_.data(), first_.size()};
};

}  // namespace

void add_inline_protobuf(std::vector<inline_arena>& all) {
    all.push_back(inline_arena_of<protobuf>("inline.protobuf", "protobuf Arena", 8));
}

}  // namespace bench
