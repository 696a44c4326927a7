// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CONTAINERS_BYTE_BUFFER_HPP
#define STRATA_CONTAINERS_BYTE_BUFFER_HPP

#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string_view>

#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>

namespace strata {

/// Bytes in one block, which grows in place if the resource can do that. For text or messages that
/// are written piece by piece.
///
///     strata::byte_buffer line{&memory};
///     line.append("GET ").append(path).append(" HTTP/1.1\r\n");
///     send(line.view());
///
/// Routing: one block, of at least 32 bytes. To grow, it asks `try_expand` for twice the size, and
/// then for what it needs. If both fail, it takes another block, of twice the size or of what it
/// needs, moves there and frees the first. From a resource of another library, it only takes
/// blocks.
/// Lifetime: the resource must outlive it. Results of `view` and `data` are valid until it grows,
/// shrinks or is destroyed.
/// Overhead: 32 bytes for the object.
/// Complexity: `append` is amortised O(bytes appended); O(size) if the block moves. Each growth
/// calls the resource, which takes as long as an allocation. On a fast resource, a
/// `std::pmr::string` is quicker for a small text: see `sh tests/benchmarks/run.sh bytes`.
/// Errors: what the resource throws passes through and changes nothing; `std::length_error` beyond
/// `max_size()`.
/// Threads: as `std::pmr::string`.
class byte_buffer {
public:
    using allocator_type = std::pmr::polymorphic_allocator<char>;

    byte_buffer() noexcept : byte_buffer{allocator_type{}} {}
    /// Takes no memory yet.
    explicit byte_buffer(const allocator_type& allocator) noexcept
        : resource_{allocator.resource()} {}
    explicit byte_buffer(std::string_view text, const allocator_type& allocator = {});
    /// On the default resource, as a copy of a `std::pmr::string` is.
    byte_buffer(const byte_buffer& other);
    byte_buffer(const byte_buffer& other, const allocator_type& allocator);
    /// On the same resource; `other` is empty then.
    byte_buffer(byte_buffer&& other) noexcept;
    /// Takes the block if the resources are equal; otherwise copies.
    byte_buffer(byte_buffer&& other, const allocator_type& allocator);
    byte_buffer& operator=(const byte_buffer& other);
    byte_buffer& operator=(byte_buffer&& other);
    ~byte_buffer() { give_back(); }

    /// Adds these bytes, which may be part of this buffer.
    byte_buffer& append(std::string_view bytes) {
        if (bytes.size() > capacity_ - size_) [[unlikely]] {
            return append_grown(bytes);
        }
        if (!bytes.empty()) {
            std::memcpy(data_ + size_, bytes.data(), bytes.size());
            size_ += bytes.size();
        }
        return *this;
    }
    byte_buffer& append(std::size_t count, char byte);
    void push_back(char byte) {
        if (size_ == capacity_) [[unlikely]] {
            grow(1);
        }
        data_[size_++] = byte;
    }
    /// Room for this many more bytes, with unspecified contents. Write to it, then call
    /// `append_written`.
    [[nodiscard]] std::span<char> room_for(std::size_t bytes);
    /// Adds the first bytes of that room, after you have written them.
    void append_written(std::size_t bytes) noexcept { size_ += bytes; }

    /// Makes room for this many bytes in total.
    void reserve(std::size_t bytes);
    /// Gives back unused bytes, if the resource can shrink the block. An empty buffer frees its
    /// block.
    void shrink_to_fit() noexcept;
    void clear() noexcept { size_ = 0; }
    /// Frees the block and keeps the resource.
    void reset() noexcept;

    [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }
    [[nodiscard]] operator std::string_view() const noexcept { return view(); }
    [[nodiscard]] char* data() noexcept { return data_; }
    [[nodiscard]] const char* data() const noexcept { return data_; }
    [[nodiscard]] char* begin() noexcept { return data_; }
    [[nodiscard]] char* end() noexcept { return data_ + size_; }
    [[nodiscard]] const char* begin() const noexcept { return data_; }
    [[nodiscard]] const char* end() const noexcept { return data_ + size_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] static constexpr std::size_t max_size() noexcept { return PTRDIFF_MAX; }
    [[nodiscard]] allocator_type get_allocator() const noexcept { return resource_; }

    friend bool operator==(const byte_buffer& a, const byte_buffer& b) noexcept {
        return a.view() == b.view();
    }
    /// As for `std::pmr::string`, the resources must be equal.
    friend void swap(byte_buffer& a, byte_buffer& b) noexcept;

private:
    [[nodiscard]] layout held() const noexcept { return {capacity_, alignof(char)}; }
    byte_buffer& append_grown(std::string_view bytes);
    void grow(std::size_t more);
    void move_to(sized_block block) noexcept;
    void give_back() noexcept;

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;  // the size of the block; 0: there is none
    std::pmr::memory_resource* resource_;
};

}  // namespace strata

#endif
