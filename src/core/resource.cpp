// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/resource.hpp>

#include <array>
#include <mutex>
#include <new>

#include <strata/core/detail/fork_gate.hpp>
#include <strata/core/detail/thread_record.hpp>

namespace strata {

resource::~resource() = default;

std::pmr::memory_resource* resource::do_upstream(std::size_t /*index*/) const noexcept {
    return nullptr;
}

const resource& resource::do_identity() const noexcept {
    return *this;
}

ownership resource::do_owns(const void* /*block*/) const noexcept {
    return ownership::unknown;
}

usage resource::do_usage() const noexcept {
    return {};
}

bool resource::do_equals(const std::pmr::memory_resource& other) const noexcept {
    return this == &other;
}

const void* resource::do_part(detail::type_key /*wanted*/) const noexcept {
    return nullptr;
}

// --- whether it is one --------------------------------------------------------------------------

namespace {

// Every memory_resource can be asked whether it is equal to another, and nothing else. This is the
// other by which ours know that they are asked who they are. One of somebody else's that takes it
// for its own kind, without a look, reads zeros.
class question final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        throw std::bad_alloc{};
    }
    void do_deallocate(void* /*block*/, std::size_t /*bytes*/, std::size_t /*align*/) override {}
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }

    [[maybe_unused]] std::array<std::byte, 4096> zeros_{};
};

// There from before any code runs until after all of it: a union member is never destroyed.
constinit union immortal {
    question value;
    constexpr immortal() : value{} {}
    ~immortal() {}
} who_are_you;

// An address, not the bare yes: somebody else's resource may hand the question on to one of ours.
const resource* exchange_answer(const resource* with) noexcept {
    return detail::exchange_word(detail::thread_word::who_answers, with);
}

}  // namespace

bool resource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
    if (&other == &who_are_you.value) {
        (void)exchange_answer(this);
        return true;
    }
    return do_equals(other);
}

const resource* detail::as_resource(const std::pmr::memory_resource& of) noexcept {
    // Threads without a record have their words in common.
    static constinit call_mutex alone;
    std::unique_lock turn{alone, std::defer_lock};
    if (!has_or_takes_record()) {
        turn.lock();
    }
    const resource* const outer = exchange_answer(nullptr);  // while another is asked
    const bool is_equal = of.is_equal(who_are_you.value);
    const resource* const known = exchange_answer(outer);
    return is_equal && known == &of ? known : nullptr;
}

const void* detail::part(const std::pmr::memory_resource& of, type_key wanted) noexcept {
    const resource* const known = as_resource(of);
    return known == nullptr ? nullptr : known->do_part(wanted);
}

ownership owns(const std::pmr::memory_resource& from, const void* block) noexcept {
    const resource* const known = detail::as_resource(from);
    return known == nullptr ? ownership::unknown : known->owns(block);
}

}  // namespace strata
