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
#include <strata/core/thread_safety.hpp>
#include <strata/detail/function.hpp>
#include <strata/detail/same_containers.hpp>
#include <strata/detail/type_key.hpp>

namespace strata {

/// The value of an option: a size or count, a factor, a flag or a word. A size may be the word
/// `auto`.
using option_value = std::variant<std::uint64_t, double, bool, std::string>;

/// A value as a strategy text has it: `4KiB`, `1.5`, `true`.
[[nodiscard]] std::string text_of(const option_value& value, option_type type);

/// An option of a layer in a strategy text. `layer_kind_of` makes it from the option table of a
/// description.
struct option_kind {
    /// Its name in a text, and what its value is.
    std::string name;
    option_type type = option_type::size;
    std::vector<std::string> words = {};  ///< for `option_type::word`
    bool positional = false;              ///< written without its name: `fixed_buffer(4KiB)`
    bool repeated = false;                ///< may be given several times, in ascending order
    std::uint64_t least = 0;              ///< a smaller size, count or factor is refused
    /// A larger size or count is refused, and so is a longer word.
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    std::optional<option_value> otherwise = {};  ///< the default; empty: none
    std::string what = {};                       ///< what it does, in one line
    std::string zero = {};                       ///< what 0 means, if that is not obvious
    worth_trying tries = {};                     ///< for programs that search for good options
    bool asks_below = false;                     ///< the layer requests such a block from below
    bool bounds_blocks = false;                  ///< the layer serves no larger block
    bool may_be_auto = false;                    ///< a size: `auto` too
};

/// The values that an option takes, in words: "bytes, 1B to 64KiB", "report, abort". The quotes are
/// put around each value.
[[nodiscard]] std::string values_in_words(const option_kind& of, std::string_view quotes = {});
/// Its default: a value as a strategy text has it, "no limit" or "none".
[[nodiscard]] std::string default_in_words(const option_kind& of, std::string_view quotes = {});

/// An option as a strategy gives it.
struct layer_option {
    std::string name;
    option_value value;  ///< of the type of its `option_kind`

    friend bool operator==(const layer_option&, const layer_option&) = default;
};

/// The options that a strategy gives for one layer. The functions take the name of an option and
/// its default.
class layer_options {
public:
    explicit layer_options(std::span<const layer_option> given) : given_{given} {}

    /// `auto_size` for the word `auto`.
    [[nodiscard]] std::size_t number(std::string_view name, std::size_t otherwise) const;
    [[nodiscard]] double factor(std::string_view name, double otherwise) const;
    [[nodiscard]] bool flag(std::string_view name, bool otherwise) const;
    [[nodiscard]] std::string word(std::string_view name, std::string_view otherwise) const;
    /// The values of a repeated option, in the order given.
    [[nodiscard]] std::vector<std::size_t> numbers(std::string_view name) const;
    /// The value of an option; null if it is not given.
    [[nodiscard]] const option_value* find(std::string_view name) const;

private:
    std::span<const layer_option> given_;
};

/// What the maker of a layer returns: a `std::unique_ptr` to a resource, and the type of the
/// resource.
class made_layer {
public:
    /// Owns a resource that `new` made.
    template <std::derived_from<std::pmr::memory_resource> Layer>
    explicit made_layer(Layer* made) noexcept
        : type_{detail::type_key::of<Layer>()},
          object_{made},
          layer_{made} {}
    /// From a `std::unique_ptr`, without including <memory>, which is large.
    template <class Owner>
        requires requires(Owner from) { made_layer{from.release()}; }
    made_layer(Owner made) noexcept : made_layer{made.release()} {}
    made_layer(made_layer&& other) noexcept
        : type_{other.type_},
          object_{other.object_},
          layer_{std::exchange(other.layer_, nullptr)} {}
    made_layer& operator=(made_layer&&) = delete;
    ~made_layer() { delete layer_; }

    /// The resource; the object owns it.
    [[nodiscard]] std::pmr::memory_resource* get() const noexcept { return layer_; }

    /// The layer if this is its exact type, or its part of this type; null if there is neither.
    [[nodiscard]] void* find(detail::type_key wanted) const noexcept;

private:
    detail::type_key type_;
    void* object_;  // by its own type; its base may have another address
    std::pmr::memory_resource* layer_;
};

/// What may follow a layer in a strategy.
enum class layer_shape {
    source,   ///< nothing: it ends the strategy
    adaptor,  ///< one layer, or the bottom that the strategy is built on
    branches  ///< nothing: its parentheses hold several strategies, and it ends its own
};

/// A kind of layer that strategy texts can name. `layer_kind_of` makes one from a description.
struct layer_kind {
    /// Makes the resource from its options and its upstreams: none for a source, one for an
    /// adaptor, one a branch.
    using maker = detail::function<made_layer(const layer_options& options,
                                           std::span<std::pmr::memory_resource* const> upstreams)>;

    /// Checks the combination of the options. Returns the problem, or an empty text.
    using checker =
        detail::function<std::string(const layer_options& options, std::size_t branches)>;

    /// How many threads may use a layer with these options at once.
    using thread_rule = detail::function<thread_safety(const layer_options& options)>;

    std::string name;  ///< lower-case letters, digits and underscores, starting with a letter
    layer_shape shape = layer_shape::adaptor;
    std::vector<option_kind> options = {};
    /// Whether all of its blocks are parts of blocks of the layers below.
    bool only_from_below = false;
    maker make = {};
    checker check = {};
    thread_rule threads = {};  ///< empty: one at a time
};

/// The layer as a strategy text has it, with all options at their defaults except the name; "..."
/// for an option without a default.
[[nodiscard]] std::string template_of(const layer_kind& of);

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
