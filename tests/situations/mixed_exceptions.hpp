// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SITUATIONS_MIXED_EXCEPTIONS_HPP
#define STRATA_TESTS_SITUATIONS_MIXED_EXCEPTIONS_HPP

#include <cstddef>
#include <memory_resource>

#include <strata/containers/unique_ptr.hpp>
#include <strata/strata.hpp>

namespace mixed {

/// Refuses with an exception of its own. Its functions are of the unit with exceptions.
class upstream final : public std::pmr::memory_resource {
public:
    bool refuses = false;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;
};

/// The third that is made throws, if told so.
class element {
public:
    element();
    element(const element&) = delete;
    element& operator=(const element&) = delete;
    ~element();

    static inline int live = 0;
    static inline bool third_throws = false;
};

/// Everything that both units use, so that the linker keeps either's copy of its functions.
struct memory {
    upstream below;
    strata::synchronized_resource<upstream> locked{&below};
    strata::limit_resource<strata::synchronized_resource<upstream>> limited{
        strata::limit{.bytes = 100'000}, &locked};
    strata::stats_resource<decltype(limited)> counted{&limited};
    strata::retry_resource<decltype(counted)> again{
        strata::retry{.attempts = 2, .callback = [](auto...) { return true; }}, &counted};
    strata::fallback_resource<decltype(again), std::pmr::memory_resource> top{
        &again, strata::system_heap()};
};

/// In the unit without exceptions. Returns how often something was not so.
int use_without_exceptions();

}  // namespace mixed

#endif
