// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_CONFORMANCE_SUBJECT_HPP
#define STRATA_TESTS_CONFORMANCE_SUBJECT_HPP

#include <optional>
#include <vector>

#include <strata/testing/checking_resource.hpp>

#include "blocks.hpp"
#include "recipe.hpp"

namespace conformance {

/// A resource under test over a checking upstream, with the blocks in use. At its end everything
/// must have gone back as it came. What goes wrong ends the test case.
class subject {
public:
    /// By which function blocks are asked for.
    enum class asking { in_turns, by_allocate, by_try_allocate };

    explicit subject(const recipe& of);
    subject(const subject&) = delete;
    subject& operator=(const subject&) = delete;
    ~subject() { finish(); }

    [[nodiscard]] std::pmr::memory_resource& memory() const { return made_->memory(); }
    /// The blocks in use; `give_back_all` frees them from the last to the first.
    [[nodiscard]] std::vector<block>& blocks() { return blocks_; }

    /// Takes a block into use; false if the resource is full, as only a bounded one may be.
    bool take(strata::layout wanted);
    /// Every third block is freed with all the bytes that it may be freed with.
    void give_back(std::size_t index);
    /// Gives a block another size where it stands; false where the resource leaves it as it is.
    bool resize(std::size_t index, std::size_t bytes);
    void give_back_all();
    /// Looks whether every block in use still holds what was written to it.
    void check_contents() const;
    /// Gives up all blocks; then nothing may be left in the upstream.
    void release();
    /// Gives up all blocks in whichever way the resource can.
    void clear();
    /// Ends the resource, as `clear` and `finish` do, and makes another one over the same upstream.
    void start_anew();
    /// Ends the resource, with its blocks still in use if it can release them.
    void finish();

    strata::checking_resource upstream;
    asking asks = asking::in_turns;
    /// Whether the next block is asked for by `allocate`.
    [[nodiscard]] bool allocates_next() const {
        return asks == asking::by_allocate || (asks == asking::in_turns && next_tag_ % 2 == 0);
    }

private:
    [[nodiscard]] void* ask(strata::layout wanted);
    [[nodiscard]] std::size_t size_to_free(const block& given) const;
    void check_place(const block& of) const;
    void check_upstream() const;

    const recipe& recipe_;
    std::optional<instance> made_;
    std::vector<block> blocks_;
    std::uint64_t next_tag_ = 1;
};

}  // namespace conformance

#endif
