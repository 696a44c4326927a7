// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_STRATEGY_HPP
#define STRATA_COMPOSE_STRATEGY_HPP

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/adaptors/stats_scope.hpp>
#include <strata/compose/layer_kind.hpp>
#include <strata/compose/strategy_error.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata {

class built_strategy;

/// A composition of resources as text, chosen at run time: the counterpart of `strata::stack`.
///
///     auto s = strata::strategy::parse("stats > pool(largest_block=4KiB) > arena");
///     auto memory = s.build();
///     std::pmr::vector<int> numbers{&memory};
///
/// The text names layers from the top down, separated by `>`, each with its options in parentheses.
/// Sizes are in bytes or have a unit: B, KiB, MiB, GiB, TiB. `fallback` and `segregator` take whole
/// strategies in their parentheses: `fallback(fixed_buffer(4KiB), pool > heap)`. A chain that does
/// not end on a source ends on the heap. docs/composing.md lists the layers and their options.
///
/// Complexity: `parse` is linear in the text, which has at most `longest_text` bytes and
/// parentheses nested at most `deepest_nesting` deep.
/// Errors: `strategy_error`, and nothing else, for any text that is not a strategy.
/// Threads: a value; distinct objects may be used by distinct threads.
class strategy {
public:
    struct layer;
    using layers_type = std::vector<layer>;  // from the top down; empty only when moved from

    static constexpr std::size_t longest_text = 4096;
    static constexpr std::size_t deepest_nesting = 16;

    [[nodiscard]] static strategy parse(std::string_view text);

    /// The strategy in an environment variable, or `otherwise` if it is unset or empty.
    /// Errors: `strategy_error`; it names the variable if the text came from there.
    [[nodiscard]] static strategy from_env(const char* variable, std::string_view otherwise);

    /// Makes the resources. Chains that do not end on a source end on `bottom`.
    /// Errors: `std::bad_alloc`, and exceptions of the makers of registered layers;
    /// `std::logic_error` if a maker returns null, and for a strategy that was moved from.
    [[nodiscard]] built_strategy build(
        std::pmr::memory_resource* bottom STRATA_LIFETIME_BOUND = system_heap()) const;

    [[nodiscard]] const layers_type& layers() const noexcept { return layers_; }

    /// Whether any number of threads may use what is built at once. The `bottom` must then be safe
    /// for them, as the heap is.
    [[nodiscard]] bool is_thread_safe() const;

    /// The text in its usual form: one blank around `>` and after commas, options in the order of
    /// their kind, sizes in the largest unit that fits. Parsed again it gives an equal strategy.
    friend std::string to_string(const strategy& of);

    /// Whether both build the same on the heap as bottom: a final `> heap` makes no difference. An
    /// option that is given with its default value differs from one that is left out.
    friend bool operator==(const strategy& a, const strategy& b);

private:
    explicit strategy(layers_type layers);

    layers_type layers_;
};

/// One layer of a strategy.
struct strategy::layer {
    std::string name;
    std::vector<layer_option> options = {};
    std::vector<layers_type> branches = {};  ///< those in its parentheses
};

// So that `strata::to_string(of)` names it too.
[[nodiscard]] std::string to_string(const strategy& of);

/// The resources that a strategy describes, as one: what `strategy::build` returns. It owns them
/// and can be moved, returned and kept in containers.
///
///     std::vector<strata::built_strategy> shards;
///     shards.push_back(strata::strategy::parse("pool > arena").build());
///     std::pmr::vector<int> numbers{&shards[0]};  // draws from it wherever `shards` moves it
///
/// `&memory` is the address of the resource, which stays where it is when the object moves. The
/// object also converts to a reference to that resource.
///
/// Routing: a request goes to the top layer, which draws from the one below; each call from layer
/// to layer is virtual. The top layer answers for the whole: `name`, `usage` and the other
/// questions.
/// Lifetime: layers end from the top down. The `bottom` it was built on must outlive it. If the
/// whole is the default resource at its end, `debug` among its layers reports that. An object that
/// was moved from owns nothing: it may be assigned to or destroyed, and its `&memory` is null.
/// Overhead: the layers', and 56 bytes, all made with `operator new`; 8 bytes for the object.
/// Complexity, errors, threads: those of the layers.
class built_strategy {
public:
    built_strategy(built_strategy&& other) noexcept
        : whole_{std::exchange(other.whole_, nullptr)} {}
    built_strategy& operator=(built_strategy&& other) noexcept {
        resource* const taken = std::exchange(other.whole_, nullptr);
        delete std::exchange(whole_, taken);
        return *this;
    }
    ~built_strategy() { delete whole_; }

    /// The resource; null if the object was moved from.
    [[nodiscard]] resource* operator&() const noexcept { return whole_; }
    operator resource&() const noexcept { return *whole_; }

    /// The first layer of a type in the order of `describe`: each layer comes before its upstreams,
    /// and a whole branch before the next one. Null if there is none. The type is the exact class
    /// of the layer, or `strata::stats_source` for any `stats`.
    template <class Layer>
    [[nodiscard]] Layer* find() noexcept STRATA_LIFETIME_BOUND {
        static_assert(!std::is_abstract_v<Layer> || std::same_as<Layer, stats_source>,
                      "strata: a layer is found by the type that it was made as, or as a "
                      "strata::stats_source");
        return static_cast<Layer*>(find_layer(detail::type_key::of<Layer>()));
    }

    // The members of `resource`.

    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t)) {
        return whole_->allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) {
        whole_->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] void* try_allocate(layout wanted) noexcept {
        return whole_->try_allocate(wanted);
    }
    [[nodiscard]] sized_block allocate_at_least(layout wanted) {
        return whole_->allocate_at_least(wanted);
    }
    [[nodiscard]] std::size_t usable_size(const void* block, layout as) const noexcept {
        return whole_->usable_size(block, as);
    }
    [[nodiscard]] bool try_expand(void* block, layout as, std::size_t bytes) noexcept {
        return whole_->try_expand(block, as, bytes);
    }
    [[nodiscard]] std::string_view name() const noexcept { return whole_->name(); }
    [[nodiscard]] const strata::label& label() const noexcept { return whole_->label(); }
    [[nodiscard]] std::pmr::memory_resource* upstream(std::size_t index) const noexcept {
        return whole_->upstream(index);
    }
    [[nodiscard]] const resource& identity() const noexcept { return whole_->identity(); }
    [[nodiscard]] ownership owns(const void* block) const noexcept { return whole_->owns(block); }
    [[nodiscard]] strata::usage usage() const noexcept { return whole_->usage(); }
    void list_options(option_list& to) const { whole_->list_options(to); }

private:
    friend class strategy;
    explicit built_strategy(resource* whole) noexcept : whole_{whole} {}
    [[nodiscard]] void* find_layer(detail::type_key wanted) const noexcept;

    resource* whole_;  // the layers as one
};

}  // namespace strata

#endif
