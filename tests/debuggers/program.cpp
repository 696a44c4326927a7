// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Resources of every kind, for gdb to show. Stops in `stop`, where all of them are in use.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/watched_resource.hpp>

using namespace strata::literals;

namespace {

// A layer of the program's own.
struct own {
    strata::label name = {};

    template <class Upstream>
    using resource_type = class own_resource;
    static constexpr bool is_source = false;
    static constexpr std::string_view layer_name = "own";
};

class own_resource : public strata::adaptor<own_resource, own> {
public:
    explicit own_resource(std::pmr::memory_resource* upstream) : adaptor{"mine", upstream} {}

    int calls = 0;

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        ++calls;
        return allocate_below(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        deallocate_below(block, bytes, alignment);
    }
};

class foreign_resource : public std::pmr::memory_resource {
    void* do_allocate(std::size_t, std::size_t) final { throw std::bad_alloc{}; }
    void do_deallocate(void*, std::size_t, std::size_t) final {}
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept final {
        return this == &other;
    }
};

}  // namespace

// What `describe` prints of each, for comparison, is the program's output.
void show(const char* name, const std::pmr::memory_resource& of) {
    std::cout << "== " << name << "\n" << to_text(strata::describe(of), strata::charset::ascii);
}

extern "C" [[gnu::noinline]] void stop() {
    asm volatile("");
}

// Keeps what it is given in memory, in optimised programs too.
template <class... T>
void keep(T&... all) {
    (([](const void* one) { asm volatile("" : : "r"(one) : "memory"); })(std::addressof(all)), ...);
}

// Leaves blocks of many sizes live and others free, in an order that is the same in each run.
void make_busy(std::pmr::memory_resource& memory) {
    struct block {
        void* begin;
        std::size_t bytes;
    };
    std::vector<block> live;
    std::uint32_t random = 1;
    for (int i = 0; i != 20000; ++i) {
        random = random * 1664525 + 1013904223;
        const std::size_t bytes = random % 97 == 0 ? random >> 14 : random >> 23;
        live.push_back({memory.allocate(bytes), bytes});
        if (random % 5 < 3) {
            std::swap(live[random % live.size()], live.back());
            memory.deallocate(live.back().begin, live.back().bytes);
            live.pop_back();
        }
    }
}

