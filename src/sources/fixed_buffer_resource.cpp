// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/sources/fixed_buffer_resource.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>

#include <strata/core/detail/title.hpp>
#include <strata/core/option_list.hpp>
#include <strata/core/out_of_room.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {

using over_span = fixed_buffer_resource<std::dynamic_extent>;

over_span::fixed_buffer_resource(const fixed_buffer<>& description) noexcept
    : layer{description.name},
      buffer_{description.buffer.data() == nullptr ? std::span<std::byte>{} : description.buffer} {
    detail::poison(buffer_.data(), buffer_.size());
}

over_span::~fixed_buffer_resource() {
    guard_.let_go(buffer_.data(), buffer_.size());
}

inline void* over_span::take_block(layout wanted) noexcept {
    const std::size_t size = std::max<std::size_t>(wanted.size, 1);
    const std::size_t padding =
        detail::padding_at(buffer_.data() + used_bytes_, wanted.alignment);
    if (padding > room() || size > room() - padding) {
        constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
        const std::size_t with_padding = padding > most - size ? most : padding + size;
        needed_bytes_ = std::max(
            needed_bytes_, with_padding > most - used_bytes_ ? most : used_bytes_ + with_padding);
        return nullptr;
    }
    std::byte* block = buffer_.data() + used_bytes_ + padding;
    used_bytes_ += padding + size;
    peak_bytes_ = std::max(peak_bytes_, used_bytes_);
    needed_bytes_ = std::max(needed_bytes_, used_bytes_);
    live_bytes_ += wanted.size;
    ++live_blocks_;
    return block;
}

void* over_span::try_allocate(layout wanted) noexcept {
    if (!guard_.is_on()) {
        return take_block(wanted);
    }
    return guard_.allocate_guarded(*this, wanted, [&] { return take_block(wanted); });
}

[[gnu::cold, gnu::noinline]] void over_span::refuse(layout asked) const {
    const std::size_t room = room_bytes(asked.alignment);
    detail::raise_error(out_of_room{detail::title{*this}.text(), asked, room,
                                    "%zu B left of %zu B", room, buffer_.size()});
}

void* over_span::do_allocate(std::size_t bytes, std::size_t alignment) {
    void* block = try_allocate({bytes, alignment});
    if (block == nullptr) {
        refuse({bytes, alignment});
    }
    return block;
}

inline void over_span::put_block(std::byte* block, std::size_t bytes, std::size_t size) noexcept {
    live_bytes_ -= bytes;
    --live_blocks_;
    const auto offset = static_cast<std::size_t>(block - buffer_.data());
    if (live_blocks_ == 0) {
        used_bytes_ = 0;
    } else if (offset + size == used_bytes_) {
        used_bytes_ = offset;
    }
}

void over_span::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    const auto objection = [&] {
        return owns(block) == ownership::yes && live_blocks_ != 0 ? nullptr : "which is not in it";
    };
    guard_.deallocate(*this, block, {bytes, alignment}, objection, [&](std::size_t size) {
        put_block(static_cast<std::byte*>(block), bytes, size);
    });
}

bool over_span::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const detail::guarded_call here{guard_, *this};
    const auto offset = static_cast<std::size_t>(static_cast<std::byte*>(block) - buffer_.data());
    const bool is_newest = offset + std::max<std::size_t>(as.size, 1) == used_bytes_;
    const std::size_t size = std::max<std::size_t>(bytes, 1);
    if (!guard_.may_resize(*this, block, as) || !is_newest || size > buffer_.size() - offset) {
        return false;
    }
    used_bytes_ = offset + size;
    peak_bytes_ = std::max(peak_bytes_, used_bytes_);
    needed_bytes_ = std::max(needed_bytes_, used_bytes_);
    live_bytes_ += bytes - as.size;
    guard_.resized(block, as, bytes);
    return true;
}

void over_span::release() noexcept {
    const detail::guarded_call here{guard_, *this};
    used_bytes_ = 0;
    live_bytes_ = 0;
    live_blocks_ = 0;
    guard_.give_up(buffer_.data(), buffer_.size());
}

std::size_t over_span::room_bytes(std::size_t alignment) const noexcept {
    const std::size_t padding = detail::padding_at(buffer_.data() + used_bytes_, alignment);
    return padding > room() ? 0 : room() - padding;
}

ownership over_span::do_owns(const void* block) const noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const auto begin = reinterpret_cast<std::uintptr_t>(buffer_.data());
    // Every block has at least one byte, so none starts at the end of the buffer.
    return address >= begin && address - begin < buffer_.size() ? ownership::yes : ownership::no;
}

void over_span::do_list_options(option_list& to) const {
    to.add({}, buffer_.size(), option_type::size);
}

usage over_span::do_usage() const noexcept {
    return {.live_bytes = live_bytes_,
            .live_blocks = live_blocks_,
            .used_bytes = used_bytes_,
            .peak_bytes = peak_bytes_,
            .reserved_bytes = buffer_.size()};
}

}  // namespace strata
