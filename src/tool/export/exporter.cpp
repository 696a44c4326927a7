// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/export/exporter.hpp"

#include <array>

#include "tool/export/formats.hpp"

namespace strata::tool::exporting {

exporter::~exporter() = default;

void exporter::begin(const trace::call_sites& /*sites*/) {}

void exporter::add(const trace::event& /*next*/, const trace::trace_summary& /*sums*/) {}

void exporter::change(const trace::live_change& /*next*/) {}

std::span<const format> formats() noexcept {
    static constexpr std::array all{
        format{"collapsed", false, true, false, make_collapsed},
        format{"speedscope", false, true, false, make_speedscope},
        format{"massif", false, false, false, make_massif},
        format{"heaptrack", false, false, false, make_heaptrack},
        format{"dhat", false, false, true, make_dhat},
        format{"perfetto", false, false, false, make_perfetto},
        format{"pprof", true, false, false, make_pprof},
        format{"csv", false, false, false, make_csv},
        format{"json", false, false, false, make_json},
    };
    return all;
}

}  // namespace strata::tool::exporting
