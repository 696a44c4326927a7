// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tool/export/formats.hpp"
#include "tool/export/stacks.hpp"
#include "tool/trace/number_map.hpp"

namespace strata::tool::exporting {
namespace {

using json = nlohmann::ordered_json;

// The second version of DHAT's format, in the mode for heaps, with lifetimes and without accesses.
// Times are microseconds.
class dhat_exporter final : public exporter {
public:
    explicit dhat_exporter(std::ostream& to) : to_{to} {}

    void begin(const trace::call_sites& sites) override {
        frames_.emplace(sites, frame_with_address_of);
    }

    void change(const trace::live_change& next) override {
        point& at = of_site(next.site);
        const std::uint64_t born = next.microseconds - next.age;
        if (!next.is_freed) {
            at.live += {next.blocks, next.bytes};
            at.most = at.live.bytes > at.most.bytes ? at.live : at.most;
            at.lifetimes -= born * next.blocks;
            return;
        }
        at.live -= {next.blocks, next.bytes};
        at.lifetimes += (next.is_resized ? born : next.microseconds) * next.blocks;
    }

    void finish(const whole_trace& of) override {
        to_ << R"({"dhatFileVersion":2,"mode":"heap","verb":"Allocated","bklt":true,"bkacc":false,)"
            << R"("tu":"µs","Mtu":"s","tuth":10,"cmd":)" << json(clean(of.info.program)).dump()
            << R"(,"pid":)" << of.info.process << R"(,"tg":)" << of.sums.peak_at << R"(,"te":)"
            << of.sums.microseconds << R"(,"pps":[)";
        add_sums(of.sums);
        const char* between = "\n";
        for (const auto& [stack, at] : points_) {
            to_ << between << json_of(at, stack, of.sums.microseconds).dump();
            between = ",\n";
        }
        to_ << "\n],\"ftbl\":[\"[root]\"";
        for (const std::string& each : frames_->texts()) {
            to_ << ",\n" << json(each).dump();
        }
        to_ << "]}\n";
    }

private:
    // dh_view refuses two points with one call stack. A frame's text may be that of several places.
    struct point {
        trace::usage live;
        trace::usage most;            ///< when the most bytes were live
        std::uint64_t lifetimes = 0;  ///< of freed blocks, less the births of those that are live
        trace::site_share sums;
    };

    point& of_site(std::uint32_t site) {
        if (point* const* const known = by_site_.find(site)) {
            return **known;
        }
        std::vector<std::size_t> stack = frames_->of(site);
        for (std::size_t& each : stack) {
            ++each;  // 0 is the root
        }
        point& at = points_[std::move(stack)];
        by_site_.put(site, &at);
        return at;
    }

    void add_sums(const trace::trace_summary& of) {
        for (const auto& [site, share] : of.by_site()) {
            trace::site_share& to = of_site(site).sums;
            to.allocated += share.allocated;
            to.at_peak += share.at_peak;
            to.live += share.live;
        }
    }
    // Blocks that were not freed live until the end.
    static json json_of(const point& of, const std::vector<std::size_t>& stack, std::uint64_t end) {
        return {{"tb", of.sums.allocated.bytes},
                {"tbk", of.sums.allocated.blocks},
                {"tl", of.lifetimes + end * of.live.blocks},
                {"mb", of.most.bytes},
                {"mbk", of.most.blocks},
                {"gb", of.sums.at_peak.bytes},
                {"gbk", of.sums.at_peak.blocks},
                {"eb", of.sums.live.bytes},
                {"ebk", of.sums.live.blocks},
                {"fs", stack}};
    }

    std::ostream& to_;
    std::optional<frame_numbers> frames_;
    std::map<std::vector<std::size_t>, point> points_;
    trace::number_map<point*> by_site_;
};

}  // namespace

std::unique_ptr<exporter> make_dhat(std::ostream& to, const trace::trace_info& /*of*/,
                                    const measure* /*what*/) {
    return std::make_unique<dhat_exporter>(to);
}

}  // namespace strata::tool::exporting
