// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATA_HPP
#define STRATA_STRATA_HPP

// Everything but what is for tests (strata/testing/).

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/counting.hpp>
#include <strata/adaptors/stats_resource.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/scoped_default_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/core/format_bytes.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/literals.hpp>
#include <strata/core/misuse.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/usage.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#endif
