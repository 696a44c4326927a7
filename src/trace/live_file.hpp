// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_LIVE_FILE_HPP
#define STRATA_SRC_TRACE_LIVE_FILE_HPP

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trace/live_format.hpp"

namespace strata::detail {

/// The file of a live trace, and what of it is mapped. It grows by some MiB at a time, and a part
/// whose chunks are all full is mapped no longer: so the memory of the program stays bounded.
///
/// The system must be able to store what is written to a mapping, or it ends the program (SIGBUS).
/// So room in the file is allocated before it is mapped. Nobody may truncate the file meanwhile.
///
/// Not for several threads at once.
class live_file {
public:
    /// A part of the file that is mapped at once. It begins with 64 KiB of its own, which are not
    /// of the file.
    struct part {
        std::uint32_t chunks;  // in all
        std::uint32_t taken;   // in use or full
        std::uint32_t open;    // in use
    };
    /// A chunk in use.
    struct place {
        part* of = nullptr;
        live_trace::chunk_header* chunk = nullptr;
    };

    /// Makes the file, which must be new or empty, or throws `std::system_error`. `whose` is for
    /// its message.
    live_file(std::string_view whose, std::string_view path);
    live_file(const live_file&) = delete;
    live_file& operator=(const live_file&) = delete;
    /// Keeps the file as it is.
    ~live_file();

    [[nodiscard]] std::string_view path() const noexcept { return path_.data(); }
    [[nodiscard]] live_trace::file_header& header() const noexcept { return *header_; }

    /// A chunk that nobody has used yet, all zeros; without one if the file cannot grow: `error`
    /// says why.
    [[nodiscard]] place take_chunk() noexcept;
    /// Maps the pages of the chunk at once, which costs less than a page fault each. May be called
    /// while other threads use the file.
    static void prepare(const place& chunk) noexcept;
    void leave_chunk(place& used) noexcept;
    [[nodiscard]] int error() const noexcept { return error_; }

    /// At the end: shortens the file to the chunks that were taken.
    void cut() noexcept;

private:
    static constexpr std::uint32_t first_step = 4;  // in chunks
    static constexpr std::uint32_t largest_step = 64;

    void open(std::string_view whose);
    void undo() noexcept;
    [[nodiscard]] bool is_still_ours() const noexcept;
    [[nodiscard]] bool grow() noexcept;
    [[nodiscard]] int allocate(std::uint64_t from, std::uint64_t bytes) const noexcept;
    [[nodiscard]] bool map_part(std::uint32_t chunks) noexcept;
    static void unmap(part* of) noexcept;

    std::array<char, 4096> path_{};
    int file_ = -1;
    bool is_new_ = false;
    dev_t device_{};
    ino_t node_{};
    live_trace::file_header* header_ = nullptr;
    part* current_ = nullptr;
    std::uint64_t chunks_ = 0;  // taken so far
    std::uint64_t room_ = 0;    // mapped so far, in chunks
    std::uint32_t step_ = first_step;
    int error_ = 0;
};

}  // namespace strata::detail

#endif
