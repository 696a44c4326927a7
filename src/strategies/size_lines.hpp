// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_STRATEGIES_SIZE_LINES_HPP
#define STRATA_SRC_STRATEGIES_SIZE_LINES_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <strata/strategies/size_profile.hpp>

// The file of a size_profile.
namespace strata::detail {

/// What the last rounds of a name needed, the oldest first.
struct rounds {
    std::array<std::uint64_t, size_profile::most_rounds> bytes{};
    std::size_t count = 0;
    std::size_t unsaved = 0;  // how often one was added since the file was read or written

    void add(std::uint64_t needed) noexcept;
    /// What most of them needed; there must be one.
    [[nodiscard]] std::uint64_t usual() const noexcept;
};

using rounds_by_name = std::map<std::string, rounds, std::less<>>;

/// Throws `std::runtime_error` if a line is broken; `path` is for the message.
[[nodiscard]] rounds_by_name parse_sizes(std::string_view text, std::string_view path);
[[nodiscard]] std::string text_of(const rounds_by_name& all);

/// The path from the root on.
[[nodiscard]] std::string absolute(std::string_view path);
/// The file that a path leads to, through symbolic links; the path itself if there is none.
[[nodiscard]] std::string target_of(const std::string& path);
/// Empty if there is no such file. Throws `std::system_error`.
[[nodiscard]] std::string read_sizes(const std::string& path);
/// Makes a new file and renames it, so that the file is whole at any moment. Throws
/// `std::system_error`.
void write_sizes(const std::string& path, std::string_view text);

/// While it lives, no other process or thread has such a lock on a file of the same folder. Best
/// effort: it waits for 5 seconds at most, and a folder that cannot be locked is not.
class folder_lock {
public:
    explicit folder_lock(const std::string& path);
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;
    ~folder_lock();

private:
    int folder_;
};

}  // namespace strata::detail

#endif
