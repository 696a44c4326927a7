// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/failing_resource.hpp>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <mutex>
#include <stdexcept>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "detail/shield.hpp"

namespace strata {

failing_resource::failing_resource(std::pmr::memory_resource* upstream)
    : failing_resource{failing{}, upstream} {}

failing_resource::failing_resource(const failing& plan, std::pmr::memory_resource* upstream)
    : adaptor{plan.name, upstream} {
    arm(plan);
}

failing_resource::~failing_resource() = default;

void failing_resource::arm(const failing& plan) {
    const std::lock_guard lock{mutex_};
    plan_ = plan;
    // Printed now, because a test that crashes prints nothing later.
    if (plan.at == 0U) {
        detail::raise_error(std::invalid_argument{"failing: the first allocation is 1, not 0"});
    }
    if (plan_.probability > 0 && !plan_.seed) {
        plan_.seed = std::random_device{}() | std::uint64_t{1};
        const detail::shield here;
        std::array<char, 64> text{};
        detail::text_writer{text}.print("failing_resource: seed %" PRIu64, *plan_.seed);
        detail::say(text.data());
    }
    random_.seed(plan_.seed.value_or(0));
    allocations_ = 0;
    failures_ = 0;
    first_failure_.reset();
}

failing failing_resource::options() const {
    const std::lock_guard lock{mutex_};
    failing plan = plan_;
    plan.name = label();
    return plan;
}

std::size_t failing_resource::allocations() const noexcept {
    const std::lock_guard lock{mutex_};
    return allocations_;
}

std::size_t failing_resource::failures() const noexcept {
    const std::lock_guard lock{mutex_};
    return failures_;
}

std::optional<injected_failure> failing_resource::first_failure() const {
    const std::lock_guard lock{mutex_};
    return first_failure_;
}

std::uint64_t failing_resource::seed() const noexcept {
    const std::lock_guard lock{mutex_};
    return plan_.seed.value_or(0);
}

bool failing_resource::selects(std::size_t number, layout asked) {
    if (plan_.sticky && failures_ != 0) {
        return true;
    }
    // The standard defines the numbers of the engine, but not those of its distributions. Without a
    // distribution, a seed means the same everywhere. Drawn each time, so that the other members
    // change no draw.
    const bool by_chance =
        plan_.probability > 0 &&
        static_cast<double>(random_() >> 11) < plan_.probability * 9007199254740992.0;  // 2^53
    return plan_.at == number || by_chance || (plan_.when && plan_.when(asked));
}

void* failing_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    {
        const layout asked{bytes, alignment};
        const std::lock_guard lock{mutex_};
        const std::size_t number = ++allocations_;
        if (selects(number, asked)) {
            ++failures_;
            const injected_failure failure{this, number, asked, stack_trace::capture(),
                                           plan_.probability > 0 ? plan_.seed : std::nullopt};
            if (!first_failure_) {
                first_failure_ = failure;
            }
            detail::raise_error(failure);
        }
    }
    return allocate_below(bytes, alignment);
}

void failing_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    deallocate_below(block, bytes, alignment);
}

}  // namespace strata
