// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_CONTENDERS_STRATA_PARTS_HPP
#define STRATA_BENCHMARKS_CONTENDERS_STRATA_PARTS_HPP

#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

// What a version of the library may lack, so that versions can be compared.
#if __has_include(<strata/strategies/concurrent_pool_resource.hpp>)
#define BENCH_CONCURRENT_POOL
#include <strata/strategies/concurrent_pool_resource.hpp>
#endif
#if __has_include(<strata/strategies/concurrent_arena_resource.hpp>)
#define BENCH_CONCURRENT_ARENA
#include <strata/strategies/concurrent_arena_resource.hpp>
#endif
#if __has_include(<strata/strategies/bounded_time_resource.hpp>)
#define BENCH_BOUNDED
#include <strata/strategies/bounded_time_resource.hpp>
#endif
#if __has_include(<strata/adaptors/detail/sharded_tally.hpp>)
#define BENCH_SHARDED
#endif
#if __has_include(<strata/sources/page_resource.hpp>)
#define BENCH_PAGES
#include <strata/sources/page_resource.hpp>

#include "contenders/contender.hpp"

namespace bench {

/// An arena whose chunks come from the system in huge pages where there are any.
class arena_on_pages final : public instance {
public:
    memory* get() noexcept override { return &arena_; }
    void reset() override { arena_.reset(); }

private:
    strata::page_resource pages_{
        strata::pages{.reserve = std::size_t{1} << 30, .huge = strata::huge_pages::transparent}};
    strata::arena_resource arena_{strata::arena{.first_chunk = std::size_t{4} << 20}, &pages_};
};

}  // namespace bench
#endif

#endif
