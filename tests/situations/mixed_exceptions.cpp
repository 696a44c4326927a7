// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program of two units, one of them compiled with -fno-exceptions. The linker keeps one copy of
// each function of a template, that of the first unit; the program is linked in both orders. Either
// copy undoes what it began where an exception passes.
#include "mixed_exceptions.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace mixed {

void* upstream::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (refuses) {
        throw std::runtime_error{"not today"};
    }
    return strata::system_heap()->allocate(bytes, alignment);
}
void upstream::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    strata::system_heap()->deallocate(block, bytes, alignment);
}
bool upstream::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
    return this == &other;
}

element::element() {
    if (third_throws && live == 2) {
        throw std::runtime_error{"not the third"};
    }
    ++live;
}
element::~element() {
    --live;
}

}  // namespace mixed

namespace {

int failures = 0;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("not so: %s\n", what);
        ++failures;
    }
}

template <class Act>
bool throws_its_own(const Act& act) {
    try {
        act();
    } catch (const std::runtime_error&) {
        return true;
    }
    return false;
}

}  // namespace

int main() {
    check(mixed::use_without_exceptions() == 0, "the unit without exceptions is served");
    mixed::memory all;
    all.below.refuses = true;
    check(throws_its_own([&] { (void)all.top.allocate(100); }), "the exception passes");
    check(all.limited.usage().live_bytes.value() == 0, "the limit gives back");
    check(all.counted.snapshot().failures == 1, "the failure is counted");
    all.below.refuses = false;
    std::thread{[&] { all.top.deallocate(all.top.allocate(100), 100); }}.join();  // not locked
    mixed::element::third_throws = true;
    check(throws_its_own([&] { (void)strata::make_unique<mixed::element[]>(&all.top, 4); }),
          "the exception of an element passes");
    check(mixed::element::live == 0, "the elements before it end");
    mixed::element::live = 2;
    check(throws_its_own([&] { (void)strata::make_unique<mixed::element>(&all.top); }),
          "the exception of an object passes");
    check(all.counted.snapshot().live_blocks == 0, "their memory is given back");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
