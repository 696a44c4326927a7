// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/detail/debug_life.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <new>
#include <string>

#include <strata/core/misuse.hpp>
#include <strata/core/stack_trace.hpp>

namespace strata::detail {
namespace {

// From the resource to its `debug_life`, which is the same in all: they are bases of one class.
constinit std::atomic<std::ptrdiff_t> to_life{0};

// What is left in the place of a resource: nothing but a pointer to the table of these functions.
class ended_resource final : public std::pmr::memory_resource {
private:
    [[nodiscard]] const char* title() const noexcept {
        const auto* life = reinterpret_cast<const std::byte*>(this) + to_life;
        return reinterpret_cast<const debug_life*>(life)->title();
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        report_ended(title(), "allocate", bytes, alignment);
        throw std::bad_alloc{};
    }
    void do_deallocate(void* /*block*/, std::size_t bytes, std::size_t alignment) override {
        report_ended(title(), "deallocate", bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};
static_assert(sizeof(ended_resource) == sizeof(std::pmr::memory_resource));

}  // namespace

debug_life::debug_life(std::string_view name) noexcept {
    const auto length = static_cast<int>(std::min<std::size_t>(name.size(), 31));
    if (name == "debug") {
        std::snprintf(title_.data(), title_.size(), "debug");
    } else {
        std::snprintf(title_.data(), title_.size(), "debug \"%.*s\"", length, name.data());
    }
}

std::string_view debug_life::plain_name() const noexcept {
    const std::string_view title = title_.data();
    const std::size_t quote = title.find('"');
    return quote == title.npos ? title : title.substr(quote + 1, title.size() - quote - 2);
}

void debug_life::begin(std::pmr::memory_resource* whole) noexcept {
    whole_ = whole;
    to_life = reinterpret_cast<std::byte*>(this) - reinterpret_cast<std::byte*>(whole);
}

// To the compiler, what a destructor leaves behind is nothing that anybody could read. The barrier
// says that somebody does.
debug_life::~debug_life() {
    sign_ = 0;
    void* place = whole_;
    ::new (place) ended_resource;
    asm volatile("" : : "r"(this), "r"(place) : "memory");
}

void report_ended(const char* title, const char* call, std::size_t bytes,
                  std::size_t alignment) noexcept {
    std::array<char, 160> first{};
    std::snprintf(first.data(), first.size(),
                  "%s: used after its life has ended: %s of %zu B aligned to %zu", title, call,
                  bytes, alignment);
    try {
        const std::string calls = text_of_calls(stack_trace::capture(1).addresses());
        misuse((first.data() + ("\n" + calls.substr(0, calls.size() - 1))).c_str());
    } catch (...) {
        misuse(first.data());
    }
}

}  // namespace strata::detail
