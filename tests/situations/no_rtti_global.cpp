// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// operator new of a program without RTTI, on a stack made there and on a resource of its own.
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <string>

#include <strata/interop/global_new.hpp>
#include <strata/strata.hpp>

STRATA_GLOBAL_RESOURCE(strata::stack{strata::stats{}, strata::debug{.concurrent = true},
                                     strata::concurrent_pool{}});

namespace {

class foreign final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

bool reports_a_second_free() {
    static int reports = 0;
    strata::set_misuse_handler([](const char*) noexcept { ++reports; });
    auto* volatile block = new int{42};
    delete block;
    delete block;
    strata::set_misuse_handler(nullptr);
    return reports == 1;
}

}  // namespace

int main() {
    strata::global::report_at_exit();
    const auto text = std::make_unique<std::string>(100, 'x');
    static foreign other;
    auto& before = strata::global::swap(other);
    const auto more = std::make_unique<std::string>(100, 'x');
    strata::global::swap(before);
    return reports_a_second_free() ? EXIT_SUCCESS : EXIT_FAILURE;
}
