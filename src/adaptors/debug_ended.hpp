// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_ENDED_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_ENDED_HPP

#include <array>

#include <strata/adaptors/debug_options.hpp>

namespace strata::detail {

/// What is known of a resource that has ended. Not from its own memory, which may serve something
/// else by now.
struct ended_one {
    const void* at = nullptr;
    std::array<char, 48> title{};
    on_finding action = on_finding::abort;
    bool awaits_tombstone = false;  // once all of the object has ended
};

/// The last resources that have ended, by where they were.
class debug_ended {
public:
    static void remember(const void* at, const char* title, on_finding action,
                         bool awaits_tombstone) noexcept;
    /// Of several that were there, the last; one without a name where it was too long ago.
    [[nodiscard]] static ended_one find(const void* at) noexcept;
    /// Whether what ended there last is still to get its tombstone; only once.
    [[nodiscard]] static bool takes_tombstone(const void* at) noexcept;

    /// Frees the memory of an object that was deleted, but of those that are known to have ended
    /// only once more of them have been after it.
    static void park(void* object) noexcept;
};

}  // namespace strata::detail

#endif
