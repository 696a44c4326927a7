// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE stack_trace
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <memory_resource>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include <strata/core/resource.hpp>
#include <strata/diagnostics/stack_trace.hpp>

namespace {

std::size_t news = 0;

struct tracing_resource final : std::pmr::memory_resource {
    strata::stack_trace last;

    void* do_allocate(std::size_t bytes, std::size_t /*alignment*/) override {
        const std::size_t before = news;
        last = strata::stack_trace::capture();
        BOOST_TEST(news == before, "a capture allocates nothing");
        return std::malloc(bytes);
    }
    void do_deallocate(void* block, std::size_t /*bytes*/, std::size_t /*alignment*/) override {
        std::free(block);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

[[gnu::noinline]] void fills_a_vector(std::pmr::memory_resource& memory) {
    std::pmr::vector<std::pmr::string> texts{&memory};
    texts.emplace_back("a text that is too long to be stored inside the string object");
}

struct planted_functor {
    [[gnu::noinline]] void operator()(std::pmr::memory_resource& memory) const {
        fills_a_vector(memory);
        asm volatile("");  // no tail call, which would leave no frame
    }
};

std::string text_of(const strata::stack_trace& trace) {
    std::ostringstream out;
    out << trace;
    return out.str();
}

}  // namespace

// Not inlined, or the compiler sees malloc's memory go to operator delete.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++news;
    if (void* block = std::malloc(bytes)) {
        return block;
    }
    throw std::bad_alloc{};
}
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
    ++news;
    return std::malloc(bytes);
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t /*bytes*/) noexcept {
    std::free(block);
}

BOOST_AUTO_TEST_CASE(names_functions_that_are_not_exported) {
    tracing_resource memory;
    planted_functor{}(memory);
    BOOST_TEST(!memory.last.empty());
    BOOST_TEST(memory.last.passes_through("fills_a_vector(std::pmr::memory_resource&)"));
    BOOST_TEST(memory.last.passes_through("planted_functor::operator()"));
    BOOST_TEST(!memory.last.passes_through("no_such_function"));
}

BOOST_AUTO_TEST_CASE(text_starts_where_the_libraries_were_called) {
    tracing_resource memory;
    planted_functor{}(memory);
    const std::string text = text_of(memory.last);
    BOOST_TEST_CONTEXT(text) {
        BOOST_TEST(text.find("std::") == std::string::npos);
        const auto inner = text.find("    at fills_a_vector");
        const auto outer = text.find("    at planted_functor::operator()");
        BOOST_TEST(inner != std::string::npos);
        BOOST_TEST(outer != std::string::npos);
        BOOST_TEST(inner < outer);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_trace_prints_nothing) {
    BOOST_TEST(strata::stack_trace{}.empty());
    BOOST_TEST(text_of(strata::stack_trace{}).empty());
    BOOST_TEST((strata::stack_trace{} == strata::stack_trace{}));
}

BOOST_AUTO_TEST_CASE(an_address_outside_all_modules_has_no_name) {
    int on_the_stack = 0;
    BOOST_TEST(strata::function_at(&on_the_stack) == "?");
}
