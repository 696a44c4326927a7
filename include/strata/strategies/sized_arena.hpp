// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_SIZED_ARENA_HPP
#define STRATA_STRATEGIES_SIZED_ARENA_HPP

#include <memory_resource>

#include <strata/core/label.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/size_profile.hpp>

namespace strata {

/// An arena for a scope that is entered again and again: its first chunk has the size that most
/// earlier scopes of its name needed.
///
///     static strata::size_profile sizes;                  // or a file: {"app.sizes"}
///     strata::sized_arena memory{sizes, "requests"};      // one for each request
///     std::pmr::vector<std::pmr::string> fields{&memory};
///
/// Routing: as an `arena_resource` with that `first_chunk`. At its end it tells the profile how
/// many bytes one chunk would have needed for all blocks. An arena without a chunk tells nothing.
/// Lifetime: as an `arena_resource`. The profile must outlive it.
/// Overhead: as an `arena_resource`, and some 100 bytes of operator new.
/// Complexity: as an `arena_resource`; a look-up in the profile, under its lock, in the constructor
/// and one in the destructor.
/// Errors: as an `arena_resource`. If the upstream has no memory for the chunk that was learnt, the
/// arena takes one of the usual size.
/// Threads: one at a time; arenas of one profile may be used by several threads.
class sized_arena final : public arena_resource {
public:
    sized_arena(size_profile& sizes STRATA_LIFETIME_BOUND, const strata::label& name,
                std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                    std::pmr::get_default_resource());
    ~sized_arena() override;
};

}  // namespace strata

#endif
