// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "built_resource.hpp"

#include <utility>

#include <strata/adaptors/detail/block_checker.hpp>

namespace strata::detail {

built_resource::built_resource(layer_list layers) : layers_{std::move(layers)} {}

built_resource::~built_resource() {
    tell_checker_of_end(*this);
}

const resource* built_resource::top() const noexcept {
    return as_resource(*layers_.back().get());
}

void* built_resource::find_layer(type_key wanted) const noexcept {
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
        if (void* const found = layer->find(wanted)) {
            return found;
        }
    }
    return nullptr;
}

std::string_view built_resource::do_name() const noexcept {
    return top() == nullptr ? "strategy" : top()->name();
}

std::pmr::memory_resource* built_resource::do_upstream(std::size_t index) const noexcept {
    if (top() == nullptr) {
        return index == 0 ? layers_.back().get() : nullptr;
    }
    return top()->upstream(index);
}

const resource& built_resource::do_identity() const noexcept {
    return top() == nullptr ? *this : top()->identity();
}

ownership built_resource::do_owns(const void* block) const noexcept {
    return strata::owns(*layers_.back().get(), block);
}

usage built_resource::do_usage() const noexcept {
    return top() == nullptr ? strata::usage{} : top()->usage();
}

void built_resource::do_list_options(option_list& to) const {
    if (top() != nullptr) {
        top()->list_options(to);
    }
}

}  // namespace strata::detail
