// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_INTEROP_SPY_RESOURCE_HPP
#define STRATA_TESTS_INTEROP_SPY_RESOURCE_HPP

#include <array>
#include <cstddef>
#include <memory_resource>
#include <new>

#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/sources/heap_resource.hpp>

namespace tests {

/// What operator new of a test program draws from: keeps the last calls of the thread that looks,
/// fails where told to, and runs what a test wants to happen inside it.
class spy_resource : public strata::resource {
public:
    struct call {
        bool is_allocation = false;
        void* block = nullptr;
        strata::layout as{};
    };
    using hook = void (*)();

    /// Calls of this thread are written down from now on.
    void look() noexcept {
        count_ = 0;
        looking_ = true;
    }
    void look_away() noexcept { looking_ = false; }
    [[nodiscard]] std::size_t calls() const noexcept { return count_; }
    [[nodiscard]] const call& operator[](std::size_t index) const noexcept { return calls_[index]; }

    /// So many allocations fail, by calling this; while they do, each is written down too.
    void fail(std::size_t times, hook how) noexcept {
        failures_ = times;
        fails_by_ = how;
    }
    [[nodiscard]] std::size_t failures_left() const noexcept { return failures_; }

    /// Run once within the next allocation or deallocation of this thread.
    void in_next_call(hook run) noexcept { in_next_call_ = run; }
    /// Freed blocks stay as they are until this is false again.
    void keep_freed(bool keeps) noexcept { keeps_ = keeps; }

    [[nodiscard]] std::string_view do_name() const noexcept override { return "spy"; }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override {
        return index == 0 ? strata::system_heap() : nullptr;
    }

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        run_hook();
        if (looking_ && failures_ != 0) {
            note({true, nullptr, {bytes, alignment}});
            --failures_;
            fails_by_();
        }
        void* block = strata::system_heap()->allocate(bytes, alignment);
        note({true, block, {bytes, alignment}});
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        run_hook();
        note({false, block, {bytes, alignment}});
        if (!(looking_ && keeps_)) {
            strata::system_heap()->deallocate(block, bytes, alignment);
        }
    }

private:
    void note(const call& made) noexcept {
        if (looking_ && count_ != calls_.size()) {
            calls_[count_++] = made;
        }
    }
    static void run_hook() noexcept {
        if (looking_ && in_next_call_ != nullptr) {
            const hook run = in_next_call_;
            in_next_call_ = nullptr;
            run();
        }
    }

    inline static thread_local bool looking_ = false;
    inline static thread_local hook in_next_call_ = nullptr;
    std::size_t failures_ = 0;
    hook fails_by_ = nullptr;
    bool keeps_ = false;
    std::size_t count_ = 0;
    std::array<call, 4096> calls_{};
};

/// Writes down the calls that operator new makes of it within a C++ scope.
class looking {
public:
    explicit looking(spy_resource& at) noexcept : at_{at} { at_.look(); }
    looking(const looking&) = delete;
    looking& operator=(const looking&) = delete;
    ~looking() { at_.look_away(); }

private:
    spy_resource& at_;
};

}  // namespace tests

#endif
