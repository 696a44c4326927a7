// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_JOINED_THREAD_HPP
#define STRATA_TESTS_SUPPORT_JOINED_THREAD_HPP

#include <thread>
#include <utility>

namespace tests {

/// A thread that is waited for at its end, as a `std::jthread`, which not all standard libraries
/// have yet.
class joined_thread {
public:
    template <class Work>
    explicit joined_thread(Work&& work) : thread_{std::forward<Work>(work)} {}
    joined_thread(joined_thread&&) = default;
    joined_thread& operator=(joined_thread&&) = delete;
    ~joined_thread() { join(); }

    void join() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

private:
    std::thread thread_;
};

}  // namespace tests

#endif
