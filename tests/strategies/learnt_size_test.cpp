// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <memory_resource>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <strata/compose/describe.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/core/literals.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/detail/chunks.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/strategies/sized_arena.hpp>

#include "support/random.hpp"
#include "support/temporary_folder.hpp"
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(learnt_size_test)

using namespace strata::literals;
using strata::auto_size;
using strata::size_profile;
using strata::sized_arena;
namespace data = boost::unit_test::data;

namespace {

/// The heap; counts the requests and the bytes.
class counting_heap final : public std::pmr::memory_resource {
public:
    std::size_t calls = 0;
    std::size_t bytes = 0;

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        ++calls;
        bytes += size;
        return strata::system_heap()->allocate(size, alignment);
    }
    void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, size, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

void use(std::pmr::memory_resource& memory, std::size_t blocks, std::size_t bytes = 100) {
    for (std::size_t i = 0; i != blocks; ++i) {
        (void)memory.allocate(bytes);
    }
}

template <class Description>
using resource_of = typename Description::template resource_type<std::pmr::memory_resource>;

/// A description by which resources learn their size. One of them has needed much.
template <class Description>
Description taught(Description described, std::string_view name) {
    described.first_chunk = auto_size;
    described.name = strata::label{name};
    resource_of<Description> memory{described, strata::system_heap()};
    use(memory, 1000);
    return described;
}

}  // namespace

// --- in one program -----------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_second_scope_takes_one_chunk, tests::upstream) {
    size_profile sizes;
    for (const std::size_t chunks : {4U, 1U, 1U}) {
        const std::size_t before = below.requests().size();
        sized_arena memory{sizes, "requests", &below};
        use(memory, 50);
        BOOST_TEST(below.requests().size() - before == chunks);
    }
    BOOST_TEST(sizes.size("requests", 0) >= 50u * 112);
    BOOST_TEST(sizes.size("requests", 0) < 50u * 112 + 100);
    BOOST_TEST(sizes.size("answers", 0) == 0u);
}

BOOST_FIXTURE_TEST_CASE(descriptions_learn_within_the_process, tests::upstream) {
    const auto chunks_of = [&](const auto& make) {
        const std::size_t before = below.requests().size();
        const auto memory = make();
        use(*memory, 100);
        return below.requests().size() - before;
    };
    const auto check = [&](const auto& make) {
        BOOST_TEST(chunks_of(make) > 1u);
        BOOST_TEST(chunks_of(make) <= 2u);  // and perhaps a little one
        BOOST_TEST(chunks_of(make) == 1u);
    };
    check([&] {
        return std::make_unique<strata::arena_resource>(
            strata::arena{.first_chunk = auto_size, .name = "in process, arena"}, &below);
    });
    check([&] {
        return std::make_unique<strata::pool_resource>(
            strata::pool{.first_chunk = auto_size, .name = "in process, pool"}, &below);
    });
}

BOOST_FIXTURE_TEST_CASE(a_concurrent_pool_learns_too, tests::upstream) {
    const strata::concurrent_pool described{.first_chunk = auto_size, .name = "in process, both"};
    std::vector<std::size_t> calls;
    for (int round = 0; round != 3; ++round) {
        const std::size_t before = below.requests().size();
        strata::concurrent_pool_resource memory{described, &below};
        for (int i = 0; i != 1000; ++i) {
            memory.deallocate(memory.allocate(10), 10);
        }
        use(memory, 1000);
        calls.push_back(below.requests().size() - before);
    }
    BOOST_TEST(calls[2] < calls[0]);
}

