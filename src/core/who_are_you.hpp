// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_WHO_ARE_YOU_HPP
#define STRATA_CORE_DETAIL_WHO_ARE_YOU_HPP

#include <array>
#include <cstddef>
#include <mutex>

#include <strata/diagnostics/detail/raise.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/thread_record.hpp>

namespace strata::detail {

/// The only question that a memory resource answers, without RTTI, is whether it equals another. A
/// comparison with this object asks a resource whether it is of this library: such a resource
/// recognises the object. A foreign resource that casts the object to its own type without a check
/// reads zeros.
template <class Base>
class question final : public Base {
    void* do_allocate(std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        raise_no_memory();
    }
    void do_deallocate(void* /*block*/, std::size_t /*bytes*/, std::size_t /*align*/) override {}
    [[nodiscard]] bool do_is_equal(const Base& other) const noexcept override {
        return this == &other;
    }

    [[maybe_unused]] std::array<std::byte, 4096> zeros_{};
};

/// Initialised before any code runs, and never destroyed, as a member of a union.
template <class Base>
union immortal_question {
    question<Base> value;
    constexpr immortal_question() : value{} {}
    ~immortal_question() {}
};

/// One exported object: two copies of the library that share the functions of their classes share
/// this too.
template <class Base>
constinit immortal_question<Base> who_are_you;

/// For `do_is_equal` of a resource of kind `Ours`: answers with its address, because a foreign
/// resource may forward the question to one of ours.
template <class Base, class Ours>
[[nodiscard]] bool answers(const Base& other, const Ours* self, thread_word word) noexcept {
    if (&other != &who_are_you<Base>.value) {
        return false;
    }
    (void)exchange_word(word, self);
    return true;
}

/// The resource itself if it is of kind `Ours`; null if it is not, or if that is unknown.
template <class Ours, class Base>
[[nodiscard]] const Ours* ask(const Base& of, thread_word word) noexcept {
    // Threads without a record share their words.
    static constinit call_mutex alone;
    std::unique_lock turn{alone, std::defer_lock};
    if (!has_or_takes_record()) {
        turn.lock();
    }
    const Ours* const outer =
        exchange_word<const Ours>(word, nullptr);  // the answer to a question in progress
    const bool is_equal = of.is_equal(who_are_you<Base>.value);
    const Ours* const known = exchange_word(word, outer);
    return is_equal && known == &of ? known : nullptr;
}

}  // namespace strata::detail

#endif
