// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/call_sites.hpp"

#include <utility>

namespace strata::tool::trace {

std::vector<shown_call> call_sites::calls_of(std::uint32_t site) const {
    std::vector<shown_call> all;
    while (site != 0 && site < calls_.size() && calls_[site].place != 0 &&
           all.size() < most_shown) {
        const code_place& at = places_[calls_[site].place - 1];
        shown_call next{.module = at.module == 0 || at.module >= modules_.size()
                                      ? nullptr
                                      : &modules_[at.module],
                        .address = at.address};
        for (std::size_t i = 0; i != at.names.size() && all.size() != most_shown; ++i) {
            next.name = &at.names[i];
            next.is_inlined = i + 1 != at.names.size();
            all.push_back(next);
        }
        if (at.names.empty()) {
            all.push_back(next);
        }
        site = calls_[site].caller;
    }
    return all;
}

bool call_sites::add_module(std::uint32_t number, code_module next) {
    if (number >= modules_.size()) {
        modules_.resize(number + std::size_t{1});
    }
    const bool is_new = modules_[number] == code_module{};
    modules_[number] = std::move(next);
    return number != 0 && is_new;
}

bool call_sites::add_call(std::uint32_t number, std::uint32_t caller, std::uint32_t module,
                          std::uint64_t address) {
    const std::uint64_t key = address | std::uint64_t{module} << 48;
    // The largest number is no key, and that address no call's.
    if (caller >= number || key == ~std::uint64_t{0}) {
        return false;
    }
    if (number >= calls_.size()) {
        calls_.resize(number + std::size_t{1});
    }
    if (calls_[number].place != 0) {
        return false;
    }
    const std::uint32_t* place = place_numbers_.find(key);
    if (place == nullptr) {
        places_.push_back({.module = module, .address = address, .names = {}});
        place_numbers_.put(key, static_cast<std::uint32_t>(places_.size()));
        place = place_numbers_.find(key);
    }
    calls_[number] = {caller, *place};
    return true;
}

}  // namespace strata::tool::trace
