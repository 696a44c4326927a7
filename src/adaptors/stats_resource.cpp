// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/stats_resource.hpp>

#include <array>
#include <cinttypes>

#include <strata/detail/text.hpp>

namespace strata {

namespace detail {

std::string nothing_thrown_at_end() {
    return "expected ignore, report or abort: nothing can be thrown at the end";
}

void report_live(const char* whose, on_finding what, const allocation_stats& at_end) noexcept {
    if (what == on_finding::ignore || at_end.live_blocks == 0) {
        return;
    }
    const bool is_one = at_end.live_blocks == 1;
    std::array<char, 160> text{};
    text_writer{text}.print("%s: %" PRId64 " %s (%" PRId64 " bytes) %s still live at its end",
                            whose, at_end.live_blocks, is_one ? "block" : "blocks",
                            at_end.live_bytes, is_one ? "is" : "are");
    tell(what, text.data());
}

}  // namespace detail

template class stats_resource<std::pmr::memory_resource, counting::single>;
template class stats_resource<std::pmr::memory_resource, counting::relaxed>;
template class stats_resource<std::pmr::memory_resource, counting::sequential>;
template class stats_resource<std::pmr::memory_resource, counting::sharded>;

}  // namespace strata
