// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <cerrno>
#include <stdexcept>

#include "detail/shield.hpp"

#include "support/cancellation.hpp"

BOOST_AUTO_TEST_SUITE(shield_test)

using strata::detail::shield;

namespace {

struct steps {
    bool before = false;
    bool inside = false;
    bool after = false;
};

// Runs `work` on a thread that is cancelled already; tells whether it was cancelled there.
bool is_cancelled_in(void* (*work)(void*), void* argument) {
    pthread_t thread{};
    BOOST_TEST_REQUIRE(pthread_create(&thread, nullptr, work, argument) == 0);
    void* result = nullptr;
    BOOST_TEST_REQUIRE(pthread_join(thread, &result) == 0);
    return result == PTHREAD_CANCELED;
}

}  // namespace

BOOST_AUTO_TEST_CASE(errno_is_as_before) {
    errno = 4711;
    {
        const shield outer;
        errno = EINVAL;
        {
            const shield inner;
            errno = ENOMEM;
        }
        BOOST_TEST(errno == EINVAL);
    }
    BOOST_TEST(errno == 4711);
    try {
        const shield here;
        errno = EINVAL;
        throw std::runtime_error{"through a shield"};
    } catch (const std::runtime_error&) {
    }
    BOOST_TEST(errno == 4711);
}

BOOST_AUTO_TEST_CASE(a_pending_cancellation_waits_for_the_end_of_the_outermost,
                     *boost::unit_test::precondition(tests::threads_can_be_cancelled)) {
    steps done;
    const bool was_cancelled = is_cancelled_in(
        [](void* argument) -> void* {
            auto& at = *static_cast<steps*>(argument);
            pthread_cancel(pthread_self());
            at.before = true;
            {
                const shield outer;
                {
                    const shield inner;
                    pthread_testcancel();
                }
                pthread_testcancel();
                at.inside = true;
            }
            pthread_testcancel();
            at.after = true;
            return nullptr;
        },
        &done);
    BOOST_TEST(was_cancelled);
    BOOST_TEST(done.before);
    BOOST_TEST(done.inside);
    BOOST_TEST(!done.after);
}

BOOST_AUTO_TEST_CASE(a_thread_that_disabled_cancellation_is_not_cancelled_after_it) {
    const bool was_cancelled = is_cancelled_in(
        [](void*) -> void* {
            pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
            pthread_cancel(pthread_self());
            { const shield here; }
            pthread_testcancel();
            return nullptr;
        },
        nullptr);
    BOOST_TEST(!was_cancelled);
}

BOOST_AUTO_TEST_SUITE_END()
