// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/containers/byte_buffer.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <utility>

#include <strata/diagnostics/detail/raise.hpp>

namespace strata {
namespace {

constexpr std::size_t smallest = 32;

void copy(char* to, std::string_view bytes) noexcept {
    if (!bytes.empty()) {
        std::memcpy(to, bytes.data(), bytes.size());
    }
}

}  // namespace

byte_buffer::byte_buffer(std::string_view text, const allocator_type& allocator)
    : byte_buffer{allocator} {
    append(text);
}

byte_buffer::byte_buffer(const byte_buffer& other) : byte_buffer{other, allocator_type{}} {}

byte_buffer::byte_buffer(const byte_buffer& other, const allocator_type& allocator)
    : byte_buffer{other.view(), allocator} {}

byte_buffer::byte_buffer(byte_buffer&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)},
      size_{std::exchange(other.size_, 0)},
      capacity_{std::exchange(other.capacity_, 0)},
      resource_{other.resource_} {}

byte_buffer::byte_buffer(byte_buffer&& other, const allocator_type& allocator)
    : byte_buffer{allocator} {
    *this = std::move(other);
}

byte_buffer& byte_buffer::operator=(const byte_buffer& other) {
    if (this != &other) {
        reserve(other.size_);
        copy(data_, other.view());
        size_ = other.size_;
    }
    return *this;
}

byte_buffer& byte_buffer::operator=(byte_buffer&& other) {
    if (this == &other) {
        return *this;
    }
    if (!resource_->is_equal(*other.resource_)) {
        return *this = std::as_const(other);
    }
    give_back();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
}

void swap(byte_buffer& a, byte_buffer& b) noexcept {
    std::swap(a.data_, b.data_);
    std::swap(a.size_, b.size_);
    std::swap(a.capacity_, b.capacity_);
}

// --- writing ------------------------------------------------------------------------------------

// `bytes` may be part of this buffer. After growth, they have the same offset in the new block.
byte_buffer& byte_buffer::append_grown(std::string_view bytes) {
    const bool are_its_own = std::less_equal<>{}(data_, bytes.data()) &&
                             std::less<>{}(bytes.data(), data_ + size_);
    const std::size_t at = are_its_own ? static_cast<std::size_t>(bytes.data() - data_) : 0;
    grow(bytes.size());
    return append(are_its_own ? std::string_view{data_ + at, bytes.size()} : bytes);
}

byte_buffer& byte_buffer::append(std::size_t count, char byte) {
    const std::span<char> to = room_for(count);
    std::ranges::fill(to, byte);
    size_ += count;
    return *this;
}

std::span<char> byte_buffer::room_for(std::size_t bytes) {
    if (bytes > capacity_ - size_) {
        grow(bytes);
    }
    return {data_ + size_, bytes};
}

// --- the block ----------------------------------------------------------------------------------

void byte_buffer::grow(std::size_t more) {
    if (more > max_size() - size_) {
        detail::raise_error(std::length_error{"byte_buffer: more than max_size() bytes"});
    }
    const std::size_t needed = size_ + more;
    const std::size_t wanted = std::max({needed, std::min(2 * capacity_, max_size()), smallest});
    // Asked only once, because it takes as long as an allocation.
    auto* const known = const_cast<resource*>(detail::as_resource(*resource_));
    const auto expand_to = [&](std::size_t size) {
        if (known == nullptr || capacity_ == 0 || !known->try_expand(data_, held(), size)) {
            return false;
        }
        capacity_ = size;
        return true;
    };
    if (expand_to(wanted) || expand_to(needed)) {
        return;
    }
    if (known == nullptr) {
        return move_to(allocate_at_least(*resource_, {wanted, alignof(char)}));
    }
    if (void* const block = known->try_allocate({wanted, alignof(char)})) {
        return move_to({block, known->usable_size(block, {wanted, alignof(char)})});
    }
    move_to(known->allocate_at_least({needed, alignof(char)}));
}

void byte_buffer::reserve(std::size_t bytes) {
    if (bytes > capacity_) {
        grow(bytes - size_);
    }
}

void byte_buffer::move_to(sized_block block) noexcept {
    auto* const fresh = static_cast<char*>(block.block);
    copy(fresh, view());
    const std::size_t size = size_;
    give_back();
    data_ = fresh;
    size_ = size;
    capacity_ = block.bytes;
}

void byte_buffer::shrink_to_fit() noexcept {
    if (size_ == 0) {
        reset();
    } else if (try_expand(*resource_, data_, held(), size_)) {
        capacity_ = size_;
    }
}

void byte_buffer::reset() noexcept {
    give_back();
    data_ = nullptr;
    size_ = capacity_ = 0;
}

void byte_buffer::give_back() noexcept {
    if (capacity_ != 0) {
        resource_->deallocate(data_, capacity_, alignof(char));
    }
}

}  // namespace strata
