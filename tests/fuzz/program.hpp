// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_FUZZ_PROGRAM_HPP
#define STRATA_TESTS_FUZZ_PROGRAM_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory_resource>

#include "input.hpp"
#include "workers.hpp"

namespace fuzz {

/// Ends the run, which is a finding.
[[noreturn]] void fail(const char* what);

/// A program that takes, resizes and frees blocks, as the input has it, with a model of what must
/// come of it: no two blocks overlap, each is aligned, and each has at its end the bytes that were
/// written to it.
class program {
public:
    program(input& bytes, std::pmr::memory_resource& memory, std::size_t threads = 0)
        : input_{bytes}, memory_{memory}, workers_{threads} {}

    /// Something else that a resource can do; it tells the program what became of its blocks.
    using trick = std::function<void(program&)>;

    /// Runs it, with a trick now and then, and frees what is left, if `frees` says so.
    void run(const trick& other, bool frees = true);

    /// The moment, for `forget_since`.
    [[nodiscard]] std::uint64_t now() const { return next_serial_; }
    /// Blocks that were made or resized since then are given up; what they hold is looked at for
    /// the last time.
    void forget_since(std::uint64_t then);
    void forget_all() { forget_since(0); }

    /// The input that is to come.
    [[nodiscard]] input& bytes() { return input_; }
    [[nodiscard]] std::size_t live_blocks() const { return blocks_.size(); }

private:
    struct block {
        std::size_t bytes;
        std::size_t alignment;
        std::uint64_t serial;
        std::uint64_t resized = serial;  // when it last was
    };
    using blocks = std::map<std::uintptr_t, block>;

    void allocate();
    void free(blocks::iterator which);
    void resize(blocks::iterator which);
    [[nodiscard]] bool overlaps(blocks::const_iterator which) const;
    void write(blocks::const_iterator which) const;
    void check(blocks::const_iterator which) const;

    input& input_;
    std::pmr::memory_resource& memory_;
    workers workers_;
    blocks blocks_;
    std::uint64_t next_serial_ = 0;
};

}  // namespace fuzz

#endif
