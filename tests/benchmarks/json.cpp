// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "contenders/contender.hpp"
#include "report.hpp"
#include "results.hpp"

namespace bench {
namespace {

std::string quoted(const std::string& text) {
    std::string made = "\"";
    for (const char one : text) {
        if (one == '"' || one == '\\') {
            made += '\\';
        }
        made += static_cast<unsigned char>(one) < 0x20 ? ' ' : one;
    }
    return made + '"';
}

std::string number(double value) {
    if (!std::isfinite(value)) {
        return "null";
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

// What stands between the parts of a list.
class commas {
public:
    const char* next() { return std::exchange(first_, false) ? "" : ","; }

private:
    bool first_ = true;
};

void write_row(std::ostream& out, const measured& in, const row& one) {
    out << "{\"id\": " << quoted(one.id) << ", \"label\": " << quoted(one.label);
    if (!one.problem.empty()) {
        out << ", \"problem\": " << quoted(one.problem);
    }
    if (const row* const base = in.find(in.of->baseline); base != nullptr && !one.rounds.empty()) {
        const spread relative = ratio(one, *base);
        out << ", \"ratio\": " << number(relative.median)
            << ", \"lower\": " << number(relative.lower)
            << ", \"upper\": " << number(relative.upper);
    }
    if (!one.rounds.empty()) {
        out << ", \"ns\": " << number(median(one.rounds));
    }
    out << ", \"rounds\": [";
    commas between;
    for (const double round : one.rounds) {
        out << between.next() << number(round);
    }
    out << "]}";
}

}  // namespace

void write_json(const results& all, const effort& with, const std::string& file) {
    std::ofstream out{file};
    out << "{\n\"machine\": " << quoted(machine())
        << ",\n\"surroundings\": " << quoted(surroundings())
        << ",\n\"malloc\": " << quoted(where_malloc_comes_from())
        << ",\n\"rounds\": " << with.rounds << ",\n\"libraries\": {";
    commas between_libraries;
    for (const library& one : the_field().libraries()) {
        out << between_libraries.next() << "\n  " << quoted(one.name) << ": "
            << (one.present ? quoted(one.version) : "null");
    }
    out << "\n},\n\"workloads\": [";
    commas between_workloads;
    for (const measured& in : all.timed) {
        out << between_workloads.next() << "\n  {\"id\": " << quoted(in.of->id)
            << ", \"group\": " << quoted(in.of->group) << ", \"column\": " << quoted(in.of->column)
            << ", \"text\": " << quoted(in.of->text)
            << ", \"baseline\": " << quoted(in.of->baseline) << ", \"contenders\": [";
        commas between_rows;
        for (const row& one : in.rows) {
            out << between_rows.next() << "\n    ";
            write_row(out, in, one);
        }
        out << "]}";
    }
    out << "\n],\n\"numbers\": {";
    commas between_numbers;
    for (const auto& [name, value] : all.numbers) {
        out << between_numbers.next() << "\n  " << quoted(name) << ": " << number(value);
    }
    out << "\n}\n}\n";
    if (!out.flush()) {
        throw std::runtime_error{"cannot write " + file};
    }
}

}  // namespace bench
