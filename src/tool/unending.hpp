// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_UNENDING_HPP
#define STRATA_TOOL_UNENDING_HPP

#include <sys/types.h>

#include <csignal>
#include <utility>
#include <vector>

namespace strata::tool {

/// While it lives, signals do not end the tool, which waits for a program. What a terminal sends to
/// all of its processes is for the program, and what is sent to the tool is passed on to it. A
/// closed pipe or a full disk is told by the call that meets it.
class unending {
public:
    unending() {
        for (const int each : {SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ}) {
            before_.emplace_back(each, std::signal(each, SIG_IGN));
        }
        for (const int each : {SIGTERM, SIGHUP}) {
            before_.emplace_back(each, std::signal(each, pass_on));
        }
    }
    unending(const unending&) = delete;
    unending& operator=(const unending&) = delete;
    ~unending() { restore(); }

    void restore() const {
        for (const auto& [signal, handler] : before_) {
            (void)std::signal(signal, handler);
        }
    }
    static void pass_on_to(pid_t process) { to_ = process; }

private:
    static void pass_on(int signal) {
        if (to_ > 0) {
            (void)kill(to_, signal);
        }
    }

    static inline volatile std::sig_atomic_t to_ = 0;
    std::vector<std::pair<int, void (*)(int)>> before_;
};

}  // namespace strata::tool

#endif
