// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <ostream>

#include <nlohmann/json.hpp>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

#include "tool/advise/findings.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::advise {
namespace {

using json = nlohmann::ordered_json;

}  // namespace

void print_text(std::ostream& to, const trace::trace_summary& sums,
                const std::vector<finding>& all) {
    to << trace::many(sums.allocated.blocks, "allocation") << ", at most "
       << format_bytes(static_cast<std::int64_t>(sums.peak.bytes)) << " live\n";
    std::size_t number = 0;
    for (const finding& each : all) {
        to << '\n'
           << ++number << ". " << detail::printable(each.place) << ": " << title_of(each.what)
           << '\n';
        if (!each.callers.empty()) {
            to << "   from " << detail::printable(each.callers) << '\n';
        }
        to << "   " << each.seen << "\n   to win: " << each.gain << "\n       " << each.code
           << '\n';
    }
    if (all.empty()) {
        to << "\nNothing to win by a hundredth of all calls or memory at any one call site.\n";
    }
}

void print_json(std::ostream& to, const trace::trace_summary& sums,
                const std::vector<finding>& all) {
    json found = json::array();
    for (const finding& each : all) {
        found.push_back({{"habit", name_of(each.what)},
                         {"place", each.place},
                         {"callers", each.callers},
                         {"seen", each.seen},
                         {"gain", each.gain},
                         {"code", each.code},
                         {"weight", each.weight}});
    }
    const json whole{{"allocations", sums.allocated.blocks},
                     {"peak_bytes", sums.peak.bytes},
                     {"findings", found}};
    to << whole.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace strata::tool::advise
