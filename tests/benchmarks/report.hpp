// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_REPORT_HPP
#define STRATA_BENCHMARKS_REPORT_HPP

#include <string>
#include <string_view>
#include <vector>

#include "measure.hpp"

namespace bench {

/// What is measured at all, what it runs on and against.
void print_head(const effort& with);
/// The processor, its cores and the compiler.
[[nodiscard]] std::string machine();
/// What else decides figures: the clock, the caches, the sizes of pages.
[[nodiscard]] std::string surroundings();
/// How it is measured, and what the figures are worth.
void print_method();

/// What each does, by its name.
void print_workloads(const std::vector<workload>& all);

/// One table: a column a workload, a row a contender, in each the median of the ratios to the
/// baseline and half the distance of the quartiles.
void print_table(const std::vector<const measured*>& columns);

/// The row of those named to which `of` compares worst: what one must beat to beat them all.
[[nodiscard]] const row* best_of(const measured& in, const row& of,
                                 const std::vector<std::string>& ids);

/// The general allocators, for any size, any thread.
[[nodiscard]] const std::vector<std::string>& general_allocators();

/// Text cut or filled with blanks to so many columns of the terminal.
[[nodiscard]] std::string padded(std::string_view text, std::size_t columns, bool right = false);
/// Three digits: 0.24, 2.41, 24.1, 241.
[[nodiscard]] std::string three_digits(double value);
[[nodiscard]] std::string cell(const spread& of);

}  // namespace bench

#endif
