// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SOURCES_FIXED_BUFFER_RESOURCE_HPP
#define STRATA_SOURCES_FIXED_BUFFER_RESOURCE_HPP

#include <cstddef>
#include <span>
#include <string_view>

#include <strata/core/detail/guard.hpp>
#include <strata/core/detail/layer.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>

namespace strata {

template <std::size_t Bytes = std::dynamic_extent>
class fixed_buffer_resource;

/// Describes a `fixed_buffer_resource` with `Bytes` bytes inside the object or, without a number,
/// over the caller's buffer.
template <std::size_t Bytes = std::dynamic_extent>
struct fixed_buffer {
    label name = {};

    template <class Upstream>
    using resource_type = fixed_buffer_resource<Bytes>;
    static constexpr bool is_source = true;
};

template <>
struct fixed_buffer<std::dynamic_extent> {
    /// The memory that it serves, which the caller owns.
    std::span<std::byte> buffer = {};
    label name = {};

    template <class Upstream>
    using resource_type = fixed_buffer_resource<std::dynamic_extent>;
    static constexpr bool is_source = true;
    static constexpr std::string_view layer_name = "fixed_buffer";
};

/// Serves blocks from one buffer and uses no other memory.
///
///     strata::fixed_buffer_resource<1024> local;             // the bytes are inside `local`
///     strata::fixed_buffer_resource over{buffer, size};      // or in a buffer of the caller's
///     std::pmr::vector<int> numbers{&local};
///
/// Routing: bumps upwards through the buffer. Freeing the newest block makes its bytes available
/// again; freeing the last live block, the whole buffer. A size of 0 takes 1 byte. In a strategy
/// text, the buffer of `fixed_buffer(4KiB)` is a block of the heap.
/// `try_expand` resizes the newest block, up to the end of the buffer.
/// Lifetime: blocks live until freed, `release` or destruction, and must not be freed after that. A
/// caller's buffer must outlive the resource, which writes nothing to it.
/// Overhead: no header a block, only padding for its alignment, which is available again when the
/// buffer is empty; 96 bytes for the object beside its buffer.
/// Complexity: O(1).
/// Errors: `out_of_room`, a `std::bad_alloc`, if a block does not fit; blocks that fit are still
/// served. `try_allocate` returns null instead. `needed_bytes()` tells the size that would have
/// sufficed. Misuses in checked builds: two threads inside at once, an alignment that is not a
/// power of two, and the free of a pointer that is not in the buffer.
/// Threads: one at a time.
template <>
class fixed_buffer_resource<std::dynamic_extent>
    : public detail::layer<fixed_buffer_resource<std::dynamic_extent>, fixed_buffer<>> {
public:
    /// A null pointer gives no room, whatever the size.
    explicit fixed_buffer_resource(std::span<std::byte> buffer STRATA_LIFETIME_BOUND) noexcept
        : fixed_buffer_resource{fixed_buffer<>{.buffer = buffer}} {}
    fixed_buffer_resource(void* buffer STRATA_LIFETIME_BOUND, std::size_t bytes) noexcept
        : fixed_buffer_resource{std::span{static_cast<std::byte*>(buffer), bytes}} {}
    explicit fixed_buffer_resource(const fixed_buffer<>& description) noexcept;
    ~fixed_buffer_resource() override;

    [[nodiscard]] void* try_allocate(layout wanted) noexcept;

    /// Gives up all blocks, so that the whole buffer is available again.
    void release() noexcept;

    [[nodiscard]] fixed_buffer<> options() const noexcept {
        return {.buffer = buffer_, .name = label()};
    }
    /// The size of the buffer.
    [[nodiscard]] std::size_t capacity_bytes() const noexcept { return buffer_.size(); }
    /// The largest size, in bytes, that would be served now with this alignment.
    [[nodiscard]] std::size_t room_bytes(std::size_t alignment) const noexcept;
    /// The smallest buffer, in bytes, that would have served each request so far. A refused request
    /// counts as if no other had been refused before it.
    [[nodiscard]] std::size_t needed_bytes() const noexcept { return needed_bytes_; }

protected:
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// The peak is the most bytes in use at once, padding and gaps included.
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return try_allocate(wanted);
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;

private:
    friend direct_calls;

    [[nodiscard]] std::size_t room() const noexcept { return buffer_.size() - used_bytes_; }
    void* take_block(layout wanted) noexcept;
    [[noreturn]] void refuse(layout asked) const;
    void put_block(std::byte* block, std::size_t bytes, std::size_t size) noexcept;

    std::span<std::byte> buffer_;
    std::size_t used_bytes_ = 0;  // from the start of the buffer to where the next block may stand
    std::size_t peak_bytes_ = 0;
    std::size_t needed_bytes_ = 0;
    std::size_t live_bytes_ = 0;
    std::size_t live_blocks_ = 0;
    detail::guard guard_;
};

/// The same with a buffer of `Bytes` bytes inside the object.
template <std::size_t Bytes>
class fixed_buffer_resource : public fixed_buffer_resource<std::dynamic_extent> {
public:
    fixed_buffer_resource() noexcept
        : fixed_buffer_resource<std::dynamic_extent>{storage_, Bytes} {}
    explicit fixed_buffer_resource(const fixed_buffer<Bytes>& description) noexcept
        : fixed_buffer_resource<std::dynamic_extent>{
              fixed_buffer<>{.buffer = {storage_, Bytes}, .name = description.name}} {}

    [[nodiscard]] fixed_buffer<Bytes> options() const noexcept { return {.name = label()}; }

private:
    alignas(std::max_align_t) std::byte storage_[Bytes == 0 ? 1 : Bytes];
};

fixed_buffer_resource(void*, std::size_t) -> fixed_buffer_resource<std::dynamic_extent>;
fixed_buffer_resource(std::span<std::byte>) -> fixed_buffer_resource<std::dynamic_extent>;

}  // namespace strata

#endif
