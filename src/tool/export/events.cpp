// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>

#include <nlohmann/json.hpp>

#include "tool/export/formats.hpp"
#include "tool/export/stacks.hpp"
#include "tool/trace/call_json.hpp"

// The events themselves, a line each.
namespace strata::tool::exporting {
namespace {

using json = nlohmann::ordered_json;

const char* kind_of(const trace::event& of) {
    return trace::kind_names[static_cast<std::size_t>(of.kind)];
}

const char* form_of(const trace::event& of) {
    return trace::form_names[static_cast<std::size_t>(of.of_form)];
}

bool has_block(trace::event_kind of) {
    return of == trace::event_kind::allocate || names_block(of);
}

// A free does not tell them.
bool has_form(trace::event_kind of) {
    return of == trace::event_kind::allocate || of == trace::event_kind::reallocate ||
           of == trace::event_kind::refused;
}

// --- csv ----------------------------------------------------------------------------------------

// A text in quotation marks, on one line. Spreadsheets take one that begins like this for a
// formula.
std::string cell_of(std::string_view text) {
    std::string all = "\"";
    all += text.find_first_of("=+-@") == 0 ? "'" : "";
    for (const char each : clean(text)) {
        all.append(each == '"' ? 2 : 1, each);
    }
    return all + '"';
}

class csv_exporter final : public exporter {
public:
    explicit csv_exporter(std::ostream& to) : to_{to} {
        to_ << "microseconds,thread,event,block,size,alignment,form,resource,site,text\n";
    }

    void add(const trace::event& next, const trace::trace_summary& /*sums*/) override {
        to_ << next.microseconds << ',' << next.thread << ',' << kind_of(next) << ',';
        if (has_block(next.kind)) {
            to_ << next.block;
        }
        to_ << ',' << next.size << ',';
        if (has_form(next.kind)) {
            to_ << (std::uint64_t{1} << next.alignment_exponent) << ',' << form_of(next);
        } else {
            to_ << ',';
        }
        to_ << ',' << next.resource << ',';
        if (next.site != 0) {
            to_ << next.site;
        }
        to_ << ',' << (next.text.empty() ? "" : cell_of(next.text)) << '\n';
    }
    void finish(const whole_trace& /*of*/) override {}

private:
    std::ostream& to_;
};

// --- json ---------------------------------------------------------------------------------------

// A name of the program may be no UTF-8.
std::string text_of_json(const json& of) {
    return of.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Events are written field by field: to make an object of each takes four times as long.
class json_exporter final : public exporter {
public:
    json_exporter(std::ostream& to, const trace::trace_info& of) : to_{to} {
        write({{"trace", 1},
               {"program", of.program},
               {"process", of.process},
               {"started", of.started},
               {"sample_distance", of.sample_distance}});
    }

    void add(const trace::event& next, const trace::trace_summary& /*sums*/) override {
        to_ << R"({"event":")" << kind_of(next) << R"(","microseconds":)" << next.microseconds
            << R"(,"thread":)" << next.thread;
        if (has_block(next.kind)) {
            to_ << R"(,"block":)" << next.block;
        }
        to_ << R"(,"size":)" << next.size;
        if (has_form(next.kind)) {
            to_ << R"(,"alignment":)" << (std::uint64_t{1} << next.alignment_exponent)
                << R"(,"form":")" << form_of(next) << '"';
        }
        to_ << R"(,"resource":)" << next.resource;
        if (next.site != 0) {
            to_ << R"(,"site":)" << next.site;
        }
        if (has_text(next.kind)) {
            to_ << R"(,"text":)" << text_of_json(json(next.text));
        }
        to_ << "}\n";
    }

    void finish(const whole_trace& of) override {
        for (const auto& [site, share] : of.sums.by_site()) {
            json stack = json::array();
            for (const trace::shown_call& each : of.sites.calls_of(site)) {
                stack.push_back(trace::json_of(each));
            }
            if (!stack.empty()) {
                write({{"site", site}, {"stack", std::move(stack)}});
            }
        }
        write({{"end", of.sums.events}});
    }

private:
    void write(const json& line) { to_ << text_of_json(line) << '\n'; }

    std::ostream& to_;
};

}  // namespace

std::unique_ptr<exporter> make_csv(std::ostream& to, const trace::trace_info& /*of*/,
                                   const measure* /*what*/) {
    return std::make_unique<csv_exporter>(to);
}

std::unique_ptr<exporter> make_json(std::ostream& to, const trace::trace_info& of,
                                    const measure* /*what*/) {
    return std::make_unique<json_exporter>(to, of);
}

}  // namespace strata::tool::exporting
