// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_UNWINDING_HPP
#define STRATA_DETAIL_UNWINDING_HPP

// How headers undo work if an upstream throws or the thread is cancelled.
//
// Unwinding skips the destructors of code that was compiled with -fno-exceptions. The linker may
// keep that copy of a template for a program whose other parts use exceptions. So in that copy, the
// library makes the call and undoes the work: it is compiled with exceptions. Only the templates
// here are compiled in two ways. Either way is right in every program.
namespace strata::detail {

/// Returns `work(work_data)`. If an exception or a cancellation leaves that call, calls
/// `undo(undo_data)` and lets the unwinding continue.
[[nodiscard]] void* call_or_undo(void* (*work)(const void* data), const void* work_data,
                                 void (*undo)(const void* data), const void* undo_data);

/// The same for function objects.
template <class Work, class Undo>
[[nodiscard, gnu::always_inline]] inline void* or_undo(const Work& work, const Undo& undo) {
#ifdef __cpp_exceptions
    try {
        return work();
    } catch (...) {
        undo();
        throw;
    }
#else
    return call_or_undo(
        [](const void* data) -> void* { return (*static_cast<const Work*>(data))(); },
        &work,
        [](const void* data) { (*static_cast<const Undo*>(data))(); }, &undo);
#endif
}

/// Makes a `Scope` from the arguments, calls `work()` and destroys the `Scope`, also if unwinding
/// leaves the call. Returns the result of `work()`.
template <class Scope, class Work, class... Args>
[[nodiscard, gnu::always_inline]] inline void* within(const Work& work, Args&... args) {
#ifdef __cpp_exceptions
    const Scope scope{args...};
    return work();
#else
    union place {
        Scope scope;
        explicit place(Args&... from) : scope{from...} {}
        ~place() {}
    } held{args...};
    const auto end = [&held] { held.scope.~Scope(); };
    void* const result = or_undo(work, end);
    end();
    return result;
#endif
}

}  // namespace strata::detail

#endif
