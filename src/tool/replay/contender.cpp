// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/contender.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <system_error>

#include <strata/compose/layer_kind.hpp>
#include <strata/compose/strategy.hpp>

#include "tool/executable.hpp"
#include "tool/failure.hpp"

namespace strata::tool::replay {
namespace {

namespace fs = std::filesystem;

// As Debian and others name them: of each allocator the newest version, and the fullest, first.
constexpr std::array<std::array<const char*, 2>, 6> known_allocators{{
    {"libjemalloc.so.2"},
    {"libmimalloc.so.3", "libmimalloc.so.2"},
    {"libtcmalloc.so.4", "libtcmalloc_minimal.so.4"},
    {"libsnmallocshim.so"},
    {"librpmallocwrap.so"},
    {"libtbbmalloc_proxy.so.2"},
}};

std::string short_name(const fs::path& library) {
    std::string name = library.filename().string();
    name = name.substr(0, name.find(".so"));
    return name.starts_with("lib") ? name.substr(3) : name;
}

// Where the C library is, and a folder for what was installed by hand.
std::vector<fs::path> library_folders() {
    std::vector<fs::path> all;
    Dl_info of_libc{};
    if (dladdr(reinterpret_cast<void*>(&std::abort), &of_libc) != 0) {
        all.push_back(fs::path{of_libc.dli_fname}.parent_path());
    }
    all.emplace_back("/usr/local/lib");
    return all;
}

std::optional<fs::path> first_installed(std::span<const char* const> names) {
    for (const char* const each : names) {
        for (const fs::path& folder : library_folders()) {
            std::error_code ignored;
            if (each != nullptr && fs::exists(folder / each, ignored)) {
                return folder / each;
            }
        }
    }
    return std::nullopt;
}

}  // namespace

contender system_malloc(bool of_resources) {
    return of_resources ? contender{.name = "glibc", .by = server::resource, .strategy = "heap"}
                        : contender{.name = "glibc"};
}

contender strategy_contender(const std::string& text, bool of_resources, std::size_t threads) {
    const strata::strategy parsed = strata::strategy::parse(text);
    if (threads > 1 && !parsed.is_thread_safe()) {
        throw failure{"\"" + text + "\" serves one thread at a time, and the trace has " +
                      std::to_string(threads) + ": write \"synchronized > " + text +
                      "\", or take concurrent_pool or concurrent_arena; --one-thread plays the "
                      "trace in one thread"};
    }
    contender made{.name = to_string(parsed), .strategy = to_string(parsed), .is_strategy = true};
    if (of_resources) {
        made.by = server::resource;
    } else {
        made.preloads.push_back(find_companion("libstrata_malloc.so"));
    }
    return made;
}

contender standard_pool(std::size_t threads) {
    return threads > 1 ? contender{.name = "std::pmr::synchronized_pool_resource",
                                   .by = server::synchronized_pool}
                       : contender{.name = "std::pmr::unsynchronized_pool_resource",
                                   .by = server::standard_pool};
}

contender preloaded(const fs::path& library, bool of_resources) {
    contender made = system_malloc(of_resources);
    made.name = short_name(library);
    made.preloads.push_back(fs::absolute(library));
    return made;
}

contender nobody() {
    return {.name = "nobody", .by = server::nothing};
}

std::vector<fs::path> installed_allocators() {
    std::vector<fs::path> found;
    for (const auto& names : known_allocators) {
        if (const auto library = first_installed(names)) {
            found.push_back(*library);
        }
    }
    return found;
}

std::string counted_at_the_bottom(const std::string& text) {
    const strata::strategy whole = strata::strategy::parse(text);
    const strata::strategy::layer& last = whole.layers().back();
    const std::string usual = to_string(whole);
    if (usual.find("stats") != usual.npos) {
        return {};
    }
    const auto kinds = layers();
    switch (std::ranges::find(kinds, last.name, &layer_kind::name)->shape) {
        case layer_shape::adaptor:
            return usual + " > stats";
        case layer_shape::branches:
            return {};
        case layer_shape::source:
            break;
    }
    // The last layer is a source, so no `>` in its parentheses is between layers.
    const std::size_t at = usual.rfind(" > ");
    return at == usual.npos ? "stats > " + usual
                            : usual.substr(0, at) + " > stats" + usual.substr(at);
}

}  // namespace strata::tool::replay
