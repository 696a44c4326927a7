// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/output_file.hpp"

#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>

#include "tool/failure.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

/// Removes a file if one of these signals ends the command while this lives.
class removal_at_signals {
public:
    explicit removal_at_signals(const fs::path& path) {
        assert(path_ == nullptr);  // a command writes one file at a time
        path_ = path.c_str();
        struct sigaction removal {};
        removal.sa_handler = remove_and_end;
        removal.sa_flags = static_cast<int>(SA_RESETHAND);
        for (std::size_t i = 0; i != signals.size(); ++i) {
            (void)sigaction(signals[i], nullptr, &before_[i]);
            if (before_[i].sa_handler == SIG_DFL) {  // nohup ignores one
                (void)sigaction(signals[i], &removal, nullptr);
            }
        }
    }
    removal_at_signals(const removal_at_signals&) = delete;
    removal_at_signals& operator=(const removal_at_signals&) = delete;
    ~removal_at_signals() {
        for (std::size_t i = 0; i != signals.size(); ++i) {
            (void)sigaction(signals[i], &before_[i], nullptr);
        }
        path_ = nullptr;
    }

private:
    static constexpr std::array signals{SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                        SIGPIPE, SIGXFSZ, SIGXCPU, SIGALRM};

    static void remove_and_end(int signal) {
        (void)unlink(path_);
        (void)raise(signal);  // with its default action, once this has returned
    }

    static inline const char* path_ = nullptr;
    std::array<struct sigaction, signals.size()> before_{};
};

/// A file that has its name only when it is complete.
class new_file {
public:
    explicit new_file(fs::path path)
        : path_{std::move(path)},
          temporary_{path_.string() + ".writing." + std::to_string(getpid())},
          removal_{temporary_} {
        stream_.open(temporary_, std::ios::binary | std::ios::trunc);
        expect_written(stream_, path_.string());
        std::error_code ignored;
        if (fs::exists(path_, ignored)) {
            fs::permissions(temporary_, fs::status(path_, ignored).permissions(), ignored);
        }
    }
    new_file(const new_file&) = delete;
    new_file& operator=(const new_file&) = delete;
    ~new_file() {
        std::error_code ignored;
        fs::remove(temporary_, ignored);
    }

    [[nodiscard]] std::ostream& stream() { return stream_; }
    void name() {
        stream_.close();
        expect_written(stream_, path_.string());
        fs::rename(temporary_, path_);
    }

private:
    fs::path path_;
    fs::path temporary_;
    removal_at_signals removal_;
    std::ofstream stream_;
};

void write_to(std::ostream& stream, const std::string& path,
              const std::function<void(std::ostream&)>& write) {
    expect_written(stream, path);
    write(stream);
    expect_written(stream.flush(), path);
}

}  // namespace

void refuse_to_replace(const std::string& path, bool force) {
    if (!force && path != "-" && fs::is_regular_file(path)) {
        throw failure{path + ": exists; --force writes over it"};
    }
}

void expect_writable(const std::string& path) {
    const fs::path folder = fs::absolute(path).parent_path();
    const bool is_new = path != "-" && (!fs::exists(path) || fs::is_regular_file(path));
    if (is_new && access(folder.c_str(), W_OK) != 0) {
        throw failure{path + ": cannot be written: " + std::strerror(errno)};
    }
}

void expect_written(const std::ostream& stream, const std::string& path) {
    if (!stream) {
        throw failure{path + ": cannot be written: " + std::strerror(errno)};
    }
}

void write_output(const std::string& path, const std::function<void(std::ostream&)>& write) {
    if (path == "-") {
        return write_to(std::cout, "standard output", write);
    }
    if (fs::exists(path) && !fs::is_regular_file(path)) {
        std::ofstream device{path, std::ios::binary};
        return write_to(device, path, write);
    }
    new_file file{fs::exists(path) ? fs::canonical(path) : fs::path{path}};
    write_to(file.stream(), path, write);
    file.name();
}

}  // namespace strata::tool
