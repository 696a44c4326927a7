// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_TYPE_KEY_HPP
#define STRATA_DETAIL_TYPE_KEY_HPP

namespace strata::detail {

/// Stands for a type, as `std::type_index` does, but needs no RTTI.
class type_key {
public:
    template <class T>
    [[nodiscard]] static constexpr type_key of() noexcept {
        return type_key{&text_of<T>};
    }

    friend bool operator==(type_key a, type_key b) noexcept;

private:
    using text = const char*() noexcept;

    // Each type has a function of its own. (A variable for each type would be a unique symbol, and
    // a shared library with such a symbol is never unloaded.)
    template <class T>
    static const char* text_of() noexcept {
        return __PRETTY_FUNCTION__;
    }

    explicit constexpr type_key(text* whose) noexcept : text_{whose} {}

    text* text_;
};

}  // namespace strata::detail

#endif
