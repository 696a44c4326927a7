// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_PLACEMENT_HPP
#define STRATA_TOOL_REPORT_PLACEMENT_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

#include "tool/trace/event.hpp"
#include "tool/trace/number_map.hpp"

namespace strata::tool::report {

/// A chunk that a resource took from its upstream.
struct placed_chunk {
    static constexpr std::size_t parts = 256;

    std::size_t number = 0;  ///< from 1, in the order in which they were taken
    std::uint64_t bytes = 0;
    std::uint64_t live = 0;                      ///< bytes of blocks
    std::array<std::uint64_t, parts> live_in{};  ///< of equal parts of the chunk
};

/// Where a resource has the live blocks of a trace.
struct placement {
    std::string resource;
    bool is_complete = true;  ///< false: it would take more memory than `placer::most_bytes`
    std::uint64_t taken = 0;  ///< bytes from the upstream
    std::uint64_t live = 0;
    std::uint64_t blocks = 0;
    std::size_t chunks_in_all = 0;
    std::vector<placed_chunk> chunks;  ///< in order; of many, those with the most unused bytes
};

/// Makes the calls of a trace on a resource of the library, and then tells what is where. Nothing
/// is written to the blocks, so most of the memory is only reserved.
class placer {
public:
    static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
    static constexpr std::size_t most_chunks = 32;

    static std::unique_ptr<placer> of_pool();
    static std::unique_ptr<placer> of_arena();
    placer(const placer&) = delete;
    placer& operator=(const placer&) = delete;
    ~placer();

    void add(const trace::event& next);
    [[nodiscard]] placement now() const;

private:
    class chunk_source;
    struct placed_block {
        void* at = nullptr;
        std::uint64_t bytes = 0;
        std::uint64_t alignment = 1;
    };
    using blocks_of_resource = trace::number_map<placed_block>;

    explicit placer(std::string name);
    void place(const trace::event& next, blocks_of_resource& in);
    void free(const placed_block& block);
    [[nodiscard]] std::map<std::uintptr_t, placed_chunk> filled_chunks() const;

    std::string name_;
    std::unique_ptr<chunk_source> upstream_;
    std::unique_ptr<std::pmr::memory_resource> resource_;
    std::map<std::uint16_t, blocks_of_resource> blocks_;
    bool is_full_ = false;
};

}  // namespace strata::tool::report

#endif
