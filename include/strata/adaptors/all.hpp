// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_ALL_HPP
#define STRATA_ADAPTORS_ALL_HPP

// All adaptors: for strata.hpp, and for the list of layers that strategy texts can name.

#include <strata/adaptors/adaptor.hpp>
#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/counting.hpp>
#include <strata/adaptors/debug_options.hpp>
#include <strata/adaptors/debug_resource.hpp>
#include <strata/adaptors/fallback_resource.hpp>
#include <strata/adaptors/limit_resource.hpp>
#include <strata/adaptors/retry_resource.hpp>
#include <strata/adaptors/segregator_resource.hpp>
#include <strata/adaptors/stats_resource.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/adaptors/thresholds.hpp>
#include <strata/adaptors/trace_resource.hpp>

#endif
