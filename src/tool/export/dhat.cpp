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
#include "tool/export/live_blocks.hpp"
#include "tool/export/stacks.hpp"
#include "tool/trace/number_map.hpp"

namespace strata::tool::exporting {
namespace {

using json = nlohmann::ordered_json;

// The second version of DHAT's format, in the mode for heaps, with lifetimes and without accesses.
// Times are microseconds.
class dhat_exporter final : public exporter {
public:
    dhat_exporter(std::ostream& to, const trace::trace_info& of)
        : to_{to},
          live_{of.sample_distance} {}

    void begin(const trace::call_sites& sites) override {
        frames_.emplace(sites, frame_with_address_of);
    }

    void add(const trace::event& next, const trace::trace_summary& /*sums*/) override {
        now_ = next.microseconds;
        live_.add(next, *this);
    }

    void begin(const live_block& block) { grow(block); }
    void end(const live_block& block) {
        point& at = shrink(block);
        at.lifetimes += (now_ - block.born) * block.blocks;
    }
    void change(const live_block& before, const live_block& after) {
        shrink(before);
        grow(after);
    }

    void finish(const whole_trace& of) override {
        live_.end_all(*this);  // blocks that were not freed live until the end
        to_ << R"({"dhatFileVersion":2,"mode":"heap","verb":"Allocated","bklt":true,"bkacc":false,)"
            << R"("tu":"µs","Mtu":"s","tuth":10,"cmd":)" << json(clean(of.info.program)).dump()
            << R"(,"pid":)" << of.info.process << R"(,"tg":)" << of.sums.peak_at << R"(,"te":)"
            << of.sums.microseconds << R"(,"pps":[)";
        add_sums(of.sums);
        const char* between = "\n";
        for (const auto& [stack, at] : points_) {
            const json point = json_of(at, stack);
            to_ << between << point.dump();
            between = ",\n";
        }
        to_ << "\n],\"ftbl\":[\"[root]\"";
        for (const std::string& each : frames_->texts()) {
            to_ << ",\n" << json(each).dump();
        }
        to_ << "]}\n";
    }

private:
    // dh_view refuses two points with one call stack, and several call sites may have the same
    // texts.
    struct point {
        trace::usage live;
        trace::usage most;            ///< when the most bytes were live
        std::uint64_t lifetimes = 0;  ///< of all blocks that were freed
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
    void grow(const live_block& by) {
        point& at = of_site(by.site);
        at.live += {by.blocks, by.bytes};
        at.most = at.live.bytes > at.most.bytes ? at.live : at.most;
    }
    point& shrink(const live_block& by) {
        point& at = of_site(by.site);
        at.live -= {by.blocks, by.bytes};
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
    static json json_of(const point& of, const std::vector<std::size_t>& stack) {
        return {{"tb", of.sums.allocated.bytes},
                {"tbk", of.sums.allocated.blocks},
                {"tl", of.lifetimes},
                {"mb", of.most.bytes},
                {"mbk", of.most.blocks},
                {"gb", of.sums.at_peak.bytes},
                {"gbk", of.sums.at_peak.blocks},
                {"eb", of.sums.live.bytes},
                {"ebk", of.sums.live.blocks},
                {"fs", stack}};
    }

    std::ostream& to_;
    live_blocks live_;
    std::uint64_t now_ = 0;
    std::optional<frame_numbers> frames_;
    std::map<std::vector<std::size_t>, point> points_;
    trace::number_map<point*> by_site_;
};

}  // namespace

std::unique_ptr<exporter> make_dhat(std::ostream& to, const trace::trace_info& of,
                                    const measure* /*what*/) {
    return std::make_unique<dhat_exporter>(to, of);
}

}  // namespace strata::tool::exporting
