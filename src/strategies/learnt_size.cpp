// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/learnt_size.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include <strata/core/detail/title.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/strategies/size_profile.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "detail/at_exit.hpp"
#include "detail/shield.hpp"
#include "size_lines.hpp"

extern "C"
    [[gnu::visibility("hidden")]] void* __dso_handle;  // of the shared library that this is in

namespace strata::detail {
namespace {

// The profiles that descriptions name. They live until the end of the process: other statics may
// have resources that end late.
struct profiles {
    // By absolute paths; the path of the profile without a file is empty.
    std::map<std::string, size_profile, std::less<>> by_path;
    // By texts of descriptions. A relative path stays where it was at first, wherever the program
    // goes on.
    std::map<std::string, size_profile*, std::less<>> by_text;
};

constinit call_mutex profiles_mutex;  // the map takes its nodes from operator new
constinit profiles* shared_profiles = nullptr;
constinit std::atomic<bool> has_ended = false;

void save_quietly(size_profile& each) noexcept {
    const shield here;
    try {
        const attempt now;
        each.save();
    } catch (...) {
        // The next run then starts with the sizes of an earlier one.
    }
}

void save_all(void* /*unused*/) {
    const std::lock_guard lock{profiles_mutex};
    has_ended = true;
    for (auto& [path, each] : shared_profiles->by_path) {
        save_quietly(each);
    }
}

size_profile& profile_of(std::string_view file) {
    const std::lock_guard lock{profiles_mutex};
    if (shared_profiles == nullptr) {
        shared_profiles = new profiles;
        call_at_exit(&save_all, nullptr, &__dso_handle);
    }
    auto& [by_path, by_text] = *shared_profiles;
    if (const auto found = by_text.find(file); found != by_text.end()) {
        return *found->second;
    }
    size_profile& made = file.empty() ? by_path.try_emplace({}).first->second
                                      : by_path.try_emplace(absolute(file), file).first->second;
    by_text.emplace(file, &made);
    return made;
}

}  // namespace

struct learnt_size::state {
    size_profile& by;
    label name;
    std::size_t otherwise;
    std::string file = {};
    std::size_t size = by.size(name, otherwise);
    std::size_t needed = 0;
};

learnt_size::learnt_size(size_profile& by, const label& name, std::size_t otherwise)
    : state_{new state{.by = by, .name = name, .otherwise = otherwise}} {}

learnt_size::learnt_size(std::string_view file, std::string_view layer, const label& name,
                         std::size_t otherwise) {
    // A path that a strategy text cannot have would make `describe` print another one.
    if (!std::ranges::all_of(file, is_of_label)) {
        raise_error(std::invalid_argument{
            "strata: " + printable(title{layer, name}.text()) +
            ": expected a profile without control characters, quotation marks and backslashes"});
    }
    state_ = new state{.by = profile_of(file),
                       .name = name.empty() ? label{layer} : name,
                       .otherwise = otherwise,
                       .file = std::string{file}};
}

std::size_t learnt_size::size() const noexcept {
    return state_->size;
}

bool learnt_size::is_more_than_usual() const noexcept {
    return state_->size > state_->otherwise;
}

void learnt_size::forget() noexcept {
    state_->size = state_->otherwise;
}

void learnt_size::note(std::size_t bytes) noexcept {
    state_->needed = std::max(state_->needed, bytes);
}

std::string_view learnt_size::file() const noexcept {
    return state_->file;
}

void learnt_size::end() noexcept {
    if (state_->needed != 0) {
        state_->by.learn(state_->name, state_->needed);
    }
    if (has_ended) {  // and nothing else will save it
        save_quietly(state_->by);
    }
    delete state_;
}

}  // namespace strata::detail
