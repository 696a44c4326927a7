// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tool/export/formats.hpp"
#include "tool/export/stacks.hpp"

namespace strata::tool::exporting {
namespace {

using json = nlohmann::ordered_json;

std::string speedscope_frame(const trace::shown_call& of) {
    json frame{{"name", function_of(of)}};
    if (of.name != nullptr && !of.name->file.empty()) {
        frame["file"] = clean(of.name->file);
        frame["line"] = of.name->line;
    } else if (of.module != nullptr && !of.module->path.empty()) {
        frame["file"] = clean(of.module->path);
    }
    return frame.dump();
}

// A profile for each measure. The frames come last, since they are known only then; a profile is
// written stack by stack, since there may be millions.
class speedscope_exporter final : public exporter {
public:
    speedscope_exporter(std::ostream& to, const measure* what) : to_{to}, what_{what} {}

    void finish(const whole_trace& of) override {
        frame_numbers frames{of.sites, speedscope_frame};
        const auto shares = of.sums.by_site();
        to_ << R"({"$schema":"https://www.speedscope.app/file-format-schema.json","name":)"
            << json(clean(of.info.program)).dump()
            << R"(,"exporter":"strata","activeProfileIndex":0,"profiles":[)";
        const char* between = "";
        for (const measure& each : measures) {
            if (what_ == nullptr || what_ == &each) {
                to_ << between;
                between = ",";
                write_profile(each, shares, frames);
            }
        }
        to_ << R"(],"shared":{"frames":[)";
        between = "";
        for (const std::string& each : frames.texts()) {
            to_ << between << each;
            between = ",";
        }
        to_ << "]}}\n";
    }

private:
    void write_profile(const measure& what,
                       const std::map<std::uint32_t, trace::site_share>& shares,
                       frame_numbers& frames) {
        std::vector<std::uint64_t> weights;
        std::uint64_t sum = 0;
        to_ << R"({"type":"sampled","name":")" << what.title << R"(","unit":")"
            << (what.is_of_bytes ? "bytes" : "none") << R"(","samples":[)";
        for (const auto& [site, share] : shares) {
            const std::uint64_t weight = what.of(share);
            if (weight == 0) {
                continue;
            }
            const std::vector<std::size_t> stack = frames.of(site);
            to_ << (weights.empty() ? "" : ",")
                << json(std::vector<std::size_t>{stack.rbegin(), stack.rend()}).dump();
            weights.push_back(weight);
            sum += weight;
        }
        to_ << R"(],"weights":)" << json(weights).dump() << R"(,"startValue":0,"endValue":)" << sum
            << '}';
    }

    std::ostream& to_;
    const measure* what_;
};

}  // namespace

std::unique_ptr<exporter> make_speedscope(std::ostream& to, const trace::trace_info& /*of*/,
                                          const measure* what) {
    return std::make_unique<speedscope_exporter>(to, what);
}

}  // namespace strata::tool::exporting
