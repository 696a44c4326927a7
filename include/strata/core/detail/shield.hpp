// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_SHIELD_HPP
#define STRATA_CORE_DETAIL_SHIELD_HPP

namespace strata::detail {

/// While one lives, its thread is not cancelled: a pending `pthread_cancel` waits. At its end
/// `errno` is as it was at its beginning.
///
/// Every call of the system stands in one, and so does each `catch (...)` that does not throw
/// again: a cancelled thread unwinds like one that throws, but must not be stopped, not even by
/// `noexcept`. `tests/docs/shields.py` finds those that do not.
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
