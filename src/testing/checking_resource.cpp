// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/checking_resource.hpp>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <mutex>

#include <strata/core/detail/guard.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata {
namespace {

constexpr std::size_t guard_bytes = 32;
constexpr std::byte guard{0xB1};
constexpr std::byte fresh{0xCD};
constexpr std::byte freed{0xDD};

void fill(std::byte* begin, std::size_t bytes, std::byte with) noexcept {
    if (bytes != 0) {
        std::memset(begin, std::to_integer<int>(with), bytes);
    }
}

bool is_guard(const std::byte* begin) noexcept {
    return std::all_of(begin, begin + guard_bytes, [](std::byte each) { return each == guard; });
}

// Room for two guards, and to move the block to an odd multiple of the alignment.
std::size_t memory_for(std::size_t most, std::size_t alignment) noexcept {
    return most + 2 * guard_bytes + 2 * alignment;
}

std::byte* block_in(void* memory, std::size_t alignment) noexcept {
    auto* earliest = static_cast<std::byte*>(memory) + guard_bytes;
    const auto address = reinterpret_cast<std::uintptr_t>(earliest);
    return earliest + ((alignment - address) & (2 * alignment - 1));
}

}  // namespace

// A call of the resource by a thread. Two calls at the same time are an error, and the second
// waits.
class checking_resource::one_call {
public:
    explicit one_call(checking_resource& to)
        : to_{to},
          alone_{to.inside_.fetch_add(1) == 0},
          lock_{to.mutex_} {
        if (!alone_ && !to_.threads_allowed_) {
            to_.error("two threads are inside at once");
        }
    }
    one_call(const one_call&) = delete;
    one_call& operator=(const one_call&) = delete;
    ~one_call() { to_.inside_.fetch_sub(1); }

private:
    checking_resource& to_;
    const bool alone_;
    const std::lock_guard<detail::call_mutex> lock_;
};

checking_resource::checking_resource(const checking& description)
    : layer{description.name},
      live_{system_heap()},
      freed_{system_heap()},
      requests_{system_heap()},
      errors_{system_heap()} {}

checking_resource::~checking_resource() {
    if (!asked_ && !errors_.empty()) {
        misuse(errors_.front().c_str());
    }
    if (!asked_ && !live_.empty()) {
        detail::misuse_of(*this, "blocks are still live at its end");
    }
    for (const auto& [block, found] : live_) {
        system_heap()->deallocate(found.memory, memory_for(found.most, found.asked.alignment));
    }
}

// --- failures ---------------------------------------------------------------------------------

void checking_resource::fail_at(std::size_t nth, failure with) noexcept {
    until_failure_ = nth;
    failure_stays_ = false;
    failure_ = with;
}

void checking_resource::fail_from(std::size_t nth, failure with) noexcept {
    fail_at(nth, with);
    failure_stays_ = true;
}

bool checking_resource::is_told_to_fail() noexcept {
    if (until_failure_ == 0 || --until_failure_ != 0) {
        return false;
    }
    if (failure_stays_) {
        until_failure_ = 1;
    }
    ++injected_failures_;
    return true;
}

void* checking_resource::fail(layout request) const {
    switch (failure_) {
        case failure::injected:
            detail::raise_error(
                injected_failure{this, requests_.size(), request, stack_trace::capture()});
        case failure::foreign:
            detail::raise_error(foreign_failure{request});
        case failure::null:
            return nullptr;
        default:
            detail::raise_no_memory();
    }
}

// --- allocate and deallocate ------------------------------------------------------------------

void* checking_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    const one_call inside{*this};
    const layout asked{bytes, alignment};
    requests_.push_back(asked);
    if (!asked.valid()) {
        error("allocate(%zu, %zu): the alignment is no power of two", bytes, alignment);
        detail::raise_no_memory();
    }
    if (bytes == 0 && !zero_sizes_allowed_) {
        error("allocate(0, %zu): asks for nothing", alignment);
    }
    if (is_told_to_fail()) {
        return fail(asked);
    }
    if (bytes > largest || alignment > largest) {
        detail::raise_no_memory();
    }
    const std::size_t most = bytes + room_;
    const std::size_t all = memory_for(most, alignment);
    void* memory = system_heap()->allocate(all);
    std::byte* block = block_in(memory, alignment);
    try {
        live_.emplace(block, record{asked, memory, most});
    } catch (...) {
        system_heap()->deallocate(memory, all);
        throw;
    }
    freed_.erase(block);
    fill(block - guard_bytes, guard_bytes, guard);
    fill(block, bytes, fresh);
    fill(block + bytes, guard_bytes, guard);
    ++allocations_;
    live_bytes_ += bytes;
    peak_bytes_ = std::max(peak_bytes_, live_bytes_);
    return block;
}

