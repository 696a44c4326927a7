// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// operator new of a program without exceptions: null where that is asked for, else the end.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <strata/interop/global_new.hpp>
#include <strata/strata.hpp>

#ifdef __cpp_exceptions
#error "this is about programs without exceptions"
#endif

using namespace strata::literals;

// The limit's own refusal, and those that it passes on.
STRATA_GLOBAL_RESOURCE(strata::stack{strata::limit{.bytes = 64_MiB}, strata::stats{},
                                     strata::concurrent_pool{}});

namespace {

int failures = 0;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("not so: %s\n", what);
        ++failures;
    }
}

// A pair of new and delete that the compiler does not leave out.
std::byte* bytes(std::size_t count) {
    auto* block = new std::byte[count];
    asm volatile("" : "+r"(block) : : "memory");
    return block;
}

std::byte* bytes_or_null(std::size_t count) {
    auto* block = new (std::nothrow) std::byte[count];
    asm volatile("" : "+r"(block) : : "memory");
    return block;
}

std::byte* freed_by_handler = nullptr;

void make_room() {
    delete[] freed_by_handler;
    freed_by_handler = nullptr;
    std::set_new_handler(nullptr);
}

bool aborts(void (*act)()) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        act();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

void allocates() {
    auto& memory = strata::global::current();
    const auto text = std::make_unique<std::string>(100, 'x');
    check(text->size() == 100, "new serves");
    const std::size_t most = 1_TiB;
    check(bytes_or_null(most) == nullptr, "new (nothrow) is null");
    check(bytes_or_null(65_MiB) == nullptr, "also beyond the limit");
    // What was under way is undone: the thread is not taken to be inside the resource.
    auto* const block = bytes(1_MiB);
    const auto* const counted = strata::find<strata::stats_source>(memory);
    check(counted->snapshot().live_bytes >= 1 << 20, "the resource still serves");
    delete[] block;

    freed_by_handler = bytes(40_MiB);
    std::set_new_handler(make_room);
    auto* const more = bytes(40_MiB);
    check(more != nullptr && freed_by_handler == nullptr, "the handler makes room");
    delete[] more;
}

}  // namespace

int main() {
    for (const bool are : {false, true}) {
        strata::errors_are_misuse(are);
        allocates();
        check(aborts([] { delete[] bytes(65_MiB); }), "new ends the program");
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
