// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_FUZZ_WORKERS_HPP
#define STRATA_TESTS_FUZZ_WORKERS_HPP

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "../support/joined_thread.hpp"

namespace fuzz {

/// A few threads that do what they are told, one at a time, so that what one run did the next does
/// too.
class workers {
public:
    explicit workers(std::size_t count) : threads_(count) {}

    /// Runs it to its end in that thread; 0 is the caller's own, and the others come after it.
    void run_in(std::size_t thread, const std::function<void()>& work) {
        if (thread == 0 || threads_.empty()) {
            return work();
        }
        auto& worker = threads_[(thread - 1) % threads_.size()];
        if (worker == nullptr) {
            worker = std::make_unique<one>();
        }
        worker->run(work);
    }
    /// Ends that thread. Another one takes its place when there is work for it.
    void end(std::size_t thread) {
        if (thread != 0 && !threads_.empty()) {
            threads_[(thread - 1) % threads_.size()].reset();
        }
    }

private:
    class one {
    public:
        one() : thread_{[this] { serve(); }} {}
        ~one() { run({}); }

        void run(const std::function<void()>& work) {
            std::unique_lock lock{mutex_};
            work_ = &work;
            changed_.notify_all();
            changed_.wait(lock, [this] { return work_ == nullptr; });
        }

    private:
        void serve() {
            for (bool goes_on = true; goes_on;) {
                std::unique_lock lock{mutex_};
                changed_.wait(lock, [this] { return work_ != nullptr; });
                goes_on = static_cast<bool>(*work_);
                if (goes_on) {
                    (*work_)();
                }
                work_ = nullptr;
                changed_.notify_all();
            }
        }

        std::mutex mutex_;
        std::condition_variable changed_;
        const std::function<void()>* work_ = nullptr;
        tests::joined_thread thread_;
    };

    std::vector<std::unique_ptr<one>> threads_;
};

}  // namespace fuzz

#endif
