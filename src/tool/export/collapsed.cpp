// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tool/export/formats.hpp"
#include "tool/export/stacks.hpp"

namespace strata::tool::exporting {
namespace {

// A line each: the frames, the outermost first, with semicolons between them, and the figure.
class collapsed_exporter final : public exporter {
public:
    collapsed_exporter(std::ostream& to, const measure& what) : to_{to}, what_{what} {}

    void finish(const whole_trace& of) override {
        for (const auto& [site, share] : of.sums.by_site()) {
            const std::uint64_t count = what_.of(share);
            if (count == 0) {
                continue;
            }
            std::string line;
            const std::vector<trace::shown_call> stack = stack_of(of.sites, site);
            for (auto call = stack.rbegin(); call != stack.rend(); ++call) {
                std::string frame = frame_of(*call);
                std::ranges::replace(frame, ';', ':');
                line.append(line.empty() ? "" : ";").append(frame);
            }
            to_ << line << ' ' << count << '\n';
        }
    }

private:
    std::ostream& to_;
    const measure& what_;
};

}  // namespace

std::unique_ptr<exporter> make_collapsed(std::ostream& to, const trace::trace_info& /*of*/,
                                         const measure* what) {
    return std::make_unique<collapsed_exporter>(to, what == nullptr ? measures[0] : *what);
}

}  // namespace strata::tool::exporting
