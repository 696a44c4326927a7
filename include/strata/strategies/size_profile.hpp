// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_SIZE_PROFILE_HPP
#define STRATA_STRATEGIES_SIZE_PROFILE_HPP

#include <cstddef>
#include <string_view>

#include <strata/core/label.hpp>

namespace strata {

/// Learns, by name, the size that most earlier rounds needed: in the program alone, or from run to
/// run in a file.
///
///     strata::size_profile sizes{"app.sizes"};                 // or without a file
///     const std::size_t room = sizes.size("requests", 4096);   // 4096 until something is learnt
///     sizes.learn("requests", 5000);                           // what the round needed
///
/// Routing: a name keeps what its last 16 rounds needed. Its size is the largest of them; from 8
/// rounds on the second largest, so that one unusual round does not count. A need that has grown is
/// thus covered after two rounds, and one that has shrunk is forgotten after 15.
/// The file is text, with a line a name: `requests 4096 5000`, the newest last; a name with other
/// characters than letters, digits, `_`, `-` and `.` is in quotation marks. Empty lines and lines
/// that begin with `#` are ignored. They are not kept when the file is written.
/// Lifetime: the file is read when the profile is made. `save` and the end of the profile write it,
/// if something was learnt since. They read its lines again: those of names that were not learnt
/// since stay as they are, and the profile takes them over. So programs that use a file together
/// keep each other's names; of a name that two have learnt, the last one's line stays. The folder
/// is locked meanwhile (`flock`). After 5 seconds without the lock, `save` goes on without it, and
/// names that another program saves at that moment may be lost.
/// A relative path is below the folder in which the profile was made. A symbolic link stays one.
/// The file keeps its permissions, and its owner if the system allows that.
/// Overhead: some 250 bytes of operator new a name.
/// Complexity: O(log names); `save` O(names).
/// Errors: a file that does not exist is an empty profile. A file that cannot be read or written
/// throws `std::system_error`. A line without a name, or without 1 to 16 sizes after it, throws
/// `std::runtime_error` with the file and the line. `save` then leaves the file as it was: it
/// writes another one beside it, and renames that. The destructor throws nothing, and what cannot
/// be written is lost. A profile learns at most 2,048 names.
/// Threads: safe to call from any. `size` and `learn` take a lock, but do not wait for the file.
class size_profile {
public:
    /// How many rounds a name keeps, and how many names a profile learns.
    static constexpr std::size_t most_rounds = 16;
    static constexpr std::size_t most_names = 2048;

    size_profile();
    explicit size_profile(std::string_view file);
    size_profile(const size_profile&) = delete;
    size_profile& operator=(const size_profile&) = delete;
    ~size_profile();

    /// The size for the next round; `otherwise` if nothing is known of the name.
    [[nodiscard]] std::size_t size(const label& name, std::size_t otherwise) const noexcept;
    /// Notes what a round needed, at most 2 EiB. Without memory, a new name is not noted.
    void learn(const label& name, std::size_t bytes) noexcept;
    /// Writes the file, if there is one and something was learnt since.
    void save();

    /// The path as it was given; empty without a file.
    [[nodiscard]] std::string_view file() const noexcept;

private:
    struct contents;
    contents* contents_;
};

}  // namespace strata

#endif
