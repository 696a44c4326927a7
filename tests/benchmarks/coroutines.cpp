// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What the frame of a coroutine costs: calls 10 deep, each with a frame of its own, which end in
// reverse order. Times are medians of rounds in which each row takes turns with `operator new`,
// which coroutines have without a promise of this library; the ratio is that of each round.
#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <strata/interop/coroutine.hpp>
#include <strata/strata.hpp>

namespace {

template <class Base>
struct task {
    struct promise_type : Base {
        task get_return_object() { return task{*this}; }
        static std::suspend_always initial_suspend() noexcept { return {}; }
        static std::suspend_always final_suspend() noexcept { return {}; }
        void return_value(int result) { value = result; }
        static void unhandled_exception() { std::terminate(); }

        int value = 0;
    };

    explicit task(promise_type& of)
        : its{std::coroutine_handle<promise_type>::from_promise(of)} {}
    task(const task&) = delete;
    task& operator=(const task&) = delete;
    ~task() { its.destroy(); }

    [[nodiscard]] int run() const {
        its.resume();
        return its.promise().value;
    }
    std::coroutine_handle<promise_type> its;
};

struct on_the_heap {};

// What is not inlined keeps its frame.
template <class Base>
[[gnu::noinline]] task<Base> depth(int left) {
    co_return left == 0 ? 0 : 1 + depth<Base>(left - 1).run();
}

constexpr int calls = 10;
constexpr int chains = 20'000;

// Nanoseconds a coroutine.
template <class Base>
double time_of_one() {
    using clock = std::chrono::steady_clock;
    const auto start = clock::now();
    int sum = 0;
    for (int i = 0; i != chains; ++i) {
        sum += depth<Base>(calls - 1).run();
    }
    asm volatile("" : : "g"(sum));
    const std::chrono::duration<double, std::nano> taken = clock::now() - start;
    return taken.count() / (chains * calls);
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

}  // namespace

int main() {
    std::printf("%-28s %14s %8s\n", "frames on", "ns a coroutine", "ratio");
    std::vector<double> all_of_heap;
    for (const char* const text : {"arena(reuse_last=true)", "pool", "concurrent_pool", "heap"}) {
        auto memory = strata::strategy::parse(text).build();
        const strata::scoped_frame_resource use{memory};
        std::vector<double> times;
        std::vector<double> ratios;
        for (int round = 0; round != 31; ++round) {
            all_of_heap.push_back(time_of_one<on_the_heap>());
            times.push_back(time_of_one<strata::resource_promise>());
            ratios.push_back(times.back() / all_of_heap.back());
        }
        std::printf("%-28s %14.1f %8.2f\n", text, median(times), median(ratios));
    }
    std::printf("%-28s %14.1f %8.2f\n", "operator new", median(all_of_heap), 1.0);
}
