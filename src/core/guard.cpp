// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/detail/guard.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <mutex>
#include <new>

#include <strata/core/layout.hpp>
#include <strata/diagnostics/misuse.hpp>

#include <strata/core/detail/title.hpp>
#include <strata/detail/text.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/this_thread.hpp>

#include "detail/shield.hpp"
#include "diagnostics/address_map.hpp"

namespace strata::detail {

// On pages of its own, so that neither the resource's upstream nor a watched heap serves it.
struct served_blocks {
    explicit served_blocks(std::uintptr_t thread) noexcept : inside{thread} {}

    section_mutex mutex{lock_order::served};  // guards the next two
    address_map<layout> live;
    bool is_complete = true;  // false: some block could not be recorded
    relaxed_word inside;
};

namespace {

served_blocks* make_served_blocks(std::uintptr_t inside) noexcept {
    const shield here;
    void* memory = mmap(nullptr, sizeof(served_blocks), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : ::new (memory) served_blocks{inside};
}

bool is_left_behind(std::uintptr_t thread) noexcept {
    return fork_gate::is_left_behind(thread / 2);
}

}  // namespace

guard::guard(callers from) noexcept {
    const std::uintptr_t inside = from == callers::one ? nobody : not_counted;
    if (is_watched()) {
        state_.store(reinterpret_cast<std::uintptr_t>(make_served_blocks(inside)));
    } else {
        state_.store(checked ? inside : off);
    }
}

void guard::end_record() noexcept {
    const shield here;
    served_blocks* const all = blocks();
    all->~served_blocks();
    munmap(all, sizeof(served_blocks));
}

relaxed_word& guard::inside() noexcept {
    served_blocks* const all = blocks();
    return all == nullptr ? state_ : all->inside;
}

// --- blocks -----------------------------------------------------------------------------------

void guard::serve(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    if (served_blocks* const all = blocks()) {
        announce(block, bytes);
        const std::lock_guard lock{all->mutex};
        all->is_complete &=
            all->live.insert(address_map<layout>::number(block), {bytes, alignment});
    }
}

namespace {

// Calls `change` with the entry of a live block that was served with this layout. If there is none,
// reports a misuse, unless there was no memory to record every block. Returns whether the block may
// be live.
template <class Change>
bool if_live(served_blocks& all, const resource& by, const char* call, const void* block, layout as,
             Change change) noexcept {
    layout served;
    bool is_complete = false;
    {
        const std::lock_guard lock{all.mutex};
        is_complete = all.is_complete;
        const auto found = all.live.find(address_map<layout>::number(block));
        if (found == all.live.end()) {
            served = {as.size, 0};
        } else {
            served = found->second;
            if (served == as) {
                change(found);
            }
        }
    }
    if (served.alignment == 0) {
        if (is_complete) {
            misuse_of(by,
                      "%s of %p, %zu bytes: no block of it is live there; it was freed or "
                      "given up before, or comes from elsewhere",
                      call, block, as.size);
        }
        return !is_complete;
    }
    if (served != as) {
        misuse_of(by,
                  "%s of %p with %zu bytes aligned to %zu, which was served with %zu bytes "
                  "aligned to %zu",
                  call, block, as.size, as.alignment, served.size, served.alignment);
        return false;
    }
    return true;
}

}  // namespace

bool guard::take_back(const resource& by, void* block, std::size_t bytes,
                      std::size_t alignment) noexcept {
    served_blocks* const all = blocks();
    if (all == nullptr) {
        return true;
    }
    if (!if_live(*all, by, "deallocate", block, {bytes, alignment},
                 [&](auto found) { all->live.erase(found); })) {
        return false;
    }
    poison(block, bytes);
    return true;
}

bool guard::may_resize(const resource& by, void* block, layout as) noexcept {
    served_blocks* const all = blocks();
    return all == nullptr || if_live(*all, by, "try_expand", block, as, [](auto /*found*/) {});
}

void guard::resized(void* block, layout as, std::size_t bytes, std::size_t held) noexcept {
    if (served_blocks* const all = blocks()) {
        announce_resized(block, as.size, bytes);
        if (const std::size_t end = std::min(as.size, held); bytes < end) {
            poison(static_cast<std::byte*>(block) + bytes, end - bytes);
        }
        const std::lock_guard lock{all->mutex};
        const auto found = all->live.find(address_map<layout>::number(block));
        if (found != all->live.end()) {
            found->second.size = bytes;
        }
    }
}

void guard::forget(const void* begin, std::size_t bytes) noexcept {
    if (served_blocks* const all = blocks()) {
        const std::uintptr_t first = address_map<layout>::number(begin);
        const std::lock_guard lock{all->mutex};
        auto at = all->live.first_from(first);
        while (at != all->live.end() && address_map<layout>::address_of(at) - first < bytes) {
            at = all->live.erase(at);
        }
    }
}

void guard::give_up_all() noexcept {
    if (served_blocks* const all = blocks()) {
        const std::lock_guard lock{all->mutex};
        all->live.clear();
    }
}

// --- threads ----------------------------------------------------------------------------------

void report_two_threads(const resource& of) noexcept {
    misuse_of(of, "two threads inside at once; it serves one at a time");
}

// Plain loads and stores, because every call pays for them. If two threads enter within a few
// nanoseconds, the collision may be seen only when the first of them leaves.
void guarded_call::enter() noexcept {
    if (guard_.is_watching()) {
        among_poison::stop_reports();
    }
    before_ = guard_.inside().load();
    if (before_ == guard::not_counted) {
        return;
    }
    const std::uintptr_t me = guard::number_of(number_of_this_thread());
    if (before_ != guard::nobody && before_ != me) [[unlikely]] {
        if (is_left_behind(before_)) {
            before_ = guard::nobody;
        } else {
            report_two_threads(of_);
        }
    }
    guard_.inside().store(me);
}

void guarded_call::leave() noexcept {
    if (before_ != guard::not_counted) {
        if (guard_.inside().load() != guard::number_of(number_of_this_thread())) [[unlikely]] {
            report_two_threads(of_);
        }
        guard_.inside().store(before_);
    }
    if (guard_.is_watching()) {
        among_poison::resume_reports();
    }
}

// --- reports ----------------------------------------------------------------------------------

bool guard::report(const resource& by, const char* call, const void* block, layout as,
                   const char* objection) noexcept {
    misuse_of(by, "%s of %p, %zu bytes aligned to %zu, %s", call, block, as.size, as.alignment,
              objection);
    return false;
}

void report_alignment(std::size_t alignment, const resource& of) noexcept {
    misuse_of(of, "a request aligned to %zu bytes, which is no power of two", alignment);
}

bool null_is_misuse() noexcept {
    return checked || is_watched();
}

void null_freed(const resource& by, std::size_t bytes) noexcept {
    if (null_is_misuse()) {
        misuse_of(by, "deallocate of a null pointer, %zu bytes", bytes);
    }
}

void misuse_of(const resource& of, const char* format, ...) noexcept {
    std::array<char, 512> message{};
    std::va_list arguments;
    va_start(arguments, format);
    text_writer{message}.printable(title{of}.text()).write(": ").vprint(format, arguments);
    va_end(arguments);
    misuse(message.data());
}

}  // namespace strata::detail
