// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_TEAM_HPP
#define ATLAS_TEAM_HPP

#include <cstddef>
#include <functional>

namespace atlas {

/// Calls `work(0)` to `work(threads - 1)`, each on a thread of its own, and waits for all of them.
/// As soon as one throws, calls `give_up`, which has to bring the others to an end; throws in the
/// end what the first of them by number threw.
void run_team(std::size_t threads, const std::function<void(std::size_t)>& work,
              const std::function<void()>& give_up);

}  // namespace atlas

#endif
