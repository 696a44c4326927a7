// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATA_HPP
#define STRATA_STRATA_HPP

// All resources, and what puts them together. Headers of their own, since compilers take long for
// them: strata/containers/ (unique_ptr, deeply_pmr, uses_resource), shared_allocator in
// strata/compose/, strata/interop/ (Boost's resources, operator new of the whole program) and
// strata/testing/.

#include <strata/detail/requirements.hpp>

#include <strata/adaptors/all.hpp>
#include <strata/compose/branches.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/described_layer.hpp>
#include <strata/compose/layer_kind.hpp>
#include <strata/compose/scoped_default_resource.hpp>
#include <strata/compose/shared_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/compose/strategy_error.hpp>
#include <strata/containers/byte_buffer.hpp>
#include <strata/core/format_bytes.hpp>
#include <strata/core/label.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/literals.hpp>
#include <strata/core/on_finding.hpp>
#include <strata/core/option_list.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/out_of_room.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/usage.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/sources/page_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/bounded_time_resource.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/strategies/size_profile.hpp>
#include <strata/strategies/sized_arena.hpp>
#include <strata/trace/mark_phase.hpp>

#endif
