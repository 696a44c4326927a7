// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DIAGNOSTICS_DETAIL_CAUGHT_HPP
#define STRATA_DIAGNOSTICS_DETAIL_CAUGHT_HPP

// Only the library's own sources catch exceptions, so that its headers can be compiled without
// them.
namespace strata::detail {

/// Returns `work(data)`. If that throws `std::bad_alloc`, calls `goes_on(data)`. True: returns
/// null. False: the exception passes on. Every other exception passes on.
[[nodiscard]] void* call_unless_no_memory(void* (*work)(const void* data),
                                          bool (*goes_on)(const void* data), const void* data);

/// Returns `work(data)`, or null if that throws anything. The thread is not cancelled meanwhile.
[[nodiscard]] void* call_unless_it_throws(void* (*work)(const void* data),
                                          const void* data) noexcept;

/// The same for function objects.
template <class Work, class GoesOn>
[[nodiscard]] void* null_if_no_memory(const Work& work, const GoesOn& goes_on) {
    struct both {
        const Work& work;
        const GoesOn& goes_on;
    };
    const both all{work, goes_on};
    return call_unless_no_memory(
        [](const void* data) -> void* { return static_cast<const both*>(data)->work(); },
        [](const void* data) -> bool { return static_cast<const both*>(data)->goes_on(); }, &all);
}
template <class Work>
[[nodiscard]] void* null_if_no_memory(const Work& work) {
    return null_if_no_memory(work, [] { return true; });
}
template <class Work>
[[nodiscard]] void* null_if_it_throws(const Work& work) noexcept {
    return call_unless_it_throws(
        [](const void* data) -> void* { return (*static_cast<const Work*>(data))(); }, &work);
}

}  // namespace strata::detail

#endif
