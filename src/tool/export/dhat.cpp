// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <cstdint>
#include <map>
#include <memory>
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

    void add(const trace::event& next, const trace::trace_summary& /*sums*/) override {
        now_ = next.microseconds;
        live_.add(next, *this);
    }

    void begin(const live_block& block) { grow(block); }
    void end(const live_block& block) {
        state& at = shrink(block);
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
        frame_numbers frames{of.sites, frame_with_address_of};
        const char* between = "\n";
        for (const auto& [stack, point] : points_of(of, frames)) {
            to_ << between << point.dump();
            between = ",\n";
        }
        to_ << "\n],\"ftbl\":[\"[root]\"";
        for (const std::string& each : frames.texts()) {
            to_ << ",\n" << json(each).dump();
        }
        to_ << "]}\n";
    }

private:
    // Of one call site.
    struct state {
        trace::usage live;
        trace::usage most;            ///< when the most bytes were live
        std::uint64_t lifetimes = 0;  ///< of all blocks that were freed
    };
    using points = std::map<std::vector<std::size_t>, json>;

    state& of_site(std::uint32_t site) {
        if (sites_.find(site) == nullptr) {
            sites_.put(site, {});
        }
        return *sites_.find(site);
    }
    void grow(const live_block& by) {
        state& at = of_site(by.site);
        at.live += {by.blocks, by.bytes};
        at.most = at.live.bytes > at.most.bytes ? at.live : at.most;
    }
    state& shrink(const live_block& by) {
        state& at = of_site(by.site);
        at.live -= {by.blocks, by.bytes};
        return at;
    }

    // dh_view refuses two points with one call stack. A frame's text may be that of several places.
    points points_of(const whole_trace& of, frame_numbers& frames) {
        points all;
        for (const auto& [site, share] : of.sums.by_site()) {
            std::vector<std::size_t> stack = frames.of(site);
            for (std::size_t& each : stack) {
                ++each;  // 0 is the root
            }
            const state& at = of_site(site);
            json& point = all.try_emplace(stack, json::object()).first->second;
            const auto add = [&](const char* key, std::uint64_t number) {
                point[key] = point.value(key, std::uint64_t{0}) + number;
            };
            add("tb", share.allocated.bytes);
            add("tbk", share.allocated.blocks);
            add("tl", at.lifetimes);
            add("mb", at.most.bytes);
            add("mbk", at.most.blocks);
            add("gb", share.at_peak.bytes);
            add("gbk", share.at_peak.blocks);
            add("eb", share.live.bytes);
            add("ebk", share.live.blocks);
            point["fs"] = std::move(stack);
        }
        return all;
    }

    std::ostream& to_;
    live_blocks live_;
    std::uint64_t now_ = 0;
    trace::number_map<state> sites_;
};

}  // namespace

std::unique_ptr<exporter> make_dhat(std::ostream& to, const trace::trace_info& of,
                                    const measure* /*what*/) {
    return std::make_unique<dhat_exporter>(to, of);
}

}  // namespace strata::tool::exporting
