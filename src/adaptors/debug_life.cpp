// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/detail/debug_life.hpp>

#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include <strata/adaptors/debug_options.hpp>
#include <strata/core/detail/title.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/diagnostics/stack_trace.hpp>

#include "debug_ended.hpp"
#include "detail/shield.hpp"

namespace strata::detail {
namespace {

// What is left in the place of a resource: nothing but a pointer to the table of these functions.
class ended_resource final : public resource {
private:
    [[nodiscard]] std::string_view do_name() const noexcept override { return "ended"; }
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        report_ended(this, "try_allocate", wanted.size, wanted.alignment);
        return nullptr;
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        report_ended(this, "allocate", bytes, alignment);
        raise_no_memory();
    }
    void do_deallocate(void* /*block*/, std::size_t bytes, std::size_t alignment) override {
        report_ended(this, "deallocate", bytes, alignment);
    }
};
static_assert(sizeof(ended_resource) == sizeof(resource));

// To the compiler, what a destructor leaves behind is nothing that anybody could read. The barrier
// says that somebody does.
[[gnu::noinline]] void leave_tombstone(void* place) noexcept {
    ::new (place) ended_resource;
    asm volatile("" : : "r"(place) : "memory");
}

}  // namespace

debug_life::debug_life(const label& name) noexcept {
    text_writer{title_}.printable(detail::title{debug::layer_name, name}.text());
}

debug_life::~debug_life() {
    sign_ = 0;
    asm volatile("" : : "r"(this) : "memory");
    leave_tombstone(at_);
}

debug_whole::~debug_whole() {
    if (debug_ended::takes_tombstone(this)) {
        leave_tombstone(this);
    }
}

void* debug_parked::operator new(std::size_t bytes) {
    return ::operator new(bytes);
}
void* debug_parked::operator new(std::size_t bytes, std::align_val_t alignment) {
    return ::operator new(bytes, alignment);
}
void* debug_parked::operator new(std::size_t bytes, const std::nothrow_t& tag) noexcept {
    return ::operator new(bytes, tag);
}
void debug_parked::operator delete(void* object) noexcept {
    debug_ended::park(object);
}
void debug_parked::operator delete(void* object, std::align_val_t alignment) noexcept {
    ::operator delete(object, alignment);
}
void debug_parked::operator delete(void* object, const std::nothrow_t& tag) noexcept {
    ::operator delete(object, tag);
}

void report_ended(const std::pmr::memory_resource* at, const char* call, std::size_t bytes,
                  std::size_t alignment) {
    const ended_one one = debug_ended::find(at);
    if (one.action == on_finding::ignore) {
        return;  // there is nobody who could be asked how often
    }
    std::array<char, 200> brief{};
    text_writer{brief}.print("%s: used after its life has ended: %s of %zu B aligned to %zu",
                             one.title.data(), call, bytes, alignment);
    const shield here;
    std::string text;
    try {
        const attempt now;
        const std::string calls = text_of_calls(stack_trace::capture(1).addresses());
        text.append(brief.data()).append(1, '\n').append(calls, 0, calls.size() - 1);
    } catch (...) {
        text.clear();
    }
    const char* const message = text.empty() ? brief.data() : text.c_str();
    if (one.action == on_finding::throw_ && std::string_view{call} == "allocate") {
        raise_error(debug_error{finding::ended, message});
    }
    tell(one.action, message);  // its handler has ended with it
}

}  // namespace strata::detail
