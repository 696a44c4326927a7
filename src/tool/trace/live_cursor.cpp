// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/live_cursor.hpp"

#include <algorithm>

namespace strata::tool::trace {

bool live_cursor::fill() {
    while (at_ == window_.size()) {
        window_begins_at_ += window_.size();
        window_.clear();
        at_ = 0;
        if (chunks_.empty()) {
            return false;
        }
        const live_chunk& chunk = chunks_.front();
        if (window_begins_at_ >= chunk.used) {
            chunks_ = chunks_.subspan(1);
            window_begins_at_ = 0;
            continue;
        }
        window_.resize(std::min(events_at_once, chunk.used - window_begins_at_));
        from_.clear();
        from_.seekg(static_cast<std::streamoff>(offset()));
        from_.read(reinterpret_cast<char*>(window_.data()),
                   static_cast<std::streamsize>(window_.size() * sizeof(live_trace::event)));
        // Shorter if someone cuts the file meanwhile.
        window_.resize(static_cast<std::size_t>(from_.gcount()) / sizeof(live_trace::event));
        if (window_.empty()) {
            chunks_ = {};
        }
    }
    return true;
}

std::uint64_t live_cursor::offset() const noexcept {
    return chunks_.empty() ? 0
                           : chunks_.front().offset + sizeof(live_trace::chunk_header) +
                                 (window_begins_at_ + at_) * sizeof(live_trace::event);
}

void live_cursor::skip_chunk() noexcept {
    window_.clear();
    at_ = 0;
    window_begins_at_ = 0;
    if (!chunks_.empty()) {
        chunks_ = chunks_.subspan(1);
    }
}

std::uint64_t live_cursor::clock() noexcept {
    latest_clock_ = std::max<std::uint64_t>(latest_clock_, front().clock);
    return latest_clock_;
}

}  // namespace strata::tool::trace
