// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXPORT_FORMATS_HPP
#define STRATA_TOOL_EXPORT_FORMATS_HPP

#include <memory>
#include <ostream>

#include "tool/export/exporter.hpp"

// The formats, a file each.
namespace strata::tool::exporting {

[[nodiscard]] std::unique_ptr<exporter> make_collapsed(std::ostream& to,
                                                       const trace::trace_info& of,
                                                       const measure* what);
[[nodiscard]] std::unique_ptr<exporter> make_csv(std::ostream& to, const trace::trace_info& of,
                                                 const measure* what);
[[nodiscard]] std::unique_ptr<exporter> make_dhat(std::ostream& to, const trace::trace_info& of,
                                                  const measure* what);
[[nodiscard]] std::unique_ptr<exporter> make_heaptrack(std::ostream& to,
                                                       const trace::trace_info& of,
                                                       const measure* what);
[[nodiscard]] std::unique_ptr<exporter> make_json(std::ostream& to, const trace::trace_info& of,
                                                  const measure* what);
[[nodiscard]] std::unique_ptr<exporter> make_massif(std::ostream& to, const trace::trace_info& of,
                                                    const measure* what);
[[nodiscard]] std::unique_ptr<exporter> make_perfetto(std::ostream& to, const trace::trace_info& of,
                                                      const measure* what);
[[nodiscard]] std::unique_ptr<exporter> make_pprof(std::ostream& to, const trace::trace_info& of,
                                                   const measure* what);
[[nodiscard]] std::unique_ptr<exporter> make_speedscope(std::ostream& to,
                                                        const trace::trace_info& of,
                                                        const measure* what);

}  // namespace strata::tool::exporting

#endif