int main() {
    strata::stack memory{strata::stats{.name = "orders"}, strata::pool{},
                         strata::arena{.first_chunk = 64_KiB}};
    std::pmr::vector<int> numbers{{1, 2, 3}, &memory};
    std::pmr::string text{"a text that is too long to fit inside its string", &memory};
    std::pmr::memory_resource* any = &memory;
    std::pmr::polymorphic_allocator<int> allocator{&memory};

    strata::built_strategy built =
        strata::strategy::parse("debug(concurrent=true) > limit(bytes=1MiB) > "
                                "segregator(256, pool, fallback(pages(reserve=1GiB), heap))")
            .build();
    strata::resource& whole = built;
    const strata::shared_resource handle{strata::pool{}, strata::arena{}};
    void* const of_built[] = {built.allocate(24, 8), built.allocate(1000, 8)};

    alignas(16) std::array<std::byte, 4096> buffer{};
    strata::fixed_buffer_resource<> fixed{buffer};
    strata::bounded_time_resource bounded{strata::bounded_time{.capacity = 4_KiB}};
    strata::concurrent_pool_resource shared{strata::concurrent_pool{.name = "shared"}, &fixed};
    strata::concurrent_arena_resource slabs{strata::concurrent_arena{.first_chunk = 1_KiB}};
    strata::page_resource pages;
    strata::pool_resource hardened{strata::pool{.hardened = true}};
    strata::stats_resource single{strata::basic_stats<strata::counting::single>{}, &fixed};
    strata::stats_resource relaxed{strata::basic_stats<strata::counting::relaxed>{}, &single};
    strata::stats_resource strict{strata::basic_stats<strata::counting::sequential>{}, &relaxed};
    strata::synchronized_resource locked{&strict};
    strata::retry_resource again{strata::retry{.attempts = 7}, &locked};
    strata::from_boost from{boost::container::pmr::new_delete_resource()};
    strata::to_boost to{&from};
    strata::checking_resource checking;
    strata::failing_resource failing{&checking};
    strata::watched_resource watched{&failing};
    strata::size_profile sizes;
    strata::sized_arena sized{sizes, "sized", &watched};
    strata::stack branches{strata::stats{},
                           strata::fallback{strata::fixed_buffer<512>{}, strata::heap{}}};
    strata::stack large{strata::stats{}, strata::fixed_buffer<100000>{}};
    std::pmr::memory_resource* of_large = &large;
    own_resource mine{std::pmr::new_delete_resource()};
    strata::limit_resource<> above{strata::limit{.blocks = 10}, &mine};
    strata::limit_resource<> loop{static_cast<std::pmr::memory_resource*>(&loop)};
    foreign_resource foreign;

    std::pmr::memory_resource* const all[] = {&fixed, &bounded, &slabs,    &pages,    &hardened,
                                              &again, &sized,   &branches, &checking, &mine};
    std::vector<void*> live;
    for (std::pmr::memory_resource* const each : all) {
        void* const first = each->allocate(40, 8);
        live.push_back(each->allocate(100, 8));
        live.push_back(each->allocate(200, 8));
        each->deallocate(first, 40, 8);
    }

    strata::stack busy{strata::stats{}, strata::pool{}, strata::arena{}};
    make_busy(busy);
    strata::stack quiet{strata::stats{},
                        strata::concurrent_arena{.name = "slabs"}};  // not described
    quiet.deallocate(quiet.allocate(100), 100);
    keep(*static_cast<char*>(quiet.allocate(50)));
    strata::pool_resource emptied{strata::pool{.hardened = true}, strata::system_heap()};
    make_busy(emptied);
    void* same[9000];
    for (void*& each : same) {
        each = emptied.allocate(48);
    }
    for (void* const each : same) {
        emptied.deallocate(each, 48);
    }
    (void)emptied.trim();
    strata::stack several{strata::stats{}, strata::concurrent_pool{}};
    for (int i = 0; i != 5; ++i) {
        std::thread{[&] { make_busy(several); }}.join();
    }
    strata::trace_resource traced{strata::trace{.file = "program.trace"}, &pages};
    strata::arena_resource buffered{buffer.data(), buffer.size(), strata::system_heap()};
    buffered.deallocate(buffered.allocate(3000), 3000);
    buffered.deallocate(buffered.allocate(3000), 3000);
    buffered.reset();
    buffered.deallocate(buffered.allocate(100), 100);

    std::pmr::memory_resource* null = nullptr;
    auto* wild = reinterpret_cast<std::pmr::memory_resource*>(0x10);
    std::array<std::byte, 64> zeros{};
    auto* overwritten = reinterpret_cast<std::pmr::memory_resource*>(zeros.data());
    strata::limit_resource<> torn{overwritten};
    alignas(strata::arena_resource) std::byte room[sizeof(strata::arena_resource)]{};
    auto* made_later = reinterpret_cast<strata::arena_resource*>(room);
    strata::layout row = strata::layout::array<double>(5);
    strata::allocation_stats counted = memory.get<strata::stats>().snapshot();
    strata::usage usage = memory.usage();
    strata::usage nothing;
    strata::label name = "orders";

    show("memory", memory);
    show("built", built);
    show("fixed", fixed);
    show("bounded", bounded);
    show("shared", shared);
    show("slabs", slabs);
    show("pages", pages);
    show("hardened", hardened);
    show("again", again);
    show("sized", sized);
    show("branches", branches);
    show("busy", busy);
    show("emptied", emptied);
    show("several", several);
    show("buffered", buffered);
    std::cout.flush();
    keep(memory, numbers, text, any, allocator, built, whole, handle, of_built, buffer, fixed,
         bounded, shared, slabs, pages, hardened, single, relaxed, strict, locked, again, from, to,
         checking, failing, watched, sized, branches, mine, foreign, null, wild, overwritten, room,
         made_later, row, counted, usage, name, nothing, above, torn, loop, busy, emptied, several,
         traced, buffered, quiet, large, of_large);
    stop();
    std::_Exit(0);  // some blocks are still live
}