void checking_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    const one_call inside{*this};
    const auto at = live_.find(static_cast<std::byte*>(block));
    if (at == live_.end()) {
        error("deallocate(%p, %zu, %zu): %s", block, bytes, alignment,
              freed_.contains(block) ? "already freed" : "no block of this resource");
        return;
    }
    const layout asked = at->second.asked;
    if (bytes != asked.size) {
        error("deallocate(%p, %zu, %zu): wrong size, allocated as (%zu, %zu)", block, bytes,
              alignment, asked.size, asked.alignment);
    }
    if (alignment != asked.alignment) {
        error("deallocate(%p, %zu, %zu): wrong alignment, allocated as (%zu, %zu)", block, bytes,
              alignment, asked.size, asked.alignment);
    }
    check_guards(at->first, asked);
    forget(at);
}

bool checking_resource::do_try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const one_call inside{*this};
    const auto at = live_.find(static_cast<std::byte*>(block));
    if (at == live_.end() || at->second.asked != as) {
        error("try_expand(%p, %zu, %zu): no block of this resource is live there as that", block,
              as.size, as.alignment);
        return false;
    }
    auto& [asked, memory, most] = at->second;
    check_guards(at->first, asked);
    if (bytes > most) {
        return false;
    }
    asked.size = bytes;
    live_bytes_ += bytes - as.size;
    peak_bytes_ = std::max(peak_bytes_, live_bytes_);
    if (bytes > as.size) {
        fill(at->first + as.size, bytes - as.size, fresh);
    }
    fill(at->first + bytes, guard_bytes, guard);
    return true;
}

void checking_resource::check_guards(const std::byte* block, layout asked) {
    if (!is_guard(block - guard_bytes)) {
        error("the memory before block %p (%zu, %zu) was overwritten",
              static_cast<const void*>(block), asked.size, asked.alignment);
    }
    if (!is_guard(block + asked.size)) {
        error("the memory behind block %p (%zu, %zu) was overwritten",
              static_cast<const void*>(block), asked.size, asked.alignment);
    }
}

void checking_resource::forget(record_map::iterator at) {
    const auto [block, found] = *at;
    try {
        const detail::attempt here;
        freed_.insert(block);
    } catch (const std::bad_alloc&) {  // a double free is then of no block
    }
    live_.erase(at);
    ++deallocations_;
    live_bytes_ -= found.asked.size;
    fill(block, found.asked.size, freed);
    system_heap()->deallocate(found.memory, memory_for(found.most, found.asked.alignment));
}

// --- what is known ----------------------------------------------------------------------------

void checking_resource::error(const char* format, ...) {
    std::array<char, 200> text{};
    std::va_list arguments;
    va_start(arguments, format);
    detail::text_writer{text}.vprint(format, arguments);
    va_end(arguments);
    try {
        const detail::attempt here;
        errors_.emplace_back(text.data());
    } catch (const std::bad_alloc&) {
        misuse(text.data());  // reported at once: no memory to record it
    }
}

const std::pmr::vector<std::pmr::string>& checking_resource::errors() const noexcept {
    asked_ = true;
    return errors_;
}

std::size_t checking_resource::live_blocks() const noexcept {
    asked_ = true;
    return live_.size();
}

std::size_t checking_resource::live_bytes() const noexcept {
    asked_ = true;
    return live_bytes_;
}

bool checking_resource::holds(const void* begin, std::size_t bytes) const noexcept {
    const auto* first = static_cast<const std::byte*>(begin);
    const auto after = live_.upper_bound(first);
    if (after == live_.begin()) {
        return false;
    }
    const auto& [block, found] = *std::prev(after);
    const auto offset = static_cast<std::size_t>(first - block);
    return offset <= found.asked.size && bytes <= found.asked.size - offset;
}

ownership checking_resource::do_owns(const void* block) const noexcept {
    return live_.contains(static_cast<const std::byte*>(block)) ? ownership::yes : ownership::no;
}

usage checking_resource::do_usage() const noexcept {
    return {.live_bytes = live_bytes_,
            .live_blocks = live_.size(),
            .used_bytes = live_bytes_,
            .peak_bytes = peak_bytes_,
            .reserved_bytes = live_bytes_};
}

}  // namespace strata
