// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_DIFF_CHANGES_HPP
#define STRATA_TOOL_DIFF_CHANGES_HPP

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "tool/trace/site_groups.hpp"
#include "tool/trace/trace_summary.hpp"

// What became more or less between two traces.
namespace strata::tool::diff {

/// What is compared of a trace. `groups` refers to `sites`.
struct side {
    std::string file;
    trace::trace_summary sums;
    trace::call_sites sites;
    std::vector<trace::site_group> groups;
};

struct change {
    std::string name;
    double before = 0;
    double after = 0;

    [[nodiscard]] double by() const { return after - before; }
};

/// Figures of one kind.
struct section {
    std::string title;
    bool is_of_bytes = true;
    std::vector<change> changes;  ///< those that are no noise, the largest first
    std::size_t noise = 0;        ///< how many others changed
};

/// The figures of the whole programs, whatever they are.
[[nodiscard]] std::vector<std::pair<change, bool>> whole_changes(const side& before,
                                                                 const side& after);

/// By phase, resource, size and call site. A change is noise if it is less than `noise`, such as
/// 0.01, of the larger whole. Call sites are matched by the names of their functions, so that they
/// survive another build; lines and addresses do not.
[[nodiscard]] std::vector<section> sections_of(const side& before, const side& after,
                                               double noise);

void print_text(std::ostream& to, const side& before, const side& after, double noise);
void print_json(std::ostream& to, const side& before, const side& after, double noise);

}  // namespace strata::tool::diff

#endif
