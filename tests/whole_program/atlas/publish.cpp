// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "publish.hpp"

#include <atomic>
#include <numeric>
#include <optional>
#include <utility>

#include "queue.hpp"
#include "team.hpp"

namespace atlas {
namespace {

using nlohmann::json;

struct task {
    json view;
    published_view* to;
};

// A copy without what is in any field of that name.
json without(const json& whole, std::string_view field) {
    if (whole.is_array()) {
        json copy = json::array();
        for (const json& each : whole) {
            copy.push_back(without(each, field));
        }
        return copy;
    }
    if (whole.is_object()) {
        json copy = json::object();
        for (const auto& [name, value] : whole.items()) {
            if (name != field) {
                copy.emplace(name, without(value, field));
            }
        }
        return copy;
    }
    return whole;
}

std::size_t values_in(const json& whole) {
    return whole.is_structured() ? std::accumulate(whole.begin(), whole.end(), std::size_t{0},
                                                   [](std::size_t sum, const json& each) {
                                                       return sum + values_in(each);
                                                   })
                                 : 1;
}

void write_down(const json& view, published_view& to) {
    to.line = view.dump() + '\n';
    for (std::size_t i = 0; i != audiences.size(); ++i) {
        to.values_told[i] = values_in(without(view, audiences[i].not_told));
    }
}

}  // namespace

std::vector<published_page> publish(const catalogue& all, std::size_t threads) {
    constexpr std::size_t most_waiting = 2;
    std::vector<const entries::value_type*> countries;
    for (const auto& country : all.of(standard::country)) {
        countries.push_back(&country);
    }
    std::vector<published_page> pages(countries.size());
    queue<task> tasks{most_waiting};
    std::atomic<std::size_t> next = 0;
    std::atomic<std::size_t> left = pages.size();

    const auto make = [&] {
        for (std::size_t i = next++; i < pages.size(); i = next++) {
            page made = make_page(all, *countries[i]);
            pages[i].country = std::move(made.country);
            pages[i].places = made.places;
            pages[i].namesakes = std::move(made.namesakes);
            for (std::size_t view = 0; view != made.views.size(); ++view) {
                tasks.push({std::move(made.views[view]), &pages[i].views[view]});
            }
            if (--left == 0) {
                tasks.end();
            }
        }
    };
    const auto write = [&] {
        while (const std::optional<task> taken = tasks.pop()) {
            write_down(taken->view, *taken->to);
        }
    };
    run_team(
        2 * threads, [&](std::size_t i) { i < threads ? make() : write(); }, [&] { tasks.end(); });
    return pages;
}

}  // namespace atlas
