// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "call_tree.hpp"

#include <sys/mman.h>

#include <bit>
#include <limits>
#include <mutex>
#include <string_view>
#include <utility>

#include "detail/shield.hpp"
#include "live_event.hpp"
#include "trace_writer.hpp"

namespace strata::detail {
namespace {

using live_trace::kind;

}  // namespace

std::size_t call_tree::bytes_for(std::uint64_t slots) noexcept {
    return sizeof(table) + slots * sizeof(slot);
}

call_tree::~call_tree() {
    const shield here;
    for (table* each = newest_.load(std::memory_order_relaxed); each != nullptr;) {
        const std::size_t bytes = bytes_for(each->slots);
        (void)munmap(std::exchange(each, each->older), bytes);
    }
}

std::uint32_t call_tree::add(const key& wanted, std::uint64_t now) noexcept {
    if (is_full_.load(std::memory_order_relaxed)) {
        return 0;
    }
    // Before the lock: with an old glibc it waits for the loader, which may be allocating.
    const loaded_module module = module_at(wanted.address);
    const std::lock_guard lock{mutex_};
    const table* const in = newest_.load(std::memory_order_relaxed);
    if (const std::uint32_t known = in == nullptr ? 0 : find(*in, wanted)) {
        return known;  // another thread was faster
    }
    if (calls_ == most_calls || !make_room()) {
        is_full_.store(true, std::memory_order_relaxed);
        return 0;
    }
    const std::uint32_t number = calls_ + 1;
    const std::uint16_t in_module = number_of(module, now);
    const std::uintptr_t address = wanted.address - (in_module == 0 ? 0 : module.bias);
    const std::uint64_t both = number | std::uint64_t{wanted.caller} << live_trace::bits_of_call;
    if (!to_.write(event_words::of(kind::call, address, both, 1, in_module, now))) {
        return 0;
    }
    calls_ = number;
    put(*newest_.load(std::memory_order_relaxed), wanted.first(),
        wanted.second() | std::uint64_t{number} << 32);
    return number;
}

void call_tree::put(table& in, std::uint64_t first, std::uint64_t second) noexcept {
    std::uint64_t at = home_of(in, first, second);
    while (slots_of(in)[at].first.load(std::memory_order_relaxed) != 0) {
        at = (at + 1) & (in.slots - 1);
    }
    slots_of(in)[at].second.store(second, std::memory_order_relaxed);
    slots_of(in)[at].first.store(first, std::memory_order_release);
}

// At most half of the slots are used.
bool call_tree::make_room() noexcept {
    table* const old = newest_.load(std::memory_order_relaxed);
    if (old != nullptr && calls_ < old->slots / 2) {
        return true;
    }
    const std::uint64_t slots = old == nullptr ? first_slots : 2 * old->slots;
    const shield here;
    void* const memory =
        mmap(nullptr, bytes_for(slots), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    // Look-ups are spread over all of the table: with usual pages, most of them would wait for the
    // address of a page, too.
    constexpr std::uint64_t many_slots = 128 * 1024;
    if (slots >= many_slots) {
        (void)madvise(memory, bytes_for(slots), MADV_HUGEPAGE);
    }
    auto* const made = static_cast<table*>(memory);
    made->older = old;
    made->slots = slots;
    made->shift = 64 - std::countr_zero(slots);
    const std::uint16_t unloads = unloads_.load(std::memory_order_relaxed);
    for (std::uint64_t i = 0; old != nullptr && i != old->slots; ++i) {
        const std::uint64_t first = slots_of(*old)[i].first.load(std::memory_order_relaxed);
        const std::uint64_t second = slots_of(*old)[i].second.load(std::memory_order_relaxed);
        if (first != 0 && static_cast<std::uint16_t>(second >> 16) == unloads) {
            put(*made, first, second);
        }
    }
    newest_.store(made, std::memory_order_release);
    return true;
}

// --- modules ------------------------------------------------------------------------------------

// 0 if there is none, or no number left.
std::uint16_t call_tree::number_of(const loaded_module& module, std::uint64_t now) noexcept {
    if (module.begin == module.end) {
        return 0;
    }
    for (std::size_t i = 0; i != known_modules_; ++i) {
        const std::size_t at = (latest_module_ + i) % known_modules_;
        if (modules_[at].is.begin == module.begin) {
            latest_module_ = at;
            return modules_[at].number;
        }
    }
    if (known_modules_ == modules_.size() ||
        last_module_ == std::numeric_limits<std::uint16_t>::max()) {
        return 0;
    }
    std::array<char, 1000> text{};
    const std::size_t length = describe_module(module, text);
    const auto number = static_cast<std::uint16_t>(last_module_ + 1);
    if (!to_.write(kind::module, number, {text.data(), length}, module.bias, now)) {
        return 0;
    }
    last_module_ = number;
    latest_module_ = known_modules_;
    modules_[known_modules_++] = {module, number};
    return number;
}

void call_tree::forget_unloaded() noexcept {
    const std::uint64_t unloaded = unloaded_modules();
    const std::lock_guard lock{mutex_};
    if (std::exchange(unloaded_, unloaded) != unloaded) {
        forget_modules();
    }
}

// Asks without the lock: see `add`.
void call_tree::forget_missing() noexcept {
    for (std::size_t i = 0;; ++i) {
        loaded_module next{};
        {
            const std::lock_guard lock{mutex_};
            if (i >= known_modules_) {
                return;
            }
            next = modules_[i].is;
        }
        if (!is_loaded(next)) {
            const std::lock_guard lock{mutex_};
            return forget_modules();
        }
    }
}

// Call it with the lock held.
void call_tree::forget_modules() noexcept {
    known_modules_ = 0;
    latest_module_ = 0;
    unloads_.fetch_add(1, std::memory_order_relaxed);
    const shield here;
    // Zeros again, for whichever thread is looking. Pages that are locked in memory stay there.
    if (madvise(&rules, sizeof rules, MADV_DONTNEED) != 0) {
        rules.clear();
    }
}

}  // namespace strata::detail
