// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Minimal contenders: the least that can stand behind the interface. They check nothing and return
// no memory. The empty call is a lower bound for every allocator; the bump is one for arenas.
#include "contenders/contender.hpp"
#include "contenders/lean.hpp"

#include <array>
#include <memory>

namespace bench {
namespace {

// One buffer for all, so that what does nothing still gives memory that may be written to.
alignas(4096) std::array<std::byte, 4096> scratch;

class does_nothing final : public memory {
    void* do_allocate(std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        return scratch.data();
    }
    void do_deallocate(void* /*block*/, std::size_t /*bytes*/, std::size_t /*align*/) override {}
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }
};

class bump_behind_a_call final : public memory {
public:
    explicit bump_behind_a_call(std::size_t bytes) : bump_{bytes} {}
    void rewind() { bump_.reset(); }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return bump_.allocate(bytes, alignment);
    }
    void do_deallocate(void* /*block*/, std::size_t /*bytes*/, std::size_t /*align*/) override {}
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }

    lean_bump bump_;
};

class lists_behind_a_call final : public memory {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return lists_.allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        lists_.deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }

    lean_lists lists_;
};

// What threads could reach that share nothing at all. Only for blocks that their own thread frees.
class lists_of_each_thread final : public memory {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return lists.allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        lists.deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }

    static thread_local lean_lists lists;
};

thread_local lean_lists lists_of_each_thread::lists;

}  // namespace

void add_minimal(field& all) {
    all.add(
        {.id = "minimal.call",
         .label = "minimal: empty call",
         .library = "minimal",
         .kind = shape::minimal,
         .largest_block = scratch.size(),
         .make = [](memory*) { return std::make_unique<holds<does_nothing>>(nullptr, nullptr); }});
    all.add({.id = "minimal.bump",
             .label = "minimal: bump",
             .library = "minimal",
             .kind = shape::arena,
             .make = [](memory*) {
                 return std::make_unique<holds<bump_behind_a_call>>(
                     [](bump_behind_a_call& bump) { bump.rewind(); }, nullptr,
                     std::size_t{512} << 20);
             }});
    all.add({.id = "minimal.list",
             .label = "minimal: free list",
             .library = "minimal",
             .kind = shape::pool,
             .make = [](memory*) {
                 return std::make_unique<holds<lists_behind_a_call>>(nullptr, nullptr);
             }});
    all.add({.id = "minimal.own_list",
             .label = "minimal: list a thread",
             .library = "minimal",
             .kind = shape::pool,
             .threads = true,
             .make = [](memory*) {
                 return std::make_unique<holds<lists_of_each_thread>>(nullptr, nullptr);
             }});
}

}  // namespace bench
