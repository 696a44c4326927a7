// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "battery.hpp"
#include "dice.hpp"
#include "subject.hpp"

namespace conformance {
namespace {

// Some fit into the string object, some do not.
std::string any_text(dice& chance) {
    return std::string(chance.below(60), static_cast<char>('a' + chance.below(26)));
}

// What is done to a container on the tested resource and, alike, to one of std. Where a step may
// fail because the resource is full, it is done to the tested one first.

template <class Tested, class Model>
void step_sequence(Tested& tested, Model& model, dice& chance) {
    const std::size_t size = model.size();
    const std::string text = any_text(chance);
    if (size == 0 || chance.below(3) != 0) {
        tested.emplace_back(text);
        model.emplace_back(text);
    } else if (chance.one_in(2)) {
        tested.pop_back();
        model.pop_back();
    } else {
        const auto at = static_cast<std::ptrdiff_t>(chance.below(size));
        tested.erase(std::next(tested.begin(), at));
        model.erase(std::next(model.begin(), at));
    }
}

template <class Tested, class Model>
void step_map(Tested& tested, Model& model, dice& chance) {
    const int key = static_cast<int>(chance.below(200));
    if (chance.one_in(3)) {
        BOOST_REQUIRE_EQUAL(tested.erase(key), model.erase(key));
    } else {
        const std::string text = any_text(chance);
        tested[key] = text;
        model[key] = text;
    }
}

template <class Tested, class Model>
void step_text(Tested& tested, Model& model, dice& chance) {
    if (chance.one_in(20)) {
        tested.clear();
        tested.shrink_to_fit();
        model.clear();
    } else {
        const std::string text = any_text(chance);
        tested += text;
        model += text;
    }
}

bool same(const std::pmr::string& tested, const std::string& model) {
    return std::string_view{tested} == model;
}

template <class Tested, class Model>
bool same(const Tested& tested, const Model& model) {
    if (tested.size() != model.size()) {
        return false;
    }
    if constexpr (requires { model.find(0); }) {
        return std::ranges::all_of(model, [&](const auto& entry) {
            const auto found = tested.find(entry.first);
            return found != tested.end() && same(found->second, entry.second);
        });
    } else {
        return std::ranges::equal(tested, model,
                                  [](const auto& a, const auto& b) { return same(a, b); });
    }
}

template <class Tested, class Model, class Step>
void drive(const recipe& of, Step step) {
    subject tested_on{of};
    dice chance{seed()};
    BOOST_TEST_CONTEXT("STRATA_TEST_SEED=" << seed()) {
        for (int round = 0; round != 3; ++round) {
            Tested tested{&tested_on.memory()};
            Model model;
            try {
                for (int i = 0; i != 600; ++i) {
                    step(tested, model, chance);
                }
                Tested copy{tested, &tested_on.memory()};
                BOOST_TEST(same(copy, model));
            } catch (const std::bad_alloc&) {
                BOOST_TEST(of.is_bounded);
                continue;
            }
            BOOST_TEST(same(tested, model));
        }
    }
}

void vectors(const recipe& of) {
    drive<std::pmr::vector<std::pmr::string>, std::vector<std::string>>(
        of, [](auto&... arguments) { step_sequence(arguments...); });
}

void deques(const recipe& of) {
    drive<std::pmr::deque<std::pmr::string>, std::deque<std::string>>(
        of, [](auto&... arguments) { step_sequence(arguments...); });
}

void lists(const recipe& of) {
    drive<std::pmr::list<std::pmr::string>, std::list<std::string>>(
        of, [](auto&... arguments) { step_sequence(arguments...); });
}

void maps(const recipe& of) {
    drive<std::pmr::map<int, std::pmr::string>, std::map<int, std::string>>(
        of, [](auto&... arguments) { step_map(arguments...); });
}

void unordered_maps(const recipe& of) {
    drive<std::pmr::unordered_map<int, std::pmr::string>, std::unordered_map<int, std::string>>(
        of, [](auto&... arguments) { step_map(arguments...); });
}

void strings(const recipe& of) {
    drive<std::pmr::string, std::string>(of, [](auto&... arguments) { step_text(arguments...); });
}

}  // namespace

std::vector<check> container_checks() {
    return {
        {"vectors", vectors},
        {"deques", deques},
        {"lists", lists},
        {"maps", maps},
        {"unordered_maps", unordered_maps},
        {"strings", strings},
    };
}

}  // namespace conformance
