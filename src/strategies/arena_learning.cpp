// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// An arena whose first chunk has a size that is learnt.
#include <algorithm>
#include <cstddef>

#include <strata/diagnostics/detail/caught.hpp>
#include <strata/strategies/arena_resource.hpp>

#include "strategies/arena_chunk.hpp"

namespace strata {
namespace {

// Later chunks start at this part of the learnt size: little should be missing.
constexpr std::size_t rest_of_learnt = 8;

}  // namespace

arena_resource::arena_resource(const arena& description, size_profile& by,
                               std::pmr::memory_resource* upstream)
    : arena_resource{description, upstream} {
    learnt_ = detail::learnt_size{by, description.name, description.first_chunk};
    options_.first_chunk = auto_size;
}

// The size of one chunk that would have served all blocks. It has the alignment of the oldest
// chunk. The first block of every other chunk adds padding, less than that chunk's alignment.
void arena_resource::note_need() noexcept {
    if (newest_ == nullptr && spare_ == nullptr) {
        return;
    }
    note_peak();
    std::size_t bytes = peak_bytes_;
    bytes -= std::min({bytes, bytes_before_chunks_, options_.initial_buffer.size()});
    std::size_t oldest_alignment = spare_ == nullptr ? 0 : spare_->alignment;
    for (const chunk* each = spare_; each != nullptr; each = each->next) {
        bytes += each->alignment;
    }
    for (const chunk* each = newest_; each != nullptr; each = each->next) {
        bytes += each->alignment;
        oldest_alignment = each->alignment;
    }
    learnt_.note(bytes - oldest_alignment);
}

// The first chunk, of the learnt size, or larger if one block needs it. Null if no more was learnt
// than the usual size, or if the upstream refuses. The next chunk then has its usual size.
arena_resource::chunk* arena_resource::take_learnt_chunk(std::size_t bytes, std::size_t alignment) {
    if (!learnt_.is_more_than_usual()) {
        return nullptr;
    }
    const std::size_t learnt = next_size();
    const std::size_t needed = size_for(bytes);
    const auto take = [&]() -> void* { return take_chunk(std::max(needed, learnt), alignment); };
    // A chunk for one block would be no smaller without a profile.
    void* const fresh = needed >= learnt ? take() : detail::null_if_no_memory(take);
    if (fresh == nullptr) {
        learnt_.forget();
    } else {
        usual_size_ = std::max(learnt / rest_of_learnt, size_for(0));
    }
    return static_cast<chunk*>(fresh);
}

}  // namespace strata
