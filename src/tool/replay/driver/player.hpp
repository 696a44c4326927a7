// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_PLAYER_HPP
#define STRATA_TOOL_REPLAY_DRIVER_PLAYER_HPP

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <strata/detail/cache_line.hpp>

#include "tool/replay/driver/call_times.hpp"
#include "tool/replay/driver/dice.hpp"
#include "tool/replay/driver/servers.hpp"
#include "tool/replay/driver/settings.hpp"
#include "tool/replay/plan.hpp"
#include "trace/live_clock.hpp"

namespace strata::tool::replay {

using detail::cache_line;

/// How far the thread of a section is, for those that wait for it.
struct alignas(cache_line) progress {
    std::atomic<std::uint32_t> steps;
};

/// A window of the plan, as the threads see it.
struct window {
    std::span<const section> sections;
    const step* steps = nullptr;
    progress* reached = nullptr;  ///< one for each section
};

/// What all threads of a replay share.
struct stage {
    block* blocks = nullptr;                  ///< by slot
    std::span<const std::byte> other_memory;  ///< that the work between two steps reads
    settings asked;
    std::atomic<std::uint64_t> refused{0};
    // What follows is counted only if the replay watches.
    std::atomic<std::int64_t> live{0};    ///< bytes asked for
    std::atomic<std::int64_t> usable{0};  ///< bytes of the same blocks
    std::atomic<std::int64_t> most_live{0};
    std::atomic<std::int64_t> usable_then{0};  ///< `usable`, when the most bytes were live
};

/// Does the steps of one thread.
template <class Server, bool Watches>
class player {
public:
    player(Server server, stage& on) : server_{server}, on_{on} {}

    void play(const window& in, std::size_t number) noexcept {
        const section& mine = in.sections[number];
        const step* const steps = in.steps + mine.begin;
        for (std::uint32_t i = 0; i != mine.steps; ++i) {
            const step& next = steps[i];
            if (next.what == action::wait) {
                wait_for(in.reached[next.slot].steps, static_cast<std::uint32_t>(next.size));
            } else {
                do_step(next, on_.blocks[next.slot]);
                work();
            }
            if (next.is_awaited) {
                in.reached[number].steps.store(i + 1, std::memory_order_release);
            }
        }
    }

    [[nodiscard]] const call_times& times() const noexcept requires Watches { return times_; }

private:
    struct nothing {};

    static void wait_for(const std::atomic<std::uint32_t>& reached, std::uint32_t wanted) noexcept {
        for (unsigned turns = 0; reached.load(std::memory_order_acquire) < wanted; ++turns) {
            if (turns >= 100) {
                (void)::sched_yield();
            }
        }
    }

    void do_step(const step& next, block& at) noexcept {
        switch (next.what) {
            case action::allocate: {
                at = {nullptr, next.size, next.alignment_exponent};
                at.address = timed(
                    [&] { return server_.allocate(at.as().size, at.as().alignment, next.how); });
                if (at.address == nullptr) {
                    return refuse();
                }
                count(at, 1);
                return touch(at, 0);
            }
            case action::deallocate:
                if (at.address != nullptr) {
                    count(at, -1);
                    timed([&] { server_.deallocate(at); });
                    at.address = nullptr;
                }
                return;
            case action::reallocate:
                return reallocate(at, next.size);
            case action::wait:
                return;
        }
    }

    void reallocate(block& at, std::size_t size) noexcept {
        if (at.address == nullptr) {
            return refuse();
        }
        count(at, -1);
        void* const got = timed([&] { return server_.reallocate(at, size); });
        const std::size_t had = at.size;
        if (got == nullptr) {
            refuse();
        } else {
            at.address = got;
            at.size = size & ((std::uint64_t{1} << 48) - 1);
        }
        count(at, 1);
        touch(at, had);
    }

    void refuse() noexcept { on_.refused.fetch_add(1, std::memory_order_relaxed); }

    template <class Call>
    decltype(auto) timed(const Call& call) noexcept {
        if constexpr (Watches) {
            const call_times::taking now{times_};
            return call();
        } else {
            return call();
        }
    }

    void count(const block& of, std::int64_t sign) noexcept {
        if constexpr (Watches) {
            const auto usable = static_cast<std::int64_t>(server_.usable(of));
            const std::int64_t all = on_.usable.fetch_add(sign * usable) + sign * usable;
            const auto size = static_cast<std::int64_t>(of.size);
            const std::int64_t live = on_.live.fetch_add(sign * size) + sign * size;
            if (live > on_.most_live.load(std::memory_order_relaxed)) {
                on_.most_live.store(live, std::memory_order_relaxed);
                on_.usable_then.store(all, std::memory_order_relaxed);
            }
        }
    }

    // The part from an offset on.
    void touch(const block& of, std::size_t from) noexcept {
        auto* const bytes = static_cast<std::byte*>(of.address);
        const std::size_t size = of.size;
        switch (on_.asked.touches) {
            case touch::none:
                return;
            case touch::first:
                if (from == 0 && size != 0) {
                    *bytes = std::byte{1};
                }
                return;
            case touch::line:
                for (std::size_t at = from; at < size; at += cache_line) {
                    bytes[at & Server::mask] = std::byte{1};
                }
                return;
            case touch::all:
                for (std::size_t at = from; at < size;) {
                    const std::size_t begin = at & Server::mask;
                    const std::size_t part = std::min(size - at, Server::mask - begin + 1);
                    std::memset(bytes + begin, 1, part);
                    at += part;
                }
                return;
        }
    }

    // What the program does between two calls: it reads memory, and takes time. Each roll needs the
    // one before.
    void work() noexcept {
        for (std::uint64_t i = 0; i != on_.asked.work; ++i) {
            const std::size_t at = dice_.roll() % on_.other_memory.size();
            read_ = static_cast<const volatile std::byte&>(on_.other_memory[at]);
        }
        for (std::uint64_t i = 0; i != on_.asked.pause; ++i) {
            (void)dice_.roll();
        }
    }

    Server server_;
    stage& on_;
    [[no_unique_address]] std::conditional_t<Watches, call_times, nothing> times_;
    dice dice_{1};
    std::byte read_{};
};

}  // namespace strata::tool::replay

#endif
