// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_CONFORMANCE_RECIPE_HPP
#define STRATA_TESTS_CONFORMANCE_RECIPE_HPP

#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include "dice.hpp"

namespace conformance {

/// A resource made from a recipe: one object, or several on top of each other.
class instance {
public:
    instance() = default;
    instance(instance&&) = default;
    instance& operator=(instance&&) = delete;
    ~instance() {
        while (!layers_.empty()) {
            layers_.pop_back();
        }
    }

    /// The top layer.
    [[nodiscard]] std::pmr::memory_resource& memory() const { return *layers_.back(); }

    /// Releases each layer that can be, from the top down.
    void release() {
        for (auto each = releases_.rbegin(); each != releases_.rend(); ++each) {
            (*each)();
        }
    }

    /// Makes a layer on top of those there.
    template <class Resource, class... Arguments>
    Resource& add(Arguments&&... arguments) {
        auto made = std::make_unique<Resource>(std::forward<Arguments>(arguments)...);
        Resource& layer = *made;
        add(std::move(made));
        add_release(layer);
        return layer;
    }
    void add(std::shared_ptr<std::pmr::memory_resource> layer) {
        layers_.push_back(std::move(layer));
    }

    /// Includes a layer in `release`, on top of those there, if it can be released.
    template <class Resource>
    void add_release(Resource& layer) {
        if constexpr (requires { layer.release(); }) {
            releases_.push_back([&layer] { layer.release(); });
        }
    }

private:
    std::vector<std::shared_ptr<std::pmr::memory_resource>> layers_;  // bottom to top
    std::vector<std::function<void()>> releases_;
};

/// How to make a resource, and what may be expected of it.
struct recipe {
    std::string name;
    bool has_upstream = false;   ///< draws memory from the resource given to `make`
    bool has_buffer = false;     ///< has memory besides
    bool is_bounded = false;     ///< may be full
    bool ends_on_heap = false;   ///< draws memory from the heap, by design
    bool is_concurrent = false;  ///< several threads may use it at once
    bool passes_all_on = false;  ///< requests of 0 bytes go to the upstream as they are
    bool refuses_within = false;  ///< may catch an exception, and try again or elsewhere
    bool passes_null_on = false;  ///< a null of the upstream, which no upstream may return
    bool can_release = false;    ///< `release` returns all memory, that of live blocks too
    std::size_t operations = conformance::operations();  ///< how long its random programs are
    std::size_t failure_points = 1000;  ///< how many upstream requests fail in turn, at most
    std::function<instance(std::pmr::memory_resource* upstream)> make = {};
};

/// All resources that the battery is run over.
[[nodiscard]] std::vector<recipe> recipes();

}  // namespace conformance

#endif
