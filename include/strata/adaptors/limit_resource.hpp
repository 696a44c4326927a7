// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_LIMIT_RESOURCE_HPP
#define STRATA_ADAPTORS_LIMIT_RESOURCE_HPP

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <tuple>

#include <strata/adaptors/adaptor.hpp>
#include <strata/adaptors/detail/quota.hpp>
#include <strata/adaptors/detail/upstream_calls.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/out_of_room.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/detail/unwinding.hpp>

namespace strata {

template <class Upstream = std::pmr::memory_resource>
class limit_resource;

/// Describes a `limit_resource`: how much may be live at once.
struct limit {
    /// The most live bytes.
    std::size_t bytes = detail::quota::unlimited;
    /// The most live blocks.
    std::size_t blocks = detail::quota::unlimited;
    label name = {};

    template <class Upstream>
    using resource_type = limit_resource<Upstream>;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "limit";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return thread_safety::as_below;
    }

    template <class Self = limit>
    static constexpr auto option_table() {
        return std::tuple{option{&Self::bytes,
                                 {.name = "bytes",
                                  .what = "the most bytes that are live at once",
                                  .bounds_blocks = true}},
                          option{&Self::blocks,
                                 {.name = "blocks",
                                  .what = "the most blocks that are live at once",
                                  .type = option_type::count}}};
    }

    friend constexpr bool operator==(const limit&, const limit&) = default;
};

/// Thrown by a `limit_resource` for a block that would exceed the limit. `what()` has the figures:
///
///     strata: the limit has no room for 128 B (aligned to 16 B): 960 B of 1000 B in use
///
/// Neither its constructor nor its copy allocates.
class limit_exceeded : public out_of_room {
public:
    limit_exceeded(layout asked, std::size_t used_bytes, std::size_t used_blocks,
                   const strata::limit& most) noexcept;

    /// Bytes and blocks in use when the block was refused, requests in progress included.
    [[nodiscard]] std::size_t used_bytes() const noexcept { return used_bytes_; }
    [[nodiscard]] std::size_t used_blocks() const noexcept { return used_blocks_; }
    [[nodiscard]] const strata::limit& limit() const noexcept { return limit_; }

private:
    std::size_t used_bytes_;
    std::size_t used_blocks_;
    strata::limit limit_;
};

namespace detail {

/// Throws `limit_exceeded`.
[[noreturn, gnu::cold]] void raise_limit_exceeded(layout asked, std::size_t used_bytes,
                                                  std::size_t used_blocks,
                                                  const strata::limit& most);

}  // namespace detail

/// Refuses an allocation that would exceed its limit of live memory, in bytes, in blocks or both.
///
///     strata::limit_resource cache{strata::limit{.bytes = 64_MiB}, &upstream};
///     std::pmr::vector<std::byte> page(4096, &cache);  // throws strata::limit_exceeded when full
///
/// Routing: every call within the limit goes on to the upstream unchanged; others do not reach it.
/// The resource takes room before it asks the upstream, and gives room back after the upstream took
/// the block back. So the live memory of the upstream never exceeds the limit, with any number of
/// threads. Before a block grows in place, the resource takes room in the same way.
/// Lifetime: holds no blocks. The upstream must outlive it.
/// Overhead: none a block; 72 bytes for the object.
/// Complexity: O(1) beside the upstream's.
/// Errors: `limit_exceeded`, a `std::bad_alloc`; exceptions of the upstream pass through;
/// `try_allocate` returns null instead. A refusal takes no room.
/// Threads: as the upstream. A refused request takes no room from other threads. One exception: if
/// the number of blocks is the reason, the request may hold its bytes for an instant.
template <class Upstream>
class limit_resource : public adaptor<limit_resource<Upstream>, limit, Upstream> {
public:
    limit_resource()
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : limit_resource{std::pmr::get_default_resource()} {}
    explicit limit_resource(Upstream* upstream STRATA_LIFETIME_BOUND)
        : limit_resource{strata::limit{}, upstream} {}
    explicit limit_resource(const limit& description)
        requires std::same_as<Upstream, std::pmr::memory_resource>
        : limit_resource{description, std::pmr::get_default_resource()} {}
    limit_resource(const limit& description, Upstream* upstream STRATA_LIFETIME_BOUND)
        : limit_resource::adaptor{description.name, upstream},
          bytes_{description.bytes},
          blocks_{description.blocks} {}

    // For the library. An exception of the upstream becomes null.
    static constexpr bool tries_by_catching = !detail::has_try_allocate<Upstream>;

    [[nodiscard]] void* try_allocate(layout wanted) noexcept {
        if (in_use before{}; !take(wanted.size, before)) {
            return nullptr;
        }
        void* block = this->try_allocate_below(wanted);
        if (block == nullptr) {
            give_back(wanted.size);
        }
        return block;
    }

    [[nodiscard]] limit options() const noexcept {
        return {.bytes = bytes_.limit(), .blocks = blocks_.limit(), .name = this->label()};
    }

protected:
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return try_allocate(wanted);
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        const std::size_t more = bytes > as.size ? bytes - as.size : 0;
        const std::size_t less = bytes < as.size ? as.size - bytes : 0;
        if (std::size_t before = 0; !bytes_.take(more, before)) {
            return false;
        }
        const bool is_done = this->try_expand_below(block, as, bytes);
        bytes_.give_back(is_done ? less : more);
        return is_done;
    }
    /// Counts requests in progress as live.
    [[nodiscard]] strata::usage do_usage() const noexcept override {
        const std::size_t live = bytes_.used();
        return {.live_bytes = live,
                .live_blocks = blocks_.used(),
                .used_bytes = live,
                .peak_bytes = std::nullopt,
                .reserved_bytes = live};
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        if (in_use before{}; !take(bytes, before)) {
            detail::raise_limit_exceeded({bytes, alignment}, before.bytes, before.blocks,
                                         options());
        }
        return detail::or_undo(
            [&] { return this->allocate_below(bytes, alignment); },
            [&] { give_back(bytes); });
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (block == nullptr) [[unlikely]] {
            return this->null_freed(bytes, alignment);
        }
        this->deallocate_below(block, bytes, alignment);
        give_back(bytes);
    }

private:
    friend typename limit_resource::direct_calls;

    struct in_use {
        std::size_t bytes;
        std::size_t blocks;
    };

    // Bytes first: a single request can be too large in bytes. It must not hold a block meanwhile
    // that another request could have.
    [[nodiscard]] bool take(std::size_t bytes, in_use& before) noexcept {
        if (!bytes_.take(bytes, before.bytes)) {
            before.blocks = blocks_.used();
            return false;
        }
        if (!blocks_.take(1, before.blocks)) {
            bytes_.give_back(bytes);
            return false;
        }
        return true;
    }
    void give_back(std::size_t bytes) noexcept {
        bytes_.give_back(bytes);
        blocks_.give_back(1);
    }

    detail::quota bytes_;
    detail::quota blocks_;
};

extern template class limit_resource<std::pmr::memory_resource>;

template <class Upstream>
limit_resource(Upstream*) -> limit_resource<Upstream>;
template <class Upstream>
limit_resource(limit, Upstream*) -> limit_resource<Upstream>;

}  // namespace strata

#endif
