// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_DEBUG_LIFE_HPP
#define STRATA_ADAPTORS_DETAIL_DEBUG_LIFE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>

#include <strata/core/label.hpp>

// Marks the destructors of what leaves a tombstone. UndefinedBehaviorSanitizer would have each clear
// the pointer to the table of functions after all else.
#define STRATA_LEAVES_TOMBSTONE __attribute__((no_sanitize("vptr")))

namespace strata::detail {

/// The name of a resource, and whether its life has ended. The first base of that resource, so that
/// it ends last; it then leaves in the place of the resource one that reports each call, which
/// stays there until the memory serves something else.
class debug_life {
public:
    debug_life(const debug_life&) = delete;
    debug_life& operator=(const debug_life&) = delete;

    /// As in messages: `debug "orders"`. What is not printable in it is escaped.
    [[nodiscard]] const char* title() const noexcept { return title_.data(); }

protected:
    explicit debug_life(const label& name) noexcept;
    ~debug_life();

    /// Where the resource is, as a `memory_resource`; to be called from its constructor.
    void begin(std::pmr::memory_resource* at) noexcept { at_ = at; }

    [[nodiscard]] bool has_ended() const noexcept { return sign_ != alive; }

private:
    static constexpr std::uint64_t alive = 0x0A11'5E11'F0F0'5EEDULL;

    std::uint64_t sign_ = alive;
    std::pmr::memory_resource* at_ = nullptr;
    std::array<char, 48> title_{};
};

/// Keeps the memory of the last few objects that were deleted and have left a tombstone, so that it
/// stays. All else is as with the global operators, which these hide.
class debug_parked {
public:
    static void* operator new(std::size_t bytes);
    static void* operator new(std::size_t bytes, std::align_val_t alignment);
    static void* operator new(std::size_t bytes, const std::nothrow_t& tag) noexcept;
    static void* operator new(std::size_t /*bytes*/, void* at) noexcept { return at; }
    static void operator delete(void* object) noexcept;
    static void operator delete(void* object, std::align_val_t alignment) noexcept;
    static void operator delete(void* object, const std::nothrow_t& tag) noexcept;
    static void operator delete(void* /*object*/, void* /*at*/) noexcept {}
};

/// The first base of what may have a `debug_resource` as a layer: if it had one that knew of it, it
/// is ended as that is.
class debug_whole : public debug_parked {
public:
    debug_whole(const debug_whole&) = delete;
    debug_whole& operator=(const debug_whole&) = delete;

protected:
    debug_whole() = default;
    ~debug_whole();
};

/// Deals with the call of a resource whose life has ended as its options say.
void report_ended(const std::pmr::memory_resource* at, const char* call, std::size_t bytes,
                  std::size_t alignment);

}  // namespace strata::detail

#endif
