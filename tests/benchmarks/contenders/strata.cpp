// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "contenders/contender.hpp"
#include "contenders/strata_parts.hpp"

#include <array>
#include <memory>

namespace bench {
namespace {

class over_a_buffer final : public instance {
public:
    memory* get() noexcept override { return &arena_; }
    void reset() override { arena_.release(); }

private:
    std::array<std::byte, 1024 * 1024> buffer_;
    strata::arena_resource arena_{buffer_.data(), buffer_.size()};
};

class pool_with_a_lock final : public instance {
public:
    explicit pool_with_a_lock(memory* upstream) : pool_{or_default(upstream)} {}
    memory* get() noexcept override { return &locked_; }
    void trim() override { pool_.trim(); }

private:
    strata::pool_resource pool_;
    strata::synchronized_resource<strata::pool_resource> locked_{&pool_};
};

template <class Resource>
void reset(Resource& arena) {
    arena.reset();
}

template <class Resource>
void release(Resource& arena) {
    arena.release();
}

template <class Resource>
void trim(Resource& pool) {
    pool.trim();
}

}  // namespace

void add_strata(field& all) {
    using arena = strata::arena_resource;
    const std::string library = "strata";
    all.add({.id = "strata.pool",
             .label = "strata pool",
             .library = library,
             .has_upstream = true,
             .make = [](memory* upstream) {
                 using pool = strata::pool_resource;
                 return std::make_unique<holds<pool>>(nullptr, trim<pool>, or_default(upstream));
             }});
#ifdef BENCH_CONCURRENT_POOL
    all.add({.id = "strata.concurrent",
             .label = "strata concurrent_pool",
             .library = library,
             .threads = true,
             .has_upstream = true,
             .make = [](memory* upstream) {
                 using pool = strata::concurrent_pool_resource;
                 return std::make_unique<holds<pool>>(
                     nullptr, trim<pool>, strata::concurrent_pool{}, or_default(upstream));
             }});
#else
    all.note({"strata concurrent_pool", "not in this version", false});
#endif
#ifdef BENCH_BOUNDED
    all.add({.id = "strata.bounded",
             .label = "strata bounded_time",
             .library = library,
             .make = [](memory* upstream) {
                 using heap = strata::bounded_time_resource;
                 return std::make_unique<holds<heap>>(
                     nullptr, nullptr, strata::bounded_time{.capacity = std::size_t{3} << 30},
                     or_default(upstream));
             }});
#else
    all.note({"strata bounded_time", "not in this version", false});
#endif
    all.add(
        {.id = "strata.synchronized",
         .label = "strata synchronized > pool",
         .library = library,
         .threads = true,
         .has_upstream = true,
         .make = [](memory* upstream) { return std::make_unique<pool_with_a_lock>(upstream); }});
    all.add({.id = "strata.arena.reset",
             .label = "strata arena, reset()",
             .library = library,
             .kind = shape::arena,
             .has_upstream = true,
             .make = [](memory* upstream) {
                 return std::make_unique<holds<arena>>(reset<arena>, nullptr, or_default(upstream));
             }});
#ifdef BENCH_CONCURRENT_ARENA
    all.add({.id = "strata.concurrent_arena",
             .label = "strata concurrent_arena",
             .library = library,
             .kind = shape::arena,
             .has_upstream = true,
             .make = [](memory* upstream) {
                 using shared = strata::concurrent_arena_resource;
                 return std::make_unique<holds<shared>>(reset<shared>, nullptr,
                                                        or_default(upstream));
             }});
#else
    all.note({"strata concurrent_arena", "not in this version", false});
#endif
    all.add({.id = "strata.arena.buffer",
             .label = "strata arena, over a buffer",
             .library = library,
             .kind = shape::arena,
             .make = [](memory*) { return std::make_unique<over_a_buffer>(); }});
    all.add({.id = "strata.arena.release",
             .label = "strata arena, release()",
             .library = library,
             .kind = shape::arena,
             .has_upstream = true,
             .make = [](memory* upstream) {
                 return std::make_unique<holds<arena>>(release<arena>, nullptr,
                                                       or_default(upstream));
             }});
#ifdef BENCH_PAGES
    all.add({.id = "strata.arena.pages",
             .label = "strata arena > huge pages",
             .library = library,
             .kind = shape::arena,
             .make = [](memory*) { return std::make_unique<arena_on_pages>(); }});
#else
    all.note({"strata page_resource", "not in this version", false});
#endif
    all.add({.id = "strata.heap",
             .label = "strata heap_resource",
             .library = library,
             .kind = shape::heap,
             .threads = true,
             .make = [](memory*) {
                 return std::make_unique<holds<strata::heap_resource>>(nullptr, nullptr);
             }});
}

}  // namespace bench
