// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <system_error>
#include <utility>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "detail/shield.hpp"
#include "size_lines.hpp"

namespace strata::detail {
namespace {

constexpr std::size_t longest_file = std::size_t{1} << 20;
constexpr int most_tries = 100;
constexpr int most_waits = 5000;
constexpr timespec one_wait{.tv_sec = 0, .tv_nsec = 1'000'000};

[[noreturn]] void refuse_file(int error, const char* what, std::string_view path,
                              const char* expected) {
    raise_error(std::system_error{error, std::generic_category(),
                                  std::string{"strata: cannot "}.append(what) + " the sizes in " +
                                      quoted(path) + ": " + expected});
}

class descriptor {
public:
    explicit descriptor(int number) noexcept : number_{number} {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() { (void)close(); }

    [[nodiscard]] int number() const noexcept { return number_; }
    /// Returns the error.
    [[nodiscard]] int close() noexcept {
        const shield here;
        const int closed = std::exchange(number_, -1);
        return closed < 0 || ::close(closed) == 0 ? 0 : errno;
    }

private:
    int number_;
};

// A new file beside the one that it will replace. Its number may be left over from a process that
// was killed.
int make_beside(const std::string& path, std::string& made) {
    static constinit std::atomic<unsigned> last = 0;
    const shield here;
    int file = -1;
    for (int i = 0; i != most_tries && file < 0; ++i) {
        made = path + "." + decimal(::getpid()) + "." + decimal(++last) + ".new";
        file = ::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0 && errno != EEXIST) {
            break;
        }
    }
    if (file < 0) {
        refuse_file(errno, "write", path, "expected a folder in which files can be made");
    }
    return file;
}

// Gives a new file the owner, the group and the permissions of the one that it will replace. What
// the system refuses stays as in a new file.
void make_alike(int file, const std::string& path) noexcept {
    const shield here;
    struct stat known {};
    if (::stat(path.c_str(), &known) != 0) {
        return;
    }
    [[maybe_unused]] const int of_group = ::fchown(file, static_cast<uid_t>(-1), known.st_gid);
    [[maybe_unused]] const int of_owner = ::fchown(file, known.st_uid, static_cast<gid_t>(-1));
    (void)::fchmod(file, known.st_mode & 0777U);
}

// Returns the error.
int write_all(int file, std::string_view text) noexcept {
    const shield here;
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 ? errno : ENOSPC;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace

std::string absolute(std::string_view path) {
    const shield here;
    std::array<char, PATH_MAX> folder{};
    if (path.starts_with('/') || ::getcwd(folder.data(), folder.size()) == nullptr) {
        return std::string{path};
    }
    return std::string{folder.data()}.append("/").append(path);
}

std::string target_of(const std::string& path) {
    const shield here;
    std::array<char, PATH_MAX> target{};
    return ::realpath(path.c_str(), target.data()) == nullptr ? path : std::string{target.data()};
}

std::string read_sizes(const std::string& path) {
    const shield here;
    descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (file.number() < 0) {
        if (errno == ENOENT) {
            return {};
        }
        refuse_file(errno, "read", path, "expected a file that can be read");
    }
    struct stat known {};
    if (::fstat(file.number(), &known) != 0 || !S_ISREG(known.st_mode)) {
        refuse_file(EINVAL, "read", path, "expected a regular file");
    }
    std::string text;
    std::array<char, 4096> part{};
    ssize_t bytes = 0;
    while ((bytes = ::read(file.number(), part.data(), part.size())) > 0 ||
           (bytes < 0 && errno == EINTR)) {
        text.append(part.data(), static_cast<std::size_t>(bytes < 0 ? 0 : bytes));
        if (text.size() > longest_file) {
            refuse_file(EFBIG, "read", path, "expected at most 1 MiB");
        }
    }
    if (bytes < 0) {
        refuse_file(errno, "read", path, "expected a file that can be read");
    }
    return text;
}

void write_sizes(const std::string& path, std::string_view text) {
    const shield here;
    std::string made;
    descriptor file{make_beside(path, made)};
    make_alike(file.number(), path);
    int error = write_all(file.number(), text);
    // Else a power failure after the rename could leave an empty file.
    if (error == 0 && ::fsync(file.number()) != 0 && errno != EINVAL) {
        error = errno;
    }
    if (error == 0) {
        error = file.close();
    }
    if (error == 0 && std::rename(made.c_str(), path.c_str()) != 0) {
        error = errno;
    }
    if (error != 0) {
        (void)::unlink(made.c_str());
        refuse_file(error, "write", path, "expected room for them and a file that can be replaced");
    }
}

// Of the folder: the file itself is another one after each rename.
folder_lock::folder_lock(const std::string& path)
    : folder_{[&] {
          const shield here;
          const std::string folder = path.substr(0, path.rfind('/') + 1);
          return ::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
      }()} {
    const shield here;
    for (int i = 0; i != most_waits && ::flock(folder_, LOCK_EX | LOCK_NB) != 0 &&
                    (errno == EWOULDBLOCK || errno == EINTR);
         ++i) {
        (void)::nanosleep(&one_wait, nullptr);
    }
}

// Unlocked first: the child of a fork may have the descriptor too.
folder_lock::~folder_lock() {
    const shield here;
    if (folder_ >= 0) {
        (void)::flock(folder_, LOCK_UN);
        (void)::close(folder_);
    }
}

}  // namespace strata::detail
