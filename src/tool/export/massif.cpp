// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tool/export/bounded_curve.hpp"
#include "tool/export/call_tree.hpp"
#include "tool/export/formats.hpp"
#include "tool/export/stacks.hpp"

namespace strata::tool::exporting {
namespace {

// As many stretches as ms_print's graph has columns; massif keeps 100 snapshots.
constexpr std::size_t massif_stretches = 72;
// In a shorter time, a millisecond is too long to be the unit. Then massif's other one is: the
// bytes that were allocated and freed so far.
constexpr std::uint64_t least_microseconds = 100'000;

// ms_print takes the rest of a line for a comment.
std::string massif_frame(const trace::shown_call& of) {
    std::string text = frame_with_address_of(of);
    std::ranges::replace(text, '#', '~');
    return text;
}

class massif_exporter final : public exporter {
public:
    explicit massif_exporter(std::ostream& to) : to_{to} {}

    void add(const trace::event& next, const trace::trace_summary& sums) override {
        const std::uint64_t now = sums.live.bytes;
        by_time_.add({next.microseconds, now});
        by_bytes_.add({2 * sums.allocated.bytes - now, now});
    }

    void finish(const whole_trace& of) override {
        const bool is_long = of.sums.microseconds >= least_microseconds;
        std::string command = clean(of.info.program);
        std::ranges::replace(command, '#', '~');
        to_ << "desc: (none)\ncmd: " << command << "\ntime_unit: " << (is_long ? "ms" : "B")
            << '\n';
        snapshot({});
        to_ << "empty\n";
        const std::vector<moment> all = (is_long ? by_time_ : by_bytes_).moments();
        const auto peak = std::ranges::find(all, of.sums.peak.bytes, &moment::bytes);
        for (auto each = all.begin(); each != all.end(); ++each) {
            snapshot({is_long ? each->at / 1000 : each->at, each->bytes});
            if (each == peak) {
                to_ << "peak\n";
                write_tree(of, [](const trace::site_share& site) { return site.at_peak.bytes; });
            } else if (each + 1 == all.end()) {
                to_ << "detailed\n";
                write_tree(of, [](const trace::site_share& site) { return site.live.bytes; });
            } else {
                to_ << "empty\n";
            }
        }
    }

private:
    void snapshot(const moment& of) {
        to_ << "#-----------\nsnapshot=" << snapshots_++ << "\n#-----------\ntime=" << of.at
            << "\nmem_heap_B=" << of.bytes << "\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=";
    }

    template <class BytesOf>
    void write_tree(const whole_trace& of, const BytesOf& bytes_of) {
        frame_numbers frames{of.sites, massif_frame};
        call_tree tree;
        for (const auto& [site, share] : of.sums.by_site()) {
            if (const std::uint64_t bytes = bytes_of(share); bytes != 0) {
                tree.add(frames.of(site), bytes);
            }
        }
        tree.write(to_, frames.texts());
    }

    std::ostream& to_;
    bounded_curve by_time_{massif_stretches};
    bounded_curve by_bytes_{massif_stretches};
    std::uint64_t snapshots_ = 0;
};

}  // namespace

std::unique_ptr<exporter> make_massif(std::ostream& to, const trace::trace_info& /*of*/,
                                      const measure* /*what*/) {
    return std::make_unique<massif_exporter>(to);
}

}  // namespace strata::tool::exporting
