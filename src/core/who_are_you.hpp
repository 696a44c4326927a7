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

/// All that a memory resource can be asked, without RTTI, is whether it equals another. A
/// comparison with this object asks a resource whether it is one of this library's. Some foreign
/// resources cast every object they are compared with to their own type: they read zeros.
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

/// Never destroyed, since it is a union's member, and there before any code runs.
template <class Base>
union immortal_question {
    question<Base> value;
    constexpr immortal_question() : value{} {}
    ~immortal_question() {}
};

/// One object with a name that the linker sees: two copies of the library that share the functions
/// of their classes share this too.
template <class Base>
constinit immortal_question<Base> who_are_you;

/// For `do_is_equal` of a resource of kind `Ours`: answers with its address, since a foreign
/// resource may hand the question on to one of ours.
template <class Base, class Ours>
[[nodiscard]] bool answers(const Base& other, const Ours* self, thread_word word) noexcept {
    if (&other != &who_are_you<Base>.value) {
        return false;
    }
    (void)exchange_word(word, self);
    return true;
}

/// The resource itself if it is of kind `Ours`; null if not, or if that is not known.
template <class Ours, class Base>
[[nodiscard]] const Ours* ask(const Base& of, thread_word word) noexcept {
    // Threads without a record share their words.
    static constinit call_mutex alone;
    std::unique_lock turn{alone, std::defer_lock};
    if (!has_or_takes_record()) {
        turn.lock();
    }
    const Ours* const outer =
        exchange_word<const Ours>(word, nullptr);  // of a question that is under way
    const bool is_equal = of.is_equal(who_are_you<Base>.value);
    const Ours* const known = exchange_word(word, outer);
    return is_equal && known == &of ? known : nullptr;
}

}  // namespace strata::detail

#endif
