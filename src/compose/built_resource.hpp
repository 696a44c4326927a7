// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_BUILT_RESOURCE_HPP
#define STRATA_COMPOSE_BUILT_RESOURCE_HPP

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/compose/layer_kind.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/same_containers.hpp>

namespace strata::detail {

/// The layers in the order in which they were made. They are destroyed in reverse order: each
/// before its upstreams.
struct layer_list : std::vector<made_layer> {
    layer_list() = default;
    layer_list(layer_list&&) noexcept = default;
    layer_list& operator=(layer_list&&) = delete;
    ~layer_list() {
        while (!empty()) {
            pop_back();
        }
    }
};

/// The layers that a strategy describes, as one resource. It stays where it is made: containers
/// hold its address.
class built_resource final : public resource {
public:
    /// Needs at least one layer.
    explicit built_resource(layer_list layers);
    ~built_resource() override;

    [[nodiscard]] void* find_layer(type_key wanted) const noexcept;

protected:
    // The top layer answers for the whole.
    [[nodiscard]] std::string_view do_name() const noexcept override;
    [[nodiscard]] std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override;
    [[nodiscard]] const resource& do_identity() const noexcept override;
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;

    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return strata::try_allocate(*layers_.back().get(), wanted);
    }
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override {
        return strata::usable_size(*layers_.back().get(), block, as);
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        return strata::try_expand(*layers_.back().get(), block, as, bytes);
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return layers_.back().get()->allocate(bytes, alignment);
    }
    // libstdc++ declares the argument non-null; the layer decides what happens with a null pointer.
    __attribute__((no_sanitize("nonnull-attribute"))) void do_deallocate(
        void* block, std::size_t bytes, std::size_t alignment) override {
        layers_.back().get()->deallocate(block, bytes, alignment);
    }

private:
    [[nodiscard]] const resource* top() const noexcept;

    layer_list layers_;
};

}  // namespace strata::detail

#endif
