// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program compiled with -fno-rtti, whose resources the library is to know without asking
// `dynamic_cast` or `typeid`, which would crash.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>

#include <boost/container/pmr/monotonic_buffer_resource.hpp>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>
#include <strata/testing/forbid_default_resource.hpp>

#ifdef __cpp_rtti
#error "this is about programs without RTTI"
#endif

namespace {

int failures = 0;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("not so: %s\n", what);
        ++failures;
    }
}

// On the heap, and equal to what it says.
class foreign : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

class equal_to_all final : public foreign {
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource&) const noexcept override {
        return true;
    }
};

// Hands on all questions, which a resource of the library may answer.
class wrapper final : public foreign {
public:
    explicit wrapper(std::pmr::memory_resource* inside) : inside_{inside} {}

private:
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return inside_->is_equal(other);
    }

    std::pmr::memory_resource* inside_;
};

// Takes every resource for one of its own kind.
class careless final : public foreign {
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return static_cast<const careless&>(other).arenas_ == arenas_;
    }

    std::array<int, 200> arenas_{};
};

class own_layer final : public strata::resource {
    [[nodiscard]] std::string_view do_name() const noexcept override { return "own"; }
    [[nodiscard]] strata::ownership do_owns(const void*) const noexcept override {
        return strata::ownership::no;
    }
    void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc{}; }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
};

