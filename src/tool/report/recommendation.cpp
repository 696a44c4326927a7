// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/recommendation.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include <strata/detail/text.hpp>

#include "tool/failure.hpp"

namespace strata::tool::report {
namespace {

using json = nlohmann::json;

recommendation::ratio ratio_in(const json& from) {
    const recommendation::ratio ratio{from.at("median").get<double>(),
                                      from.at("spread").get<double>()};
    if (!std::isfinite(ratio.median) || !std::isfinite(ratio.spread) || ratio.median < 0 ||
        ratio.spread < 0) {
        throw failure{"a ratio is not positive"};
    }
    return ratio;
}

recommendation::compared compared_of(const json& from, std::vector<std::string>& courses) {
    recommendation::compared one{.strategy = from.at("strategy").get<std::string>(),
                                 .of_heap = {},
                                 .saves = {},
                                 .problem = from.value("problem", std::string{})};
    if (!one.problem.empty()) {
        return one;
    }
    const bool is_first = courses.empty();
    for (const json& each : from.at("of_heap")) {
        one.of_heap.push_back(ratio_in(each));
        if (is_first) {
            courses.push_back(each.at("course").get<std::string>());
        }
    }
    if (one.of_heap.size() != courses.size()) {
        throw failure{"a strategy is not compared on all of the heaps"};
    }
    if (from.contains("in_program")) {
        one.in_program = ratio_in(from.at("in_program"));
    }
    if (from.contains("saves") && !from.at("saves").is_null()) {
        one.saves = from.at("saves").get<double>();
    }
    return one;
}

std::vector<std::pair<std::string, std::string>> reasons_of(const json& from) {
    std::vector<std::pair<std::string, std::string>> all;
    for (const json& each : from) {
        all.emplace_back(each.at("strategy").get<std::string>(), each.at("why").get<std::string>());
    }
    return all;
}

recommendation recommendation_of(const json& from) {
    recommendation all;
    for (const json& each : from.at("traces")) {
        all.programs.push_back(each.at("program").get<std::string>());
    }
    all.minimised = from.at("minimised").get<std::string>();
    all.rounds = from.at("rounds").get<std::uint64_t>();
    all.is_tried = from.contains("trial");
    all.reason = from.at("reason").get<std::string>();
    if (!from.at("take").is_null()) {
        all.take = from.at("take").get<std::string>();
        all.cpp = from.at("cpp").get<std::string>();
    }
    for (const json& each : from.at("finalists")) {
        all.finalists.push_back(compared_of(each, all.courses));
    }
    for (const json& each : from.value("standard", json::array())) {
        all.finalists.push_back(compared_of(each, all.courses));
    }
    for (const json& each : from.value("front", json::array())) {
        all.front.push_back({each.at("strategy").get<std::string>(),
                             each.at("time_of_heap").get<double>(),
                             each.at("peak_of_heap").get<double>()});
    }
    for (const json& each : from.at("out_before")) {
        all.out_before.emplace_back(
            each.at("strategy").get<std::string>(),
            each.contains("problem") ? each.at("problem").get<std::string>()
                                     : detail::decimal(each.at("worst_of_heap").get<double>(), 2));
    }
    all.not_tried = reasons_of(from.at("not_tried"));
    all.not_raced = reasons_of(from.value("not_raced", json::array()));
    return all;
}

}  // namespace

recommendation parse_recommendation(const std::string& text, const std::string& name) {
    try {
        return recommendation_of(json::parse(text));
    } catch (const std::exception& why) {
        throw failure{name + ": expected what `strata tune --json` prints: " + why.what()};
    }
}

}  // namespace strata::tool::report
