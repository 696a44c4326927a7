// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/size_profile.hpp>

#include <mutex>

#include <strata/diagnostics/detail/raise.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "detail/shield.hpp"
#include "size_lines.hpp"

namespace strata {

struct size_profile::contents {
    contents() = default;
    explicit contents(std::string_view given)
        : file{given},
          path{detail::absolute(given)},
          names{detail::parse_sizes(detail::read_sizes(path), path)} {}

    const std::string file;  // as given
    const std::string path;  // from the root on
    detail::rounds_by_name names;
    bool is_saved = true;
    mutable detail::call_mutex mutex;  // the map takes its nodes from operator new
};

size_profile::size_profile() : contents_{new contents} {}

size_profile::size_profile(std::string_view file) : contents_{new contents{file}} {}

size_profile::~size_profile() {
    const detail::shield here;
    try {
        const detail::attempt now;
        save();
    } catch (...) {
        // The next run then starts with the sizes of an earlier one.
    }
    delete contents_;
}

std::size_t size_profile::size(const label& name, std::size_t otherwise) const noexcept {
    const std::lock_guard lock{contents_->mutex};
    const auto found = contents_->names.find(name.text());
    return found == contents_->names.end() ? otherwise : found->second.usual();
}

void size_profile::learn(const label& name, std::size_t bytes) noexcept {
    const detail::shield here;
    const std::lock_guard lock{contents_->mutex};
    detail::rounds_by_name& names = contents_->names;
    auto found = names.find(name.text());
    if (found == names.end() && names.size() < most_names) {
        try {
            const detail::attempt now;
            found = names.emplace(name.text(), detail::rounds{}).first;
        } catch (...) {
            // The size of this name stays unknown.
        }
    }
    if (found != names.end()) {
        found->second.add(bytes);
        contents_->is_saved = false;
    }
}

void size_profile::save() {
    const std::lock_guard lock{contents_->mutex};
    contents& mine = *contents_;
    if (mine.is_saved || mine.path.empty()) {
        return;
    }
    detail::rounds_by_name all = detail::parse_sizes(detail::read_sizes(mine.path), mine.path);
    for (const auto& [name, of] : mine.names) {
        if (of.is_learnt && (all.contains(name) || all.size() < most_names)) {
            all[name] = of;
        }
    }
    detail::write_sizes(mine.path, detail::text_of(all));
    mine.is_saved = true;
}

std::string_view size_profile::file() const noexcept {
    return contents_->file;
}

}  // namespace strata
