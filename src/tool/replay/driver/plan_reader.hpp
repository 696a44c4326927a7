// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_PLAN_READER_HPP
#define STRATA_TOOL_REPLAY_DRIVER_PLAN_READER_HPP

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <stdexcept>

#include "tool/replay/driver/own_memory.hpp"
#include "tool/replay/driver/player.hpp"
#include "tool/replay/plan.hpp"

namespace strata::tool::replay {

/// Reads a plan window by window, so that a long one takes no more memory than a short one. The
/// file is shared with other processes, and so is not sought in.
class plan_reader {
public:
    explicit plan_reader(int file) : file_{file} {
        take(&head_, sizeof head_);
        sections_.emplace(head_.most_sections);
        steps_.emplace(head_.most_steps);
        reached_.emplace(head_.most_sections);
    }

    [[nodiscard]] const plan_head& head() const noexcept { return head_; }

    /// The next window, which lives until the next call.
    window next() {
        window_head of{};
        take(&of, sizeof of);
        if (of.sections > sections_->size() || of.steps > steps_->size()) {
            throw std::runtime_error{"the plan is broken"};
        }
        take(sections_->data(), of.sections * sizeof(section));
        take(steps_->data(), of.steps * sizeof(step));
        return {{sections_->data(), of.sections}, steps_->data(), reached_->data()};
    }

private:
    void take(void* to, std::size_t bytes) {
        auto* next = static_cast<std::byte*>(to);
        while (bytes != 0) {
            const ssize_t got = ::pread(file_, next, bytes, offset_);
            if (got <= 0 && !(got < 0 && errno == EINTR)) {
                throw std::runtime_error{"the plan cannot be read"};
            }
            if (got > 0) {
                next += got;
                offset_ += got;
                bytes -= static_cast<std::size_t>(got);
            }
        }
    }

    int file_;
    off_t offset_ = 0;
    plan_head head_{};
    std::optional<own_memory<section>> sections_;
    std::optional<own_memory<step>> steps_;
    std::optional<own_memory<progress>> reached_;
};

}  // namespace strata::tool::replay

#endif
