// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_THREADS_DETAIL_FOREIGN_UPSTREAM_HPP
#define STRATA_THREADS_DETAIL_FOREIGN_UPSTREAM_HPP

#include <cstddef>
#include <memory_resource>

#include <strata/detail/unwinding.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata::detail {

/// Stands between a resource that is used inside a section and its upstream. Each call of the
/// upstream is a foreign call: the thread is outside the section until it returns.
class foreign_upstream final : public std::pmr::memory_resource {
public:
    explicit foreign_upstream(std::pmr::memory_resource* real) noexcept : real_{real} {}

    [[nodiscard]] std::pmr::memory_resource* real() const noexcept { return real_; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return within<foreign_call>([&] { return real_->allocate(bytes, alignment); });
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const foreign_call to_upstream;
        real_->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::pmr::memory_resource* real_;
};

}  // namespace strata::detail

#endif
