// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_CONTENDER_HPP
#define STRATA_TOOL_REPLAY_CONTENDER_HPP

#include <filesystem>
#include <string>
#include <vector>

#include "tool/replay/driver/settings.hpp"

namespace strata::tool::replay {

/// An allocator that plays the trace.
struct contender {
    std::string name;
    server by = server::malloc_family;
    std::string strategy = {};  ///< its text, if it is one
    std::vector<std::filesystem::path> preloads = {};
    bool is_strategy = false;
};

/// The C library's malloc.
[[nodiscard]] contender system_malloc(bool of_resources);
/// A strategy: called directly if the trace is of resources, otherwise as `strata run` has it.
/// Errors: `failure` if the text is no strategy, or serves one thread and the trace has more.
[[nodiscard]] contender strategy_contender(const std::string& text, bool of_resources,
                                           std::size_t threads);
/// The pool of the standard library: for one thread, or for many.
[[nodiscard]] contender standard_pool(std::size_t threads);
/// A library that replaces malloc.
[[nodiscard]] contender preloaded(const std::filesystem::path& library, bool of_resources);
/// The driver alone: it serves nothing, and so tells its own cost.
[[nodiscard]] contender nobody();

/// The libraries that replace malloc and are installed where this system has its libraries.
[[nodiscard]] std::vector<std::filesystem::path> installed_allocators();

/// The text with `stats` above its last layer, so that the calls of that can be counted. Empty if
/// the strategy ends on several, or has a `stats` already.
[[nodiscard]] std::string counted_at_the_bottom(const std::string& text);

}  // namespace strata::tool::replay

#endif
