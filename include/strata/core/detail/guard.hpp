// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_GUARD_HPP
#define STRATA_CORE_DETAIL_GUARD_HPP

#include <cstddef>
#include <cstdint>

#include <strata/core/resource.hpp>
#include <strata/detail/relaxed_word.hpp>
#include <strata/diagnostics/poison.hpp>

namespace strata::detail {

struct served_blocks;

/// What a resource that carves memory has against misuse. It is on where the library is built with
/// checks (`b_ndebug=false`) and where a tool watches the process (see diagnostics/poison.hpp). A resource
/// whose guard is on leaves its quick paths alone, so that these cost nothing for it; what it serves
/// and takes back goes through here.
///
/// Where a tool watches, every served block is written down: what is freed twice, with a wrong size
/// or alignment, or was never served is found at once, which the tools cannot do for a resource.
class guard {
public:
    guard() noexcept;
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard();

    [[nodiscard]] bool is_on() const noexcept {
        return state_.load() != off;
    }

    /// Whether a tool watches, so that blocks are written down.
    [[nodiscard]] bool is_watching() const noexcept { return blocks() != nullptr; }

    /// A block that is now served. Thread-safe, as the next.
    void serve(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    /// Whether that is a live block of `by`, which then is nobody's. If not, it is reported, and
    /// nothing must be done to it.
    [[nodiscard]] bool take_back(const resource& by, void* block, std::size_t bytes,
                                 std::size_t alignment) noexcept;
    /// Whether the block may get another size: it is a live block of `by`. If it is not, reports a
    /// misuse, and the caller must leave the block alone.
    [[nodiscard]] bool may_resize(const resource& by, void* block, layout as) noexcept;
    /// Notes the new size of such a block. Of the bytes that it gave up, those among the first
    /// `held` bytes from its start belong to nobody.
    void resized(void* block, layout as, std::size_t bytes, std::size_t held) noexcept;
    /// The same, where all of the bytes that it gave up belong to nobody.
    void resized(void* block, layout as, std::size_t bytes) noexcept {
        resized(block, as, bytes, as.size);
    }
    /// All that was served is given up; the memory is somebody else's to give back.
    void give_up_all() noexcept;
    /// What was served of this memory is given up, and the memory is nobody's.
    void give_up(const void* begin, std::size_t bytes) noexcept;
    /// The same, but the memory goes back to where it is from.
    void let_go(const void* begin, std::size_t bytes) noexcept;

private:
    friend class visit;

    // Off; or on with the number of the thread inside, which is odd as is nobody's; or a pointer.
    static constexpr std::uintptr_t off = 0;
    static constexpr std::uintptr_t nobody = 1;

    [[nodiscard]] served_blocks* blocks() const noexcept {
        const std::uintptr_t state = state_.load();
        return state % 2 == 0 ? reinterpret_cast<served_blocks*>(state) : nullptr;
    }
    [[nodiscard]] relaxed_word& inside() noexcept;

    relaxed_word state_;
};

/// One call of a resource that serves one thread at a time. Where its guard is on, a second thread
/// inside is reported; a lock around the resource keeps it out.
class visit {
public:
    visit(guard& watched, const resource& of) noexcept;
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit();

private:
    guard& guard_;
    const resource& of_;
    std::uintptr_t before_;
    among_poison bookkeeping_;
};

/// Whether an alignment can be served; if not, it is reported as `of`'s.
[[nodiscard]] bool is_alignment(std::size_t alignment, const resource& of) noexcept;

/// What becomes of a null pointer that is freed: a misuse in checked builds and where a tool
/// watches, and nothing elsewhere.
[[gnu::cold]] void null_freed(const resource& by, std::size_t bytes) noexcept;
/// Whether it is a misuse.
[[nodiscard]] bool null_is_misuse() noexcept;

/// The same for one that passes all on: what is below may say more of it than nothing.
template <class Upstream>
__attribute__((cold, noinline, no_sanitize("nonnull-attribute"))) void null_freed(
    const resource& by, Upstream& below, std::size_t bytes, std::size_t alignment) {
    if (null_is_misuse()) {
        return null_freed(by, bytes);
    }
    void* block = nullptr;
    // libstdc++ declares that it is not null, which compilers would rely on.
    asm volatile("" : "+r"(block));
    below.deallocate(block, bytes, alignment);
}

/// Calls the misuse handler with "NAME: " and a formatted text.
[[gnu::format(printf, 2, 3)]] void misuse_of(const resource& of, const char* format, ...) noexcept;

}  // namespace strata::detail

#endif