class foreign_boost final : public boost::container::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(
        const boost::container::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

std::string root_of(const std::pmr::memory_resource& of) {
    return strata::describe(of).layers.at(0).name;
}

void is_described() {
    constexpr auto unnamed = "std::pmr::memory_resource";
    strata::pool_resource pool{strata::system_heap()};
    check(root_of(foreign{}) == unnamed, "another's resource has no name");
    check(root_of(equal_to_all{}) == unnamed, "one that is equal to all has none");
    check(root_of(wrapper{&pool}) == unnamed, "one that wraps ours is not taken for it");
    check(root_of(careless{}) == unnamed, "one that does not look has none");
    check(root_of(pool) == "pool", "ours has one");
    check(root_of(own_layer{}) == "own", "one derived from ours has one");
    foreign below;
    strata::stack memory{strata::stats{}, strata::pool{}, &below};
    check(strata::describe(memory).layers.size() == 3, "a stack made here is looked through");
    check(root_of(memory) == "stats", "a stack made here is known");
}

void knows_its_blocks() {
    foreign other;
    void* const block = other.allocate(40);
    check(strata::owns(other, block) == strata::ownership::unknown, "another's knows no blocks");
    strata::pool_resource pool{strata::system_heap()};
    check(strata::owns(wrapper{&pool}, block) == strata::ownership::unknown, "nor does a wrapper");
    check(strata::owns(pool, block) == strata::ownership::no, "a pool does");
    check(strata::owns(own_layer{}, block) == strata::ownership::no, "one derived from ours does");
    other.deallocate(block, 40);
}

void falls_back() {
    foreign other;
    strata::fixed_buffer_resource<64> local;
    strata::fallback_resource<std::pmr::memory_resource, std::pmr::memory_resource> memory{&local,
                                                                                           &other};
    check(!memory.marks_blocks(), "a buffer and another's resource can be told apart");
    {
        std::pmr::string text{"a text that fits into the buffer, I think", &memory};
        std::pmr::string longer(300, 'x', &memory);
    }
    foreign more;
    check(strata::fallback_resource{&other, &more}.marks_blocks(), "two of another's cannot");
}

void finds_layers() {
    foreign bottom;
    strata::register_layer({.name = "foreign", .make = [](const strata::layer_options&, auto) {
                                return std::make_unique<equal_to_all>();
                            }});
    auto memory = strata::strategy::parse("limit > stats > debug > pool > foreign").build(&bottom);
    std::pmr::string{"a text that is too long to fit inside", &memory};
    check(memory.find<strata::stats_source>() != nullptr, "stats is found by its base class");
    check(memory.find<strata::stats_source>()->snapshot().allocations != 0, "and is whole");
    check(memory.find<strata::pool_resource>() != nullptr, "a layer of the library is found");
    check(memory.find<strata::debug_resource<>>() != nullptr, "and one of a template");
    check(memory.find<strata::arena_resource>() == nullptr, "what is not there is not found");
    check(memory.find<equal_to_all>() != nullptr, "one of the program's is found");
    check(memory.find<foreign>() == nullptr, "and only as what it was made as");
    check(strata::describe(memory).layers.size() == 5, "a strategy made here is looked through");
    auto on_buffer = strata::strategy::parse("fallback(fixed_buffer(64), foreign > heap)").build();
    std::pmr::string{"a text that is longer than the buffer, which is small enough", &on_buffer};
}

void is_equal() {
    strata::heap_resource heap;
    strata::pool_resource pool{&heap};
    check(heap.is_equal(*strata::system_heap()), "all heaps are equal");
    check(!heap.is_equal(pool) && !pool.is_equal(heap), "a heap and a pool are not");
    check(!heap.is_equal(wrapper{&heap}), "a heap and what wraps it are not");
    check(!pool.is_equal(careless{}), "a pool and another's are not");
}

void bridges_to_boost() {
    foreign_boost below;
    foreign_boost other;
    boost::container::pmr::monotonic_buffer_resource arena{&below};
    strata::from_boost over{&below};
    strata::from_boost over_same{&below};
    strata::from_boost over_other{&other};
    strata::from_boost over_arena{&arena};
    check(over.is_equal(over_same) && !over.is_equal(over_other), "bridges of another's compare");
    check(!over.is_equal(over_arena) && !over_arena.is_equal(over), "also with Boost's own");
    check(over.name() == "boost::container::pmr::memory_resource", "another's has no name");
    check(over_arena.name() == "boost::container::pmr::monotonic_buffer_resource", "Boost's has");
    std::pmr::string{"a text that is too long to fit inside", &over_arena};

    foreign standard;
    strata::to_boost bridge{&standard};
    check(strata::unwrap(bridge) == &standard, "a bridge made here is unwrapped");
    check(strata::unwrap(below) == nullptr, "another's is none");
    check(strata::unwrap(standard) == nullptr, "a standard one neither");
    check(strata::from_boost{&bridge}.get() == &standard, "a bridge back is cut short");
    check(!bridge.is_equal(below), "a bridge and another's are not equal");
}

void misuse_is_reported() {
    strata::set_misuse_handler([](const char*) noexcept {});
    foreign below;
    int block = 0;
    {
        strata::debug_resource memory{strata::debug{}, &below};
        memory.deallocate(&block, 4, 4);
        check(memory.findings() == 1, "a wrong free is found");
    }
    foreign other;
    {
        strata::scoped_default_resource use{below};
        std::pmr::set_default_resource(&other);
    }
    std::pmr::set_default_resource(&below);
    {
        strata::forbid_default_resource none{
            {.on_use = strata::on_finding::ignore, .at_end = strata::on_finding::ignore}};
        std::pmr::string{"a text that is too long to fit inside"};
        check(none.uses() != 0, "a use of the default resource is counted");
    }
    std::pmr::set_default_resource(nullptr);
    strata::set_misuse_handler(nullptr);
}

void takes_what_a_buffer_has() {
    foreign below;
    strata::bounded_time_resource memory{strata::bounded_time{.capacity = 4096}, &below};
    memory.deallocate(memory.allocate(100), 100);
    strata::fixed_buffer_resource<8192> buffer;
    strata::bounded_time_resource inside{strata::bounded_time{}, &buffer};
    inside.deallocate(inside.allocate(100), 100);
    check(inside.usage().reserved_bytes <= 8192, "bounded_time takes what the buffer has");
}

}  // namespace

int main() {
    is_described();
    knows_its_blocks();
    falls_back();
    finds_layers();
    is_equal();
    bridges_to_boost();
    misuse_is_reported();
    takes_what_a_buffer_has();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
