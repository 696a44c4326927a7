// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_FUNCTION_HPP
#define STRATA_DETAIL_FUNCTION_HPP

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace strata::detail {

template <class Signature>
class function;

/// Holds a copy of any function object that can be called with this signature, or none. It does
/// what `std::function` does. A compiler takes longer for <functional> than for everything that
/// this library declares.
template <class Result, class... Args>
class function<Result(Args...)> {
    union storage {
        std::byte near[16];
        void* far;  // on the heap
    };

    template <class F>
    static constexpr bool is_near = std::is_trivially_copyable_v<F> &&
                                    sizeof(F) <= sizeof(storage) && alignof(F) <= alignof(storage);
    template <class F>
    static F& in(storage& held) noexcept {
        return *static_cast<F*>(is_near<F> ? static_cast<void*>(held.near) : held.far);
    }

public:
    function() noexcept = default;
    function(std::nullptr_t) noexcept {}
    template <class Given, class F = std::decay_t<Given>>
        requires(!std::is_same_v<F, function> && std::is_invocable_r_v<Result, F&, Args...>)
    function(Given&& given) {
        if constexpr (requires(F empty) { empty == nullptr; } &&
                      !std::is_function_v<std::remove_reference_t<Given>>) {
            if (given == nullptr) {
                return;
            }
        }
        if constexpr (is_near<F>) {
            ::new (held_.near) F(std::forward<Given>(given));
        } else {
            held_.far = new F(std::forward<Given>(given));
            manage_ = [](void* far, bool copies) -> void* {
                if (copies) {
                    return new F(*static_cast<const F*>(far));
                }
                delete static_cast<F*>(far);
                return nullptr;
            };
        }
        call_ = [](storage& held, Args... args) -> Result {
            return in<F>(held)(std::forward<Args>(args)...);
        };
    }
    function(const function& other) : function{} {
        held_ = other.held_;
        if (other.manage_ != nullptr) {
            held_.far = other.manage_(other.held_.far, true);
        }
        call_ = other.call_;
        manage_ = other.manage_;
    }
    function(function&& other) noexcept : function{} { swap(other); }
    function& operator=(function other) noexcept {
        swap(other);
        return *this;
    }
    ~function() {
        if (manage_ != nullptr) {
            manage_(held_.far, false);
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return call_ != nullptr; }
    Result operator()(Args... args) const { return call_(held_, std::forward<Args>(args)...); }

private:
    void swap(function& other) noexcept {
        std::swap(held_, other.held_);
        std::swap(call_, other.call_);
        std::swap(manage_, other.manage_);
    }

    mutable storage held_{};
    Result (*call_)(storage& held, Args... args) = nullptr;
    // Copies or deletes the object on the heap; null if it is near.
    void* (*manage_)(void* far, bool copies) = nullptr;
};

}  // namespace strata::detail

#endif
