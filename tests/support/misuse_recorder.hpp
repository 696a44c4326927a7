// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_MISUSE_RECORDER_HPP
#define STRATA_TESTS_SUPPORT_MISUSE_RECORDER_HPP

#include <string>
#include <vector>

#include <strata/diagnostics/misuse.hpp>

namespace tests {

/// Keeps what is reported to `strata::misuse` while it lives, in place of aborting.
class misuse_recorder {
public:
    misuse_recorder() : previous_{strata::set_misuse_handler(&record)} { messages_.clear(); }
    misuse_recorder(const misuse_recorder&) = delete;
    misuse_recorder& operator=(const misuse_recorder&) = delete;
    ~misuse_recorder() { strata::set_misuse_handler(previous_); }

    [[nodiscard]] const std::vector<std::string>& messages() const noexcept { return messages_; }
    [[nodiscard]] std::size_t count() const noexcept { return messages_.size(); }

private:
    static void record(const char* message) noexcept { messages_.emplace_back(message); }

    inline static std::vector<std::string> messages_;
    strata::misuse_handler previous_;
};

}  // namespace tests

#endif
