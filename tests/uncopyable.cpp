// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What owns memory, or stands where others point to it, is neither copied nor moved.
#include <type_traits>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>

template <class... Types>
constexpr bool stay_where_they_are =
    (... && (!std::is_copy_constructible_v<Types> && !std::is_move_constructible_v<Types> &&
             !std::is_copy_assignable_v<Types> && !std::is_move_assignable_v<Types>));

static_assert(stay_where_they_are<strata::heap_resource, strata::page_resource,
                                  strata::fixed_buffer_resource<64>, strata::from_boost,
                                  strata::to_boost>);
static_assert(stay_where_they_are<strata::arena_resource, strata::concurrent_arena_resource,
                                  strata::pool_resource, strata::concurrent_pool_resource,
                                  strata::bounded_time_resource>);
static_assert(
    stay_where_they_are<strata::debug_resource<>, strata::fallback_resource<strata::resource>,
                        strata::limit_resource<>, strata::retry_resource<>,
                        strata::segregator_resource<strata::resource>, strata::stats_resource<>,
                        strata::stats_scope, strata::synchronized_resource<>>);
static_assert(stay_where_they_are<strata::scoped_default_resource,
                                  strata::stack<strata::pool, strata::arena>>);

// A built strategy owns its resource, which stays where it is when the owner moves.
static_assert(std::is_nothrow_move_constructible_v<strata::built_strategy> &&
              std::is_nothrow_move_assignable_v<strata::built_strategy> &&
              !std::is_copy_constructible_v<strata::built_strategy> &&
              !std::is_copy_assignable_v<strata::built_strategy>);
