// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_LEARNT_SIZE_HPP
#define STRATA_STRATEGIES_DETAIL_LEARNT_SIZE_HPP

#include <cstddef>
#include <string_view>
#include <utility>

#include <strata/core/label.hpp>
#include <strata/core/option_table.hpp>

namespace strata {
class size_profile;
}

namespace strata::detail {

/// The size of the first chunk of a resource by a `size_profile`, to which its end tells what the
/// resource needed. Empty for a resource whose description says the size. One pointer.
class learnt_size {
public:
    learnt_size() noexcept = default;
    /// By a profile, under a name.
    learnt_size(size_profile& by, const label& name, std::size_t otherwise);
    learnt_size(const learnt_size&) = delete;
    learnt_size& operator=(learnt_size&& other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~learnt_size() {
        if (state_ != nullptr) [[unlikely]] {
            end();
        }
    }

    /// As a description says whose `first_chunk` is `auto_size`: by the profile with that file, or
    /// by the one that the process has in memory. Throws as `size_profile`.
    template <class Description>
    [[nodiscard]] static learnt_size as_described(const Description& of) {
        constexpr std::string_view layer = Description::layer_name;
        return learnt_size{of.profile, layer, of.name, Description{}.first_chunk};
    }

    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

    // Of one that is not empty:

    /// What the first chunk should serve.
    [[nodiscard]] std::size_t size() const noexcept;
    /// Whether that is more than without a profile.
    [[nodiscard]] bool is_more_than_usual() const noexcept;
    /// The upstream did not serve a chunk of this size: from now on, the size is that without a
    /// profile.
    void forget() noexcept;
    /// What one chunk would have needed so far. The most counts.
    void note(std::size_t bytes) noexcept;
    /// The text is the resource's.
    [[nodiscard]] std::string_view file() const noexcept;

private:
    struct state;

    learnt_size(std::string_view file, std::string_view layer, const label& name,
                std::size_t otherwise);
    void end() noexcept;

    state* state_ = nullptr;
};

}  // namespace strata::detail

#endif
