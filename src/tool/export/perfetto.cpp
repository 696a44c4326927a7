// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <strata/detail/text.hpp>

#include "tool/export/bounded_curve.hpp"
#include "tool/export/formats.hpp"
#include "tool/export/stacks.hpp"

namespace strata::tool::exporting {
namespace {

using json = nlohmann::ordered_json;

// More than a screen has columns.
constexpr std::size_t curve_stretches = 4096;
// Threads beyond so many are one curve.
constexpr std::size_t most_thread_curves = 200;
// Phases are slices of a thread of their own: a number that no thread has.
constexpr std::uint64_t phases_thread = 4'000'000'000;

// How many bytes are live, over time, of one thread or resource.
class curve {
public:
    void add(const trace::live_change& next) {
        bytes_ += next.is_freed ? 0 - next.bytes : next.bytes;
        line_.add({next.microseconds, bytes_});
    }
    [[nodiscard]] std::vector<moment> moments() const { return line_.moments(); }

private:
    std::uint64_t bytes_ = 0;
    bounded_curve line_{curve_stretches};
};

// Chrome's JSON: an event a line. Counters come at the end, since only then it is known which
// moments they show.
class perfetto_exporter final : public exporter {
public:
    perfetto_exporter(std::ostream& to, const trace::trace_info& of)
        : to_{to},
          process_{of.process} {
        to_ << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
        write({{"ph", "M"}, {"name", "process_name"}, {"args", {{"name", clean(of.program)}}}});
        name_thread(phases_thread, "phases");
    }

    void add(const trace::event& next, const trace::trace_summary& /*sums*/) override {
        now_ = next.microseconds;
        switch (next.kind) {
            case trace::event_kind::phase:
                end_phase();
                phase_ = {now_, clean(next.text)};
                return;
            case trace::event_kind::thread_begin:
                return name_thread(next.thread,
                                   detail::formatted("thread %u (%llu)", next.thread,
                                                     static_cast<unsigned long long>(next.size)));
            default:
                return;
        }
    }

    void change(const trace::live_change& next) override {
        whole_.add(next);
        resources_[next.resource].add(next);
        const bool is_known = threads_.contains(next.thread);
        const std::uint32_t shown =
            is_known || threads_.size() < most_thread_curves ? next.thread : other_threads;
        threads_[shown].add(next);
    }

    void finish(const whole_trace& of) override {
        end_phase();
        write_curve("live bytes", whole_);
        if (resources_.size() > 1) {
            const auto shares = of.sums.by_resource();
            for (const auto& [number, each] : resources_) {
                const auto found = shares.find(number);
                const std::string name = found == shares.end() ? "" : clean(found->second.name);
                const std::string number_text = detail::decimal(std::uint64_t{number});
                write_curve(
                    "live bytes of resource " + number_text + (name.empty() ? "" : " ") + name,
                    each);
            }
        }
        if (threads_.size() > 1) {
            for (const auto& [number, each] : threads_) {
                write_curve("live bytes of " + (number == other_threads
                                                    ? "other threads"
                                                    : detail::formatted("thread %u", number)),
                            each);
            }
        }
        to_ << "\n],\"otherData\":"
            << json{{"program", clean(of.info.program)},
                    {"started_nanoseconds_since_1970", of.info.started}}
                   .dump()
            << "}\n";
    }

private:
    static constexpr std::uint32_t other_threads = ~std::uint32_t{0};

    void write(json event) {
        event["pid"] = process_;
        to_ << (is_first_ ? "" : ",\n") << event.dump();
        is_first_ = false;
    }
    void name_thread(std::uint64_t thread, const std::string& name) {
        write({{"ph", "M"}, {"name", "thread_name"}, {"tid", thread}, {"args", {{"name", name}}}});
    }
    void end_phase() {
        if (phase_) {
            write({{"ph", "X"},
                   {"name", phase_->second},
                   {"cat", "phase"},
                   {"tid", phases_thread},
                   {"ts", phase_->first},
                   {"dur", now_ - phase_->first}});
        }
    }
    void write_curve(const std::string& name, const curve& of) {
        for (const moment& each : of.moments()) {
            write(
                {{"ph", "C"}, {"name", name}, {"ts", each.at}, {"args", {{"bytes", each.bytes}}}});
        }
    }

    std::ostream& to_;
    std::uint64_t process_;  // 0 would be the system itself
    std::uint64_t now_ = 0;
    bool is_first_ = true;
    std::optional<std::pair<std::uint64_t, std::string>> phase_;
    curve whole_;
    std::map<std::uint16_t, curve> resources_;
    std::map<std::uint32_t, curve> threads_;
};

}  // namespace

std::unique_ptr<exporter> make_perfetto(std::ostream& to, const trace::trace_info& of,
                                        const measure* /*what*/) {
    return std::make_unique<perfetto_exporter>(to, of);
}

}  // namespace strata::tool::exporting
