// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program compiled with -fno-exceptions, over the library, which is compiled with them.
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <sstream>
#include <string>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

#include <strata/containers/unique_ptr.hpp>
#include <strata/interop/coroutine.hpp>
#include <strata/strata.hpp>
#include <strata/testing/allocation_budget.hpp>
#include <strata/testing/check_allocator_aware.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/for_each_allocation_failure.hpp>
#include <strata/testing/forbid_default_resource.hpp>
#include <strata/testing/strategy_list.hpp>
#include <strata/testing/watched_resource.hpp>

#ifdef __cpp_exceptions
#error "this is about programs without exceptions"
#endif

namespace {

using namespace strata::literals;

int failures = 0;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("not so: %s\n", what);
        ++failures;
    }
}

constexpr strata::layout small{64, 8};
constexpr strata::layout large{1_MiB, 8};

// The program's own, which refuses in the only way that it has. `std::pmr` allows no null, but the
// library knows better.
class refusing final : public std::pmr::memory_resource {
public:
    bool refuses = false;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* block = refuses ? nullptr : strata::system_heap()->allocate(bytes, alignment);
        asm volatile("" : "+r"(block));  // this may be null, whatever is declared
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

// Serves a small block; is null for a large one; and serves a small one again.
void is_null_where_memory_is_out(const char* name, strata::resource& memory) {
    void* const first = memory.try_allocate(small);
    void* const none = memory.try_allocate(large);
    void* const second = memory.try_allocate(small);
    check(first != nullptr && second != nullptr && first != second, name);
    check(none == nullptr, name);
    memory.deallocate(first, small.size, small.alignment);
    memory.deallocate(second, small.size, small.alignment);
}

void tries_through_each_alone() {
    strata::fixed_buffer_resource<65536> buffer;
    is_null_where_memory_is_out("fixed_buffer", buffer);
    strata::arena_resource arena{strata::arena{.first_chunk = 4096}, &buffer};
    is_null_where_memory_is_out("arena", arena);
    strata::fixed_buffer_resource<65536> second;
    strata::pool_resource pool{&second};
    is_null_where_memory_is_out("pool", pool);
    strata::fixed_buffer_resource<65536> third;
    strata::concurrent_pool_resource shared{&third};
    is_null_where_memory_is_out("concurrent_pool", shared);
    strata::fixed_buffer_resource<65536> fourth;
    strata::concurrent_arena_resource shared_arena{&fourth};
    is_null_where_memory_is_out("concurrent_arena", shared_arena);
    strata::bounded_time_resource bounded{strata::bounded_time{.capacity = 4096}};
    is_null_where_memory_is_out("bounded_time", bounded);
    strata::limit_resource limited{strata::limit{.bytes = 1000}, strata::system_heap()};
    is_null_where_memory_is_out("limit", limited);
    check(limited.usage().live_bytes.value() == 0, "a refusal keeps nothing of the limit");
}

// In stacks made here, so that all templates are compiled without exceptions, and in texts.
void tries_through_stacks() {
    strata::stack counted{strata::stats{}, strata::limit{}, strata::pool{},
                          strata::fixed_buffer<16384>{}};
    is_null_where_memory_is_out("stats > limit > pool", counted);
    const auto seen = counted.get<strata::stats>().snapshot();
    check(seen.failures == 1 && seen.live_blocks == 0, "stats counts a failure");
    check(counted.get<strata::limit>().usage().live_bytes.value() == 0, "limit takes it back");

    strata::stack locked{strata::synchronized{}, strata::pool{}, strata::fixed_buffer<16384>{}};
    is_null_where_memory_is_out("synchronized > pool", locked);
    locked.get<strata::synchronized>().with_lock(
        [](auto& upstream) { check(upstream.name() == "pool", "with_lock gives the upstream"); });

    int asked = 0;
    strata::stack again{strata::retry{.attempts = 2,
                                      .callback =
                                          [&](strata::layout, unsigned) {
                                              ++asked;
                                              return true;
                                          }},
                        strata::arena{}, strata::fixed_buffer<16384>{}};
    is_null_where_memory_is_out("retry > arena", again);
    check(asked == 1, "retry asks once more");

    strata::stack watched{strata::debug{.name = "watched"}, strata::arena{},
                          strata::fixed_buffer<16384>{}};
    is_null_where_memory_is_out("debug > arena", watched);

    for (const char* text :
         {"stats", "limit(bytes=1000)", "retry", "synchronized", "debug", "pool", "arena",
          "concurrent_pool", "concurrent_arena", "bounded_time(capacity=4096)",
          "stats > limit > pool > arena", "fallback(pool, arena)", "segregator(64, pool, arena)",
          "debug(concurrent=true) > concurrent_pool > stats"}) {
        strata::fixed_buffer_resource<65536> bottom;
        auto memory = strata::strategy::parse(text).build(&bottom);
        is_null_where_memory_is_out(text, memory);
    }
}

// The locks and counts of a template that was compiled here are right after an exception, which the
// library throws and catches.
void undoes_what_it_began() {
    refusing below;
    strata::synchronized_resource locked{&below};
    strata::limit_resource limited{strata::limit{.bytes = 1000}, &locked};
    strata::stats_resource counted{&limited};
    strata::fallback_resource memory{&counted, strata::system_heap()};
    below.refuses = true;
    void* const block = memory.try_allocate(small);
    check(block != nullptr, "the second serves");
    memory.deallocate(block, small.size, small.alignment);
    check(limited.usage().live_bytes.value() == 0, "limit gives back");
    check(counted.snapshot().failures == 1, "stats counts");
    below.refuses = false;
    void* const later = memory.try_allocate(small);
    check(counted.snapshot().live_blocks == 1, "and serves later");
    memory.deallocate(later, small.size, small.alignment);
    check(counted.snapshot().live_blocks == 0, "and takes back");
}

void tries_others() {
    refusing below;
    void* const block = strata::try_allocate(below, small);
    check(block != nullptr, "a resource of the program's");
    below.deallocate(block, small.size, small.alignment);
#ifndef __SANITIZE_ADDRESS__  // UBSan, which comes along, ends the program at such a null
    below.refuses = true;
    check(strata::try_allocate(below, small) == nullptr, "its null is one");
    strata::segregator_resource by_size{strata::up_to{128}, &below, strata::system_heap()};
    strata::stack over{strata::stats{}, strata::pool{}, &below};
    check(by_size.try_allocate(small) == nullptr, "through a segregator too");
    check(over.try_allocate(small) == nullptr, "through a pool too");
#endif
    strata::failing_resource failing{strata::failing{.at = 1}, strata::system_heap()};
    check(failing.try_allocate(small) == nullptr, "an injected failure is null");
}

void has_objects_and_texts() {
    strata::stack memory{strata::stats{}, strata::pool{}};
    {
        strata::scoped_default_resource use{memory, strata::on_finding::abort};
        const auto one = strata::make_unique<std::pmr::string>(&memory, 100U, 'x');
        const auto some = strata::make_unique<std::pmr::string[]>(&memory, 3);
        std::pmr::string text{"a text that is too long to be stored inside of a string"};
        check(one->size() == 100 && some.get_deleter().size() == 3, "objects are made");
    }
    check(memory.get<strata::stats>().snapshot().live_blocks == 0, "and end");
    std::ostringstream out;
    out << strata::describe(memory);
    check(out.str().find("pool") != std::string::npos, "a stack is described");
    const auto known = strata::strategy::parse("stats > pool(largest_block=4KiB) > arena");
    check(to_string(known) == "stats > pool(largest_block=4KiB) > arena", "texts go both ways");
    check(strata::find<strata::pool_resource>(memory) != nullptr, "layers are found");
    strata::arena_resource arena;
    {
        const strata::arena_scope scope{arena};
        (void)arena.allocate(100);
    }
    strata::checking_resource checked;
    {
        std::pmr::string text{"a text that is too long to be stored inside of it", &checked};
    }
    check(checked.errors().empty(), "testing resources work");
    strata::watched_resource watched;
    strata::no_allocations none{watched};
    check(none.ok(), "budgets work");
}

// What the parent reads of a child that is to end in an error.
std::string last_words(void (*act)(), bool* aborted) {
    std::array<int, 2> ends{};
    check(pipe(ends.data()) == 0, "pipe");
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        act();
        _exit(0);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 256> part{};
    for (ssize_t count = 0; (count = read(ends[0], part.data(), part.size())) > 0;) {
        text.append(part.data(), static_cast<std::size_t>(count));
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    *aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    return text;
}

void is_misuse(void (*act)(), std::string_view what) {
    bool aborted = false;
    const std::string text = last_words(act, &aborted);
    if (!aborted || text.find(what) == std::string::npos) {
        std::printf("expected an abort that says \"%s\", not:\n%s\n", std::string{what}.c_str(),
                    text.c_str());
        ++failures;
    }
}

void says_its_errors() {
    is_misuse([] { (void)strata::fixed_buffer_resource<64>{}.allocate(100); },
              "fixed_buffer has no room for 100 B");
    is_misuse(
        [] {
            strata::limit_resource limited{strata::limit{.bytes = 10}, strata::system_heap()};
            (void)limited.allocate(100);
        },
        "the limit has no room for 100 B");
    is_misuse(
        [] {
            strata::fixed_buffer_resource<64> bottom;
            strata::stack memory{strata::retry{}, strata::synchronized{}, strata::pool{}, &bottom};
            (void)memory.allocate(100);
        },
        "fixed_buffer has no room");
    is_misuse([] { (void)strata::strategy::parse("poool"); }, "there is no layer \"poool\"");
    is_misuse(
        [] {
            setenv("STRATA_TEST_TEXT", "poool", 1);
            (void)strata::strategy::from_env("STRATA_TEST_TEXT", "heap");
        },
        "STRATA_TEST_TEXT: strategy: there is no layer \"poool\"");
    is_misuse([] { (void)strata::layout::array<double>(SIZE_MAX / 2); }, "bad_array_new_length");
    is_misuse(
        [] {
            refusing below;
            below.refuses = true;
            strata::stats_resource counted{&below};
            std::pmr::string{"a text that is too long to be stored inside", &counted};
        },
        "bad_alloc");
}

}  // namespace

int main() {
    for (const bool are : {false, true}) {
        check(strata::errors_are_misuse(are) == false, "at first they are thrown");
        tries_through_each_alone();
        tries_through_stacks();
        undoes_what_it_began();
        tries_others();
        has_objects_and_texts();
    }
    says_its_errors();
    check(strata::errors_are_misuse(false), "what was set is returned");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
