// expect: a coroutine takes a pointer to a memory resource
#include <coroutine>
#include <memory>
#include <memory_resource>

#include <strata/interop/coroutine.hpp>

struct task {
    struct promise_type : strata::resource_promise {
        task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};

#ifdef STRATA_CONTROL
task wait(std::allocator_arg_t, std::pmr::memory_resource*) { co_return; }
#else
task wait(std::allocator_arg_t, std::pmr::memory_resource&) { co_return; } // would be passed over
#endif

int main()
{
    (void)&wait;
}
