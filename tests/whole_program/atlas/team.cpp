// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "team.hpp"

#include <exception>
#include <thread>
#include <vector>

namespace atlas {

void run_team(std::size_t threads, const std::function<void(std::size_t)>& work,
              const std::function<void()>& give_up) {
    // One more than threads: the last is about starting them.
    std::vector<std::exception_ptr> problems(threads + 1);
    std::vector<std::thread> team;
    try {
        team.reserve(threads);
        for (std::size_t i = 0; i != threads; ++i) {
            team.emplace_back([&work, &give_up, &problem = problems[i], i] {
                try {
                    work(i);
                } catch (...) {
                    problem = std::current_exception();
                    give_up();
                }
            });
        }
    } catch (...) {
        problems.back() = std::current_exception();
        give_up();
    }
    for (std::thread& each : team) {
        each.join();
    }
    for (const std::exception_ptr& problem : problems) {
        if (problem) {
            std::rethrow_exception(problem);
        }
    }
}

}  // namespace atlas
