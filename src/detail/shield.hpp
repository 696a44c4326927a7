// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_SHIELD_HPP
#define STRATA_CORE_DETAIL_SHIELD_HPP

namespace strata::detail {

/// Defers the cancellation of its thread: a pending `pthread_cancel` waits until the shield ends.
/// The end of the shield restores the `errno` of its beginning.
///
/// Every system call is in the scope of a shield, and so is each `catch (...)` that does not throw
/// again. A cancelled thread unwinds as after an exception. A handler or a `noexcept` that stops
/// this unwinding ends the program. `tests/docs/shields.py` finds code without a shield.
class shield {
public:
    shield() noexcept;
    shield(const shield&) = delete;
    shield& operator=(const shield&) = delete;
    ~shield();

private:
    int errno_;
    int cancel_state_;
};

}  // namespace strata::detail

#endif
