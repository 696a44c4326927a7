// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/size_profile.hpp>

#include <mutex>
#include <string>
#include <utility>

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
    detail::call_mutex file_mutex;     // held during a `save`, and locked before the other
    mutable detail::call_mutex mutex;  // protects `names`, whose nodes come from operator new

    [[nodiscard]] detail::rounds_by_name unsaved() const;
    void take(detail::rounds_by_name all, const detail::rounds_by_name& saved) noexcept;
};

detail::rounds_by_name size_profile::contents::unsaved() const {
    detail::rounds_by_name found;
    const std::lock_guard lock{mutex};
    for (const auto& [name, of] : names) {
        if (of.unsaved != 0) {
            found.emplace(name, of);
        }
    }
    return found;
}

// `all` is in the file now, and `saved` is the part of it from here. What was learnt here meanwhile
// stays; of the other names, this profile now knows what others wrote.
void size_profile::contents::take(detail::rounds_by_name all,
                                  const detail::rounds_by_name& saved) noexcept {
    const std::lock_guard lock{mutex};
    for (const auto& [name, of] : saved) {
        names.find(name)->second.unsaved -= of.unsaved;
    }
    for (auto each = names.begin(); each != names.end();) {
        const auto mine = each++;
        if (mine->second.unsaved == 0) {
            continue;
        }
        if (const auto found = all.find(mine->first); found != all.end()) {
            found->second = mine->second;
        } else if (all.size() < most_names) {
            all.insert(names.extract(mine));
        }
    }
    names.swap(all);
}

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
    }
}

void size_profile::save() {
    contents& mine = *contents_;
    if (mine.path.empty()) {
        return;
    }
    const std::lock_guard turn{mine.file_mutex};
    const detail::rounds_by_name saved = mine.unsaved();
    if (saved.empty()) {
        return;
    }
    const std::string target = detail::target_of(mine.path);
    const detail::folder_lock alone{target};
    detail::rounds_by_name all = detail::parse_sizes(detail::read_sizes(target), mine.path);
    for (const auto& [name, of] : saved) {
        if (all.contains(name) || all.size() < most_names) {
            detail::rounds& written = all[name] = of;
            written.unsaved = 0;
        }
    }
    detail::write_sizes(target, detail::text_of(all));
    mine.take(std::move(all), saved);
}

std::string_view size_profile::file() const noexcept {
    return contents_->file;
}

}  // namespace strata
