// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tool/export/formats.hpp"
#include "tool/export/protobuf.hpp"
#include "tool/export/stacks.hpp"

namespace strata::tool::exporting {
namespace {

// The names that Go's heap profiles have, and the peak, which they lack.
struct sample_type {
    const char* name;
    const char* unit;
    std::uint64_t (*of)(const trace::site_share& site);
};
constexpr std::array sample_types{
    sample_type{"alloc_objects", "count",
                [](const trace::site_share& site) { return site.allocated.blocks; }},
    sample_type{"alloc_space", "bytes",
                [](const trace::site_share& site) { return site.allocated.bytes; }},
    sample_type{"peak_objects", "count",
                [](const trace::site_share& site) { return site.at_peak.blocks; }},
    sample_type{"peak_space", "bytes",
                [](const trace::site_share& site) { return site.at_peak.bytes; }},
    sample_type{"inuse_objects", "count",
                [](const trace::site_share& site) { return site.live.blocks; }},
    sample_type{"inuse_space", "bytes",
                [](const trace::site_share& site) { return site.live.bytes; }},
};

// The numbers of the fields are those of profile.proto.
class pprof_exporter final : public exporter {
public:
    explicit pprof_exporter(std::ostream& to) : to_{to} {}

    void finish(const whole_trace& of) override {
        for (const sample_type& each : sample_types) {
            write(profile{}.message(1, value_type(each.name, each.unit)));
        }
        write_places(of.sites);
        for (const auto& [site, share] : of.sums.by_site()) {
            write_sample(of.sites, site, share);
        }
        write(profile{}
                  .number(9, of.info.started)
                  .number(10, of.sums.microseconds * 1000)
                  .message(11, value_type("space", "bytes"))
                  .number(12, of.info.sample_distance)
                  .number(13, text(clean(of.info.program)))
                  .number(14, text("alloc_space")));
        for (const std::string& each : texts_) {
            write(profile{}.bytes(6, each));
        }
    }

private:
    using profile = protobuf_message;

    void write(const protobuf_message& part) { to_ << part.content(); }

    // The first text must be an empty one.
    std::uint64_t text(const std::string& of) {
        const auto [at, is_new] = text_numbers_.try_emplace(of, texts_.size());
        if (is_new) {
            texts_.push_back(of);
        }
        return at->second;
    }
    protobuf_message value_type(const char* name, const char* unit) {
        return protobuf_message{}.number(1, text(name)).number(2, text(unit));
    }

    // A location for each place, with its number, and one more for what has no call stack.
    void write_places(const trace::call_sites& all) {
        std::vector<std::uint64_t> ends(all.modules().size());
        for (const trace::code_place& each : all.places()) {
            if (each.module < ends.size()) {
                ends[each.module] = std::max(ends[each.module], each.address + 1);
            }
        }
        for (std::size_t i = 1; i != all.modules().size(); ++i) {
            const trace::code_module& each = all.modules()[i];
            write(profile{}.message(3, protobuf_message{}
                                           .number(1, i)
                                           .number(2, each.bias)
                                           .number(3, each.bias + ends[i])
                                           .number(5, text(clean(each.path)))
                                           .number(6, text(clean(each.build_id)))
                                           .number(7, 1)
                                           .number(8, 1)
                                           .number(9, 1)
                                           .number(10, 1)));
        }
        std::uint64_t number = 0;
        for (const trace::code_place& each : all.places()) {
            write_location(all, each, ++number);
        }
        no_stack_ = number + 1;
        write(profile{}.message(
            4, protobuf_message{}.number(1, no_stack_).message(4, line_of(stack_of({}, 0)[0]))));
    }

    void write_location(const trace::call_sites& all, const trace::code_place& place,
                        std::uint64_t number) {
        const bool has_module = place.module != 0 && place.module < all.modules().size();
        const trace::code_module* const module =
            has_module ? &all.modules()[place.module] : nullptr;
        protobuf_message location;
        location.number(1, number);
        if (has_module) {
            location.number(2, place.module);
        }
        location.number(3, place.address + (has_module ? module->bias : 0));
        trace::shown_call call{.module = module, .address = place.address};
        for (const trace::code_name& each : place.names) {
            call.name = &each;
            location.message(4, line_of(call));
        }
        if (place.names.empty()) {
            location.message(4, line_of(call));
        }
        write(profile{}.message(4, location));
    }

    protobuf_message line_of(const trace::shown_call& of) {
        const std::uint64_t name = text(function_of(of));
        const std::uint64_t file = of.name == nullptr ? 0 : text(clean(of.name->file));
        const auto [at, is_new] = functions_.try_emplace({name, file}, functions_.size() + 1);
        if (is_new) {
            write(profile{}.message(5, protobuf_message{}
                                           .number(1, at->second)
                                           .number(2, name)
                                           .number(3, name)
                                           .number(4, file)));
        }
        return protobuf_message{}
            .number(1, at->second)
            .number(2, of.name == nullptr ? 0 : of.name->line);
    }

    void write_sample(const trace::call_sites& all, std::uint32_t site,
                      const trace::site_share& share) {
        std::vector<std::uint64_t> locations;
        for (std::uint32_t at = site;
             at != 0 && at < all.calls().size() && all.calls()[at].place != 0 &&
             locations.size() < trace::call_sites::most_shown;
             at = all.calls()[at].caller) {
            locations.push_back(all.calls()[at].place);
        }
        if (locations.empty()) {
            locations.push_back(no_stack_);
        }
        std::vector<std::uint64_t> values;
        for (const sample_type& each : sample_types) {
            values.push_back(each.of(share));
        }
        write(profile{}.message(2, protobuf_message{}.numbers(1, locations).numbers(2, values)));
    }

    std::ostream& to_;
    std::vector<std::string> texts_{""};
    std::unordered_map<std::string, std::uint64_t> text_numbers_{{"", 0}};
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> functions_;
    std::uint64_t no_stack_ = 0;
};

}  // namespace

std::unique_ptr<exporter> make_pprof(std::ostream& to, const trace::trace_info& /*of*/,
                                     const measure* /*what*/) {
    return std::make_unique<pprof_exporter>(to);
}

}  // namespace strata::tool::exporting