BOOST_FIXTURE_TEST_CASE(an_arena_learns_what_all_of_its_rounds_needed, tests::upstream) {
    const strata::arena described{.first_chunk = auto_size, .name = "rounds"};
    const auto round = [&](auto&& end) {
        const std::size_t before = below.requests().size();
        strata::arena_resource memory{described, &below};
        for (const std::size_t blocks : {10U, 50U, 20U}) {
            use(memory, blocks);
            end(memory);
        }
        return below.requests().size() - before;
    };
    (void)round([](auto& memory) { memory.reset(); });
    BOOST_TEST(round([](auto& memory) { memory.reset(); }) == 1u);
    BOOST_TEST(round([](auto& memory) { memory.release(); }) == 3u);
    BOOST_TEST(round([](auto& memory) { memory.reset(strata::retain::none); }) == 3u);
    BOOST_TEST(round([](auto&) {}) > 1u);
    BOOST_TEST(round([](auto&) {}) == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_initial_buffer_needs_no_chunk, tests::upstream) {
    std::array<std::byte, 2048> buffer{};
    const strata::arena described{
        .first_chunk = auto_size, .initial_buffer = buffer, .name = "buffered"};
    const auto round = [&](std::size_t blocks) {
        const std::size_t before = below.requests().size();
        strata::arena_resource memory{described, &below};
        use(memory, blocks);
        return below.requests().size() - before;
    };
    BOOST_TEST(round(5) == 0u);  // and nothing is learnt from it
    BOOST_TEST(round(100) > 1u);
    BOOST_TEST(round(5) == 0u);
    BOOST_TEST(round(100) == 1u);
    BOOST_TEST(below.requests().back().size < 100u * 112);
}

// Most of the buffer is free as the first chunk comes.
BOOST_FIXTURE_TEST_CASE(a_reset_learns_what_the_buffer_did_not_serve, tests::upstream) {
    alignas(std::max_align_t) std::array<std::byte, 2048> buffer{};
    const strata::arena described{
        .first_chunk = auto_size, .initial_buffer = buffer, .name = "buffered, reset"};
    const auto round = [&] {
        const std::size_t before = below.requests().size();
        strata::arena_resource memory{described, &below};
        (void)memory.allocate(100);
        (void)memory.allocate(3000);
        (void)memory.allocate(3000);
        memory.reset();
        return below.requests().size() - before;
    };
    BOOST_TEST(round() == 3u);  // two chunks, and one in place of both
    BOOST_TEST(round() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_large_alignment_is_not_learnt_as_a_need, tests::upstream) {
    size_profile sizes;
    for (const std::size_t chunks : {2U, 1U, 1U}) {
        const std::size_t before = below.requests().size();
        sized_arena memory{sizes, "aligned", &below};
        (void)memory.allocate(2000, 4096);
        use(memory, 5);
        BOOST_TEST(below.requests().size() - before == chunks);
    }
    BOOST_TEST(sizes.size("aligned", 0) >= 2000u + 5 * 100);
    BOOST_TEST(sizes.size("aligned", 0) < 4096u);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_used_recently_is_given_back, tests::upstream) {
    strata::arena_resource memory{strata::arena{.first_chunk = auto_size, .name = "recent"},
                                  &below};
    use(memory, 1000, 1000);
    for (int round = 0; round != 60; ++round) {
        memory.reset(strata::retain::recent);
        use(memory, 10, 1000);
    }
    BOOST_TEST(below.live_bytes() < 50'000u);
}

// One block needs more than all that was learnt. The next chunks are small all the same.
BOOST_FIXTURE_TEST_CASE(what_a_learnt_size_lacks_is_a_part_of_it, tests::upstream) {
    size_profile sizes;
    sizes.learn("requests", 60'000);
    for (const std::size_t first : {50'000U, 100'000U}) {
        const std::size_t before = below.requests().size();
        sized_arena memory{sizes, "requests", &below};
        (void)memory.allocate(first);
        use(memory, 100);
        BOOST_TEST(below.requests().size() - before == 2u);
        BOOST_TEST(below.requests().back().size < 60'000u / 4);
    }
}

// A need of 1,640 bytes is no multiple of 16, but a chunk is.
BOOST_FIXTURE_TEST_CASE(a_constant_need_of_a_pool_is_met_exactly, tests::upstream) {
    size_profile sizes;
    for (const std::size_t expected : {2U, 1U, 1U}) {
        const std::size_t before = below.requests().size();
        strata::detail::guard of_pool;
        strata::detail::chunks memory{
            &below, {.first = 1024, .largest = 65536, .max_blocks = 65536}, of_pool};
        memory.learn_first(strata::detail::learnt_size{sizes, "odd", 1024});
        strata::detail::run one{};
        strata::detail::piece gap{};
        (void)memory.take(8);
        for (int i = 0; i != 200; ++i) {
            if (!memory.cut(8, 1, one, gap)) {
                (void)memory.take(8);
                BOOST_TEST(memory.cut(8, 1, one, gap));
            }
            memory.use(one.in, 8);
        }
        BOOST_TEST(below.requests().size() - before == expected);
    }
}

BOOST_FIXTURE_TEST_CASE(no_chunk_is_larger_than_the_largest, tests::upstream) {
    for (int round = 0; round != 3; ++round) {
        strata::arena_resource memory{
            strata::arena{.first_chunk = auto_size, .largest_chunk = 2048, .name = "bounded"},
            &below};
        use(memory, 100);
        strata::pool_resource nodes{
            strata::pool{.first_chunk = auto_size, .largest_chunk = 2048, .name = "bounded pool"},
            &below};
        use(nodes, 100);
    }
    for (const auto& each : below.requests()) {
        BOOST_TEST(each.size <= 2048u + 32);
    }
}

// --- an upstream that refuses -------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_size_that_the_upstream_does_not_serve_is_given_up) {
    const auto check = []<class Description>(const Description& described) {
        strata::fixed_buffer_resource<32768> little;
        resource_of<Description> memory{described, &little};
        use(memory, 10);
        BOOST_TEST(memory.upstream_resource() == &little);
    };
    check(taught(strata::arena{}, "refused, arena"));
    check(taught(strata::pool{}, "refused, pool"));
    check(taught(strata::concurrent_pool{}, "refused, shared"));
}

// They pass through at the chunk that was learnt: no other is asked for.
BOOST_FIXTURE_TEST_CASE(exceptions_of_the_upstream_pass_through, tests::upstream) {
    fail();
    const auto check = [&]<class Description>(const Description& described) {
        resource_of<Description> memory{described, &below};
        BOOST_CHECK_THROW((void)memory.allocate(10), tests::upstream_failure);
        BOOST_TEST(below.requests().back().size > 50'000u);
    };
    check(taught(strata::arena{}, "thrown, arena"));
    check(taught(strata::pool{}, "thrown, pool"));
    check(taught(strata::concurrent_pool{}, "thrown, shared"));
}

BOOST_FIXTURE_TEST_CASE(an_arena_for_threads_learns_nothing, tests::upstream) {
    strata::concurrent_arena_resource memory{strata::concurrent_arena{.first_chunk = auto_size},
                                             &below};
    (void)memory.allocate(100);
    BOOST_TEST(memory.options().first_chunk == strata::concurrent_arena{}.first_chunk);
    std::ostringstream told;
    told << strata::describe(memory);
    BOOST_TEST(told.str().find("first_chunk") == std::string::npos, told.str());
}

// --- with a file --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(options_tell_the_profile_and_keep_its_text) {
    const tests::temporary_folder in;
    std::string file = in.file("app.sizes");
    const auto check = [&]<class Description>(Description described) {
        std::string given = file;
        described.first_chunk = auto_size;
        described.profile = given;
        const resource_of<Description> memory{described, strata::system_heap()};
        given.assign(given.size(), '?');
        BOOST_TEST(memory.options().first_chunk == auto_size);
        BOOST_TEST(memory.options().profile == file);
        std::ostringstream told;
        told << strata::describe(memory);
        const std::string tree = told.str();
        BOOST_TEST(tree.find("first_chunk=auto, profile=" + file) != std::string::npos, tree);
    };
    check(strata::arena{});
    check(strata::pool{});
    check(strata::concurrent_pool{});
    size_profile sizes;
    const sized_arena memory{sizes, "requests", strata::system_heap()};
    BOOST_TEST(memory.options().first_chunk == auto_size);
    BOOST_TEST(memory.label().text() == "requests");
}

BOOST_AUTO_TEST_CASE(a_profile_that_is_broken_is_refused) {
    const tests::temporary_folder in;
    in.write("app.sizes", "requests\n");
    const std::string file = in.file("app.sizes");
    const strata::pool described{.first_chunk = auto_size, .profile = file};
    BOOST_CHECK_THROW(strata::pool_resource(described, strata::system_heap()), std::runtime_error);
    in.write("app.sizes", "pool 50000\n");
    strata::pool_resource memory{described, strata::system_heap()};
    use(memory, 1);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 50000u);
    BOOST_CHECK_THROW(
        strata::arena_resource(strata::arena{.first_chunk = auto_size, .profile = "a\nb"}),
        std::invalid_argument);
    BOOST_TEST(strata::pool_resource(strata::pool{.profile = file}).options().profile.empty());
}

// As a daemon does, which changes its folder.
BOOST_FIXTURE_TEST_CASE(a_relative_profile_stays_where_it_was, tests::upstream) {
    const auto start = std::filesystem::current_path();
    const tests::temporary_folder one;
    const tests::temporary_folder other;
    const auto chunks_in = [&](const tests::temporary_folder& in) {
        std::filesystem::current_path(in.path());
        const std::size_t before = below.requests().size();
        strata::arena_resource memory{
            strata::arena{.first_chunk = auto_size, .profile = "daemon.sizes", .name = "requests"},
            &below};
        use(memory, 100);
        return below.requests().size() - before;
    };
    BOOST_TEST(chunks_in(one) > 1u);
    BOOST_TEST(chunks_in(other) == 1u);
    std::filesystem::current_path(start);
}

// The child ends as a program does.
BOOST_AUTO_TEST_CASE(sizes_of_a_text_last_from_run_to_run) {
    const tests::temporary_folder in;
    const std::string text = "arena(first_chunk=auto, profile=\"" + in.file("app.sizes") +
                             "\", name=requests) > heap";
    const auto run_program = [&] {
        std::cout.flush();
        const pid_t child = fork();
        if (child == 0) {
            auto memory = strata::strategy::parse(text).build();
            use(memory, 50);
            const std::size_t reserved = memory.usage().reserved_bytes.value();
            memory = strata::strategy::parse("heap").build();
            std::exit(reserved > 6000 ? 1 : 0);
        }
        int status = -1;
        BOOST_TEST(waitpid(child, &status, 0) == child);
        return WEXITSTATUS(status);
    };
    BOOST_TEST(run_program() == 1);
    const std::string sizes = in.read("app.sizes");
    BOOST_TEST(sizes.find("\nrequests 5") != std::string::npos, sizes);
    BOOST_TEST(run_program() == 0);
    in.write("app.sizes", "requests 9000\n");
    BOOST_TEST(run_program() == 1);
}

// --- three programs, against the sizes that a search finds --------------------------------------

namespace {

// Documents of a few usual lengths are read, one after the other.
void read_document(std::pmr::memory_resource& memory, std::size_t round) {
    tests::random dice{round};
    std::pmr::vector<std::pmr::string> lines{&memory};
    const std::size_t count = 100 + dice.below(10);
    for (std::size_t i = 0; i != count; ++i) {
        lines.emplace_back(20 + dice.below(60), 'x');
    }
}

// A table of words is made, and read again.
void index_words(std::pmr::memory_resource& memory, std::size_t round) {
    tests::random dice{round};
    std::pmr::map<std::pmr::string, std::pmr::vector<int>> index{&memory};
    for (int i = 0; i != 300; ++i) {
        index[std::pmr::string(17 + dice.below(8), static_cast<char>('a' + dice.below(26)),
                               &memory)]
            .push_back(i);
    }
}

// Requests, most of them small; each twentieth is three times as large.
void answer_requests(std::pmr::memory_resource& memory, std::size_t round) {
    tests::random dice{round};
    std::pmr::vector<std::pmr::string> fields{&memory};
    fields.reserve(300);
    const std::size_t count = (round % 20 == 7 ? 300 : 90) + dice.below(10);
    for (std::size_t i = 0; i != count; ++i) {
        fields.emplace_back(64, 'x');
    }
}

struct program {
    const char* name;
    void (*round)(std::pmr::memory_resource& memory, std::size_t number);
    bool on_pool;

    friend std::ostream& operator<<(std::ostream& out, const program& of) { return out << of.name; }
};

constexpr std::size_t rounds = 60;
constexpr std::size_t warm_up = 16;

struct costs {
    std::size_t calls = 0;
    std::size_t bytes = 0;
};

costs run(const program& of, std::size_t first_chunk, const strata::label& name) {
    counting_heap below;
    for (std::size_t i = 0; i != warm_up + rounds; ++i) {
        if (i == warm_up) {
            below.calls = below.bytes = 0;
        }
        if (of.on_pool) {
            strata::pool_resource memory{strata::pool{.first_chunk = first_chunk, .name = name},
                                         &below};
            of.round(memory, i);
        } else {
            strata::arena_resource memory{strata::arena{.first_chunk = first_chunk, .name = name},
                                          &below};
            of.round(memory, i);
        }
    }
    return {below.calls, below.bytes};
}

// A call counts as much as 4 KiB.
std::size_t cost_of(const costs& of) {
    return of.bytes + of.calls * 4096;
}

const std::vector<program> programs{{"documents", read_document, false},
                                    {"words", index_words, true},
                                    {"requests", answer_requests, false}};

}  // namespace

BOOST_DATA_TEST_CASE(a_learnt_size_is_as_good_as_a_tuned_one, data::make(programs)) {
    const costs untuned = run(sample, 1024, "tuned");
    costs tuned = untuned;
    std::size_t best = 1024;
    const auto search = [&](std::size_t from, std::size_t to, std::size_t steps) {
        for (std::size_t size = from; size < to; size += size / steps) {
            const costs tried = run(sample, size, "tuned");
            if (cost_of(tried) < cost_of(tuned)) {
                tuned = tried;
                best = size;
            }
        }
    };
    search(6_KiB, 64_KiB, 8);
    search(best - best / 8, best + best / 8, 40);
    const costs learnt = run(sample, auto_size, strata::label{std::string_view{sample.name}});
    BOOST_TEST_MESSAGE(sample.name << ": tuned " << best << ", " << tuned.calls << " calls, "
                                   << tuned.bytes << " bytes, " << cost_of(tuned) << "; learnt "
                                   << learnt.calls << " calls, " << learnt.bytes << " bytes, "
                                   << cost_of(learnt) << "; default " << untuned.calls << " calls, "
                                   << untuned.bytes << " bytes, " << cost_of(untuned));
    BOOST_TEST(cost_of(learnt) * 100 <= cost_of(tuned) * 105);
    BOOST_TEST(learnt.calls * 3 < untuned.calls);
}

BOOST_AUTO_TEST_SUITE_END()
