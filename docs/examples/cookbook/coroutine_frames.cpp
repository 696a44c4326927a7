#include <coroutine>
#include <iostream>
#include <memory>
#include <memory_resource>
#include <utility>

#include <strata/interop/coroutine.hpp>
#include <strata/strata.hpp>

using namespace strata::literals;

// A coroutine that yields numbers. Its frame is in the resource after std::allocator_arg.
class numbers {
public:
    struct promise_type : strata::resource_promise {
        numbers get_return_object() {
            return numbers{std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(int value) noexcept {
            current = value;
            return {};
        }
        void return_void() noexcept {}
        void unhandled_exception() { throw; }

        int current = 0;
    };

    explicit numbers(std::coroutine_handle<promise_type> frame) : frame_{frame} {}
    numbers(numbers&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
    numbers& operator=(numbers&&) = delete;
    ~numbers() {
        if (frame_) {
            frame_.destroy();
        }
    }

    bool next() const {
        frame_.resume();
        return !frame_.done();
    }
    int value() const { return frame_.promise().current; }

private:
    std::coroutine_handle<promise_type> frame_;
};

struct tree {
    int value;
    const tree* left = nullptr;
    const tree* right = nullptr;
};

numbers in_order(std::allocator_arg_t use, std::pmr::memory_resource* frames, const tree* node) {
    if (node != nullptr) {
        for (const numbers below = in_order(use, frames, node->left); below.next();) {
            co_yield below.value();
        }
        co_yield node->value;
        for (const numbers below = in_order(use, frames, node->right); below.next();) {
            co_yield below.value();
        }
    }
}

int main() {
    const tree one{1}, three{3}, two{2, &one, &three}, five{5}, four{4, &two, &five};
    strata::stack frames{strata::arena{.first_chunk = 4_KiB, .reuse_last = true}, strata::stats{}};
    for (const numbers all = in_order(std::allocator_arg, &frames, &four); all.next();) {
        std::cout << all.value() << ' ';
    }
    std::cout << "from " << frames.get<strata::stats>().snapshot().allocations
              << " block of the heap\n";
}
