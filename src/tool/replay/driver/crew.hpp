// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_CREW_HPP
#define STRATA_TOOL_REPLAY_DRIVER_CREW_HPP

#include <pthread.h>
#include <semaphore.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <system_error>

#include "tool/replay/driver/call_times.hpp"
#include "tool/replay/driver/own_memory.hpp"
#include "tool/replay/driver/player.hpp"

namespace strata::tool::replay {

/// The threads of a replay. The first is the calling one; the others begin at their first steps,
/// and end with their last, as in the program: what an allocator does then is part of its work.
template <class Server, bool Watches>
class crew {
public:
    crew(std::size_t threads, Server server, stage& on) : members_{threads} {
        for (std::size_t i = 0; i != threads; ++i) {
            member& each = *::new (&members_[i]) member{.plays = {server, on}};
            (void)::sem_init(&each.may_begin, 0, 0);
            (void)::sem_init(&each.has_ended, 0, 0);
        }
    }
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;
    ~crew() {
        window_ = {};
        for (std::size_t i = 1; i != members_.size(); ++i) {
            if (members_[i].is_there) {
                (void)::sem_post(&members_[i].may_begin);
                end(members_[i], true);
            }
        }
    }

    /// Plays a window, and returns how many ticks of the clock passed from the first step to the
    /// last.
    std::uint64_t play(const window& next) {
        window_ = next;
        for (std::size_t i = 0; i != next.sections.size(); ++i) {
            members_[next.sections[i].thread].section = i;
            next.reached[i].steps.store(0, std::memory_order_relaxed);
        }
        bool is_own = false;
        for (const section& each : next.sections) {
            make_thread(each.thread);
        }
        for (const section& each : next.sections) {
            if (each.thread == 0) {
                is_own = true;
            } else {
                (void)::sem_post(&members_[each.thread].may_begin);
            }
        }
        if (is_own) {
            play_section(members_[0]);
        }
        for (const section& each : next.sections) {
            if (each.thread != 0) {
                end(members_[each.thread], each.is_last != 0);
            }
        }
        return ticks_of(next);
    }

    [[nodiscard]] call_times times() const {
        call_times all;
        for (std::size_t i = 0; i != members_.size(); ++i) {
            all.add(members_[i].plays.times());
        }
        return all;
    }

private:
    struct member {
        player<Server, Watches> plays;
        crew* all = nullptr;
        std::size_t section = 0;  ///< of the window
        std::uint64_t began = 0;  ///< ticks
        std::uint64_t ended = 0;
        sem_t may_begin{};
        sem_t has_ended{};
        bool is_there = false;
        pthread_t thread{};
    };

    static void wait(sem_t& for_) noexcept {
        while (::sem_wait(&for_) != 0) {
        }
    }

    // All of a window are made before any of them begins: if one cannot be, none waits for it.
    void make_thread(std::uint32_t number) {
        member& one = members_[number];
        one.all = this;
        if (number == 0 || one.is_there) {
            return;
        }
        if (const int error = ::pthread_create(&one.thread, nullptr, &run, &one); error != 0) {
            throw std::system_error{error, std::generic_category(), "a thread cannot be made"};
        }
        one.is_there = true;
    }

    void end(member& one, bool is_last) {
        wait(one.has_ended);
        if (is_last) {
            (void)::pthread_join(one.thread, nullptr);
            one.is_there = false;
        }
    }

    static void* run(void* argument) {
        auto& self = *static_cast<member*>(argument);
        for (bool is_last = false; !is_last;) {
            wait(self.may_begin);
            const bool is_over = self.all->window_.sections.empty();
            if (!is_over) {
                self.all->play_section(self);
            }
            is_last = is_over || self.all->window_.sections[self.section].is_last != 0;
            (void)::sem_post(&self.has_ended);
        }
        return nullptr;
    }

    void play_section(member& one) noexcept {
        one.began = call_times::clock().now();
        one.plays.play(window_, one.section);
        one.ended = call_times::clock().now();
    }

    std::uint64_t ticks_of(const window& of) {
        std::uint64_t began = ~std::uint64_t{0};
        std::uint64_t ended = 0;
        for (const section& each : of.sections) {
            began = std::min(began, members_[each.thread].began);
            ended = std::max(ended, members_[each.thread].ended);
        }
        return ended - began;
    }

    own_memory<member> members_;
    window window_;
};

}  // namespace strata::tool::replay

#endif
