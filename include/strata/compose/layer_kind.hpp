// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_LAYER_KIND_HPP
#define STRATA_COMPOSE_LAYER_KIND_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <strata/core/option_table.hpp>
#include <strata/detail/function.hpp>
#include <strata/detail/same_containers.hpp>
#include <strata/detail/type_key.hpp>

namespace strata {

/// The value of an option: a size or count, a factor, a flag or a word.
using option_value = std::variant<std::uint64_t, double, bool, std::string>;

/// A value as a strategy text has it: `4KiB`, `1.5`, `true`.
[[nodiscard]] std::string text_of(const option_value& value, option_type type);

/// An option of a layer in a strategy text. Where a description has a table of its options, this is
/// made from that.
struct option_kind {
    std::string name;
    option_type type = option_type::size;
    std::vector<std::string> words = {};  ///< for `option_type::word`
    bool positional = false;              ///< written without its name: `fixed_buffer(4KiB)`
    bool repeated = false;                ///< may be given several times, in ascending order
    std::uint64_t least = 0;              ///< a smaller size, count or factor is refused
    /// A larger size or count is refused, and a longer word.
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    std::optional<option_value> otherwise = {};  ///< what holds where it is not given
    std::string what = {};                       ///< what it does, in one line
    std::string zero = {};                       ///< what 0 stands for, where that needs a word
    worth_trying tries = {};                     ///< for programs that search for good options
    bool asks_below = false;                     ///< the layer asks below for such a block
    bool bounds_blocks = false;                  ///< the layer serves no larger block
};

/// An option as a strategy gives it.
struct layer_option {
    std::string name;
    option_value value;

    friend bool operator==(const layer_option&, const layer_option&) = default;
};

/// The options that a strategy gives for one layer. Each call names an option of the layer's kind
/// and what holds where the strategy does not give it.
class layer_options {
public:
    explicit layer_options(std::span<const layer_option> given) : given_{given} {}

    [[nodiscard]] std::size_t number(std::string_view name, std::size_t otherwise) const;
    [[nodiscard]] double factor(std::string_view name, double otherwise) const;
    [[nodiscard]] bool flag(std::string_view name, bool otherwise) const;
    [[nodiscard]] std::string word(std::string_view name, std::string_view otherwise) const;
    /// The values of a repeated option, in the order given.
    [[nodiscard]] std::vector<std::size_t> numbers(std::string_view name) const;
    /// The value of an option; null where it is not given.
    [[nodiscard]] const option_value* find(std::string_view name) const;

private:
    std::span<const layer_option> given_;
};

/// A layer as its maker returns it: a `std::unique_ptr` to a resource, and of what type that is.
class made_layer {
public:
    /// Owns a resource that `new` made.
    template <std::derived_from<std::pmr::memory_resource> Layer>
    explicit made_layer(Layer* made) noexcept
        : type_{detail::type_key::of<Layer>()},
          object_{made},
          layer_{made} {}
    /// Of a `std::unique_ptr`, without <memory>, which is large.
    template <class Owner>
        requires requires(Owner from) { made_layer{from.release()}; }
    made_layer(Owner made) noexcept : made_layer{made.release()} {}
    made_layer(made_layer&& other) noexcept
        : type_{other.type_},
          object_{other.object_},
          layer_{std::exchange(other.layer_, nullptr)} {}
    made_layer& operator=(made_layer&&) = delete;
    ~made_layer() { delete layer_; }

    [[nodiscard]] std::pmr::memory_resource* get() const noexcept { return layer_; }

    /// The layer itself if it was made as one of this type, or the part that it tells of; else
    /// null.
    [[nodiscard]] void* find(detail::type_key wanted) const noexcept;

private:
    detail::type_key type_;
    void* object_;  // by its own type, which is not where the base class is
    std::pmr::memory_resource* layer_;
};

/// What stands below a layer in a strategy.
enum class layer_shape {
    source,   ///< nothing: it ends the strategy
    adaptor,  ///< one layer, or the bottom that the strategy is built on
    branches  ///< nothing, but in its parentheses several strategies: it ends the strategy too
};

/// A kind of layer that strategy texts can name. `layer_kind_of` makes one from a description.
struct layer_kind {
    /// Makes the resource from its options and its upstreams: none for a source, one for an
    /// adaptor, one a branch.
    using maker = detail::function<made_layer(const layer_options& options,
                                           std::span<std::pmr::memory_resource* const> upstreams)>;

    /// Tells what is wrong with options that are right one by one; empty where nothing is.
    using checker =
        detail::function<std::string(const layer_options& options, std::size_t branches)>;

    std::string name;  ///< lower-case letters, digits and underscores, starting with a letter
    layer_shape shape = layer_shape::adaptor;
    std::vector<option_kind> options = {};
    /// Whether all of its blocks are parts of blocks of the layers below.
    bool only_from_below = false;
    maker make = {};
    checker check = {};
};

/// Makes a kind of layer known to `strategy::parse`, until the end of the program. For a layer with
/// a description and a table of options, `register_layer<Description>()` is shorter.
///
///     strata::register_layer({.name = "mine", .options = {{"bytes"}},
///                             .make = [](auto& options, auto upstreams) {
///         return std::make_unique<my_resource>(options.number("bytes", 64), upstreams[0]);
///     }});
///
/// Errors: `std::invalid_argument` for a name that is taken or malformed or a kind without a
/// maker; nothing is registered then.
/// Threads: safe to call from any.
void register_layer(layer_kind kind);

/// All kinds of layers that a text can name, in the order of their names.
/// Threads: safe to call from any.
[[nodiscard]] std::vector<layer_kind> layers();

}  // namespace strata

#endif
