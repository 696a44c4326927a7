// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "subject.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <new>

#include <strata/core/resource.hpp>

namespace conformance {

subject::subject(const recipe& of) : recipe_{of} {
    if (recipe_.passes_all_on) {
        upstream.allow_zero_sizes();
    }
    made_.emplace(recipe_.make(&upstream));
}

// A null from `try_allocate` is to mean what `std::bad_alloc` does.
void* subject::ask(strata::layout wanted) {
    const bool allocates = allocates_next();
    ++next_tag_;
    if (allocates) {
        return memory().allocate(wanted.size, wanted.alignment);
    }
    void* const block = strata::try_allocate(memory(), wanted);
    if (block == nullptr) {
        throw std::bad_alloc{};
    }
    return block;
}

bool subject::take(strata::layout wanted) {
    block taken{nullptr, wanted, next_tag_};
    const std::size_t failures = upstream.injected_failures();
    try {
        taken.at = static_cast<std::byte*>(ask(wanted));
    } catch (const std::bad_alloc&) {
        if (recipe_.is_bounded && upstream.injected_failures() == failures) {
            return false;
        }
        throw;
    }
    if (!taken.is_aligned()) {
        BOOST_FAIL("misaligned: " << taken.text());
    }
    check_place(taken);
    taken.fill();
    blocks_.push_back(taken);
    return true;
}

void subject::give_back(std::size_t index) {
    const block given = blocks_[index];
    blocks_[index] = blocks_.back();
    blocks_.pop_back();
    if (!given.is_intact()) {
        BOOST_FAIL("overwritten: " << given.text());
    }
    memory().deallocate(given.at, size_to_free(given), given.asked.alignment);
}

std::size_t subject::size_to_free(const block& given) const {
    if (given.tag % 3 != 0) {
        return given.asked.size;
    }
    const std::size_t usable = strata::usable_size(memory(), given.at, given.asked);
    if (usable < given.asked.size) {
        BOOST_FAIL("only " << usable << " bytes are usable of " << given.text());
    }
    block{given.at, {usable, given.asked.alignment}, given.tag}.fill();
    return usable;
}

bool subject::resize(std::size_t index, std::size_t bytes) {
    block& resized = blocks_[index];
    const std::size_t before = resized.asked.size;
    const bool is_done = strata::try_expand(memory(), resized.at, resized.asked, bytes);
    const std::size_t kept = is_done ? std::min(before, bytes) : before;
    if (!block{resized.at, {kept, resized.asked.alignment}, resized.tag}.is_intact()) {
        BOOST_FAIL("overwritten as it became " << bytes << " bytes large: " << resized.text());
    }
    if (is_done) {
        resized.asked.size = bytes;
        resized.fill();
        check_place(resized);
    }
    return is_done;
}

void subject::check_place(const block& of) const {
    if (recipe_.has_upstream && !recipe_.has_buffer && !upstream.holds(of.at, of.asked.size)) {
        BOOST_FAIL("not in memory of the upstream: " << of.text());
    }
}

void subject::give_back_all() {
    while (!blocks_.empty()) {
        give_back(blocks_.size() - 1);
    }
}

void subject::check_contents() const {
    for (const block& each : blocks_) {
        if (!each.is_intact()) {
            BOOST_FAIL("overwritten: " << each.text());
        }
    }
}

void subject::release() {
    check_contents();
    blocks_.clear();
    made_->release();
    check_upstream();
}

void subject::clear() {
    if (recipe_.can_release) {
        release();
    } else {
        give_back_all();
    }
}

void subject::start_anew() {
    check_contents();
    if (!recipe_.can_release) {
        give_back_all();
    }
    blocks_.clear();
    made_.reset();
    check_upstream();
    made_.emplace(recipe_.make(&upstream));
}

void subject::finish() {
    if (!made_) {
        return;
    }
    upstream.never_fail();
    if (!recipe_.can_release) {
        for (const block& each : blocks_) {
            memory().deallocate(each.at, each.asked.size, each.asked.alignment);
        }
    }
    made_.reset();
    check_upstream();
}

void subject::check_upstream() const {
    BOOST_TEST(upstream.live_blocks() == 0U);
    BOOST_TEST(upstream.live_bytes() == 0U);
    const auto& errors = upstream.errors();
    if (!errors.empty()) {
        BOOST_ERROR(errors.size() << " misuses of the upstream, the first: " << errors.front());
    }
}

}  // namespace conformance
