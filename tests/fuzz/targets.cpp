// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "targets.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <boost/container/pmr/unsynchronized_pool_resource.hpp>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>
#include <strata/testing/checking_resource.hpp>

#include "../../src/diagnostics/symbol_table.hpp"
#include "../support/random_strategy.hpp"
#include "../support/wild_write.hpp"
#include "program.hpp"
#ifdef STRATA_FUZZ_TRACES
#include "trace_file.hpp"
#endif

namespace fuzz {
namespace {

using strata::checking_resource;
using std::pmr::memory_resource;

constexpr std::size_t some_threads = 2;

/// Watches what the resource above does with it, and fails now and then.
class upstream {
public:
    explicit upstream(input& bytes) {
        memory.allow_zero_sizes();
        memory.allow_threads();
        memory.leave_room(bytes.below(4) * 1024);
        may_fail(bytes);
    }
    upstream(const upstream&) = delete;
    upstream& operator=(const upstream&) = delete;
    ~upstream() {
        if (!memory.errors().empty()) {
            fail(memory.errors().front().c_str());
        }
        if (memory.live_blocks() != 0) {
            fail("not all went back to the upstream");
        }
    }

    void may_fail(input& bytes) {
        switch (bytes.below(4)) {
            case 0: memory.fail_at(1 + bytes.below(16)); break;
            case 1: memory.fail_at(1 + bytes.below(16), checking_resource::failure::foreign); break;
            default: memory.never_fail(); break;
        }
    }

    checking_resource memory;
};

void no_trick(program&) {}

// --- strategies
// -----------------------------------------------------------------------------------

strata::arena some_arena(input& bytes) {
    return {.first_chunk = bytes.below(4096),
            .growth = 1.0 + static_cast<double>(bytes.below(8)) / 4,
            .largest_chunk = bytes.one_in(2) ? bytes.below(65536) : strata::arena{}.largest_chunk,
            .reuse_last = bytes.one_in(2)};
}

template <class Arena>
void give_up_one_way(Arena& memory, program& running) {
    running.forget_all();
    switch (running.bytes().below(5)) {
        case 0: memory.release(); break;
        case 1: memory.reset(strata::retain::all); break;
        case 2: memory.reset(strata::retain::recent); break;
        case 3: memory.reset(strata::retain::none); break;
        default: memory.reset(running.bytes().below(65536)); break;
    }
}

void run_arena(upstream& below, const strata::arena& description, input& bytes) {
    struct position {
        strata::arena_mark mark;
        std::uint64_t moment;
    };
    strata::arena_resource memory{description, &below.memory};
    std::vector<position> marks;
    program running{bytes, memory};
    const auto trick = [&](program& of) {
        below.may_fail(bytes);
        if (bytes.one_in(2)) {
            marks.push_back({memory.mark(), of.now()});
        } else if (!marks.empty()) {
            const auto [mark, moment] = marks.back();
            marks.pop_back();
            of.forget_since(moment);
            memory.rewind(mark);
        } else {
            give_up_one_way(memory, of);
        }
    };
    running.run(trick, bytes.one_in(2));
}

void arena(input& bytes) {
    upstream below{bytes};
    run_arena(below, some_arena(bytes), bytes);
}

void arena_on_a_buffer(input& bytes) {
    upstream below{bytes};
    std::array<std::byte, 2048> buffer;
    strata::arena description = some_arena(bytes);
    description.initial_buffer = std::span{buffer}.subspan(bytes.below(64)).first(bytes.below(1984));
    run_arena(below, description, bytes);
}

void concurrent_arena(input& bytes) {
    upstream below{bytes};
    strata::concurrent_arena_resource memory{
        strata::concurrent_arena{.first_chunk = bytes.below(65536),
                                 .largest_slab = bytes.below(65536)},
        &below.memory};
    program running{bytes, memory, some_threads};
    const auto trick = [&](program& of) {
        below.may_fail(bytes);
        give_up_one_way(memory, of);
    };
    running.run(trick, bytes.one_in(2));
}

template <class Resource, class Description>
void run_pool(input& bytes, std::size_t threads) {
    upstream below{bytes};
    Resource memory{Description{.largest_block = bytes.below(65536),
                                .max_blocks_per_chunk = bytes.below(256),
                                .first_chunk = bytes.below(65536),
                                .largest_chunk = bytes.below(65536),
                                .hardened = bytes.one_in(2)},
                    &below.memory};
    program running{bytes, memory, threads};
    const auto trick = [&](program& of) {
        below.may_fail(bytes);
        if (bytes.one_in(4)) {
            of.forget_all();
            memory.release();
        } else {
            static_cast<void>(memory.trim());
        }
        const auto live = memory.usage().live_blocks;
        if (live.has_value() && *live != of.live_blocks()) {
            fail("the pool counts other live blocks");
        }
    };
    running.run(trick, bytes.one_in(2));
}

void pool(input& bytes) {
    run_pool<strata::pool_resource, strata::pool>(bytes, 0);
}

void concurrent_pool(input& bytes) {
    run_pool<strata::concurrent_pool_resource, strata::concurrent_pool>(bytes, some_threads);
}

void bounded_time(input& bytes) {
    upstream below{bytes};
    strata::bounded_time_resource memory{strata::bounded_time{.capacity = bytes.below(65536)},
                                         &below.memory};
    program running{bytes, memory};
    const auto trick = [&](program& of) {
        below.may_fail(bytes);
        if (bytes.one_in(8)) {
            of.forget_all();
            memory.release();
        }
        if (!memory.is_consistent() || *memory.usage().live_blocks != of.live_blocks()) {
            fail("the heap is not consistent");
        }
    };
    running.run(trick, bytes.one_in(2));
}

// --- sources
// --------------------------------------------------------------------------------------

void fixed_buffer(input& bytes) {
    std::vector<std::byte> buffer(bytes.below(65536));
    strata::fixed_buffer_resource memory{buffer.data(), buffer.size()};
    program running{bytes, memory};
    const auto trick = [&](program& of) {
        if (*memory.usage().live_blocks != of.live_blocks()) {
            fail("the buffer counts other live blocks");
        }
        of.forget_all();
        memory.release();
    };
    running.run(trick);
}

void pages(input& bytes) {
    strata::page_resource memory{strata::pages{.reserve = bytes.below(512) * 4096,
                                               .guard = bytes.one_in(2),
                                               .populate = bytes.one_in(4),
                                               .keep = bytes.below(65536)}};
    program running{bytes, memory};
    running.run([&](program&) { static_cast<void>(memory.purge()); });
}

// --- adaptors and stacks
// --------------------------------------------------------------------------

void run_text(const std::string& text, input& bytes) {
    upstream below{bytes};
    auto memory = strata::strategy::parse(text).build(&below.memory);
    program running{bytes, memory, 0};
    running.run([&](program&) { below.may_fail(bytes); });
}

void stats(input& bytes) {
    constexpr std::array kinds{"single", "relaxed", "sequential", "sharded"};
    run_text("stats(counting=" + std::string{kinds[bytes.below(4)]} + ") > pool", bytes);
}

void limit(input& bytes) {
    run_text("limit(bytes=" + std::to_string(bytes.below(65536)) +
                 ", blocks=" + std::to_string(bytes.below(256)) + ") > pool",
             bytes);
}

void fallback(input& bytes) {
    run_text("fallback(fixed_buffer(" + std::to_string(1 + bytes.below(4096)) +
                 "), limit(blocks=" + std::to_string(bytes.below(16)) + "), pool)",
             bytes);
}

void segregator(input& bytes) {
    run_text("segregator(by=" + std::string{bytes.one_in(2) ? "size" : "alignment"} + ", " +
                 std::to_string(1 + bytes.below(300)) + ", pool, arena)",
             bytes);
}

void synchronized(input& bytes) {
    run_text("synchronized > pool", bytes);
}

void retry(input& bytes) {
    run_text("retry(attempts=" + std::to_string(1 + bytes.below(3)) + ") > pool", bytes);
}

// With mistakes of its own, each of which must be found, once.
class debug_mistakes {
public:
    debug_mistakes(const strata::debug& options, strata::debug_resource<>& memory)
        : can_overflow_{options.fence != 0 && options.guard == strata::guard_page::none},
          keeps_freed_{options.quarantine != 0 && options.guard == strata::guard_page::none},
          memory_{memory} {}

    [[nodiscard]] std::size_t made() const { return made_; }

    void make_one(input& bytes) {
        std::byte elsewhere[16]{};
        switch (bytes.below(5)) {
            case 0: memory_.deallocate(nullptr, 1, 1); break;
            case 1: memory_.deallocate(elsewhere, 8, 8); break;
            default:
                if (!with_a_block(bytes.below(6), 1 + bytes.below(100))) {
                    return;
                }
        }
        ++made_;
    }

private:
    // Whether a mistake was made.
    bool with_a_block(std::size_t which, std::size_t size) {
        std::byte* block = nullptr;
        try {
            block = static_cast<std::byte*>(memory_.allocate(size, 8));
        } catch (const std::bad_alloc&) {
            return false;
        } catch (const checking_resource::foreign_failure&) {
            return false;
        }
        const bool is_wrong_size = which == 0;
        const bool is_overflow = which == 1 && can_overflow_;
        if (is_overflow) {
            tests::wild_write(block, static_cast<std::ptrdiff_t>(size));
        }
        memory_.deallocate(block, size + (is_wrong_size ? 1 : 0), which == 2 ? 16 : 8);
        if (which == 3) {
            memory_.deallocate(block, size, 8);
        }
        const bool is_late = which == 4 && keeps_freed_;
        if (is_late) {
            tests::wild_write(block, static_cast<std::ptrdiff_t>(size / 2));
            memory_.check();
        }
        return is_wrong_size || is_overflow || which == 2 || which == 3 || is_late;
    }

    bool can_overflow_;
    bool keeps_freed_;
    strata::debug_resource<>& memory_;
    std::size_t made_ = 0;
};

void debug(input& bytes) {
    upstream below{bytes};
    constexpr std::array guards{strata::guard_page::none, strata::guard_page::none,
                                strata::guard_page::ends, strata::guard_page::begins};
    strata::debug options{.fence = bytes.below(40),
                          .quarantine = bytes.one_in(3) ? 0 : std::size_t{65536} << bytes.below(5),
                          .stack_depth = bytes.below(3),
                          .on_finding = bytes.one_in(4) ? strata::on_finding::report
                                                        : strata::on_finding::ignore,
                          .handler = [](strata::finding, const char*) {},
                          .leaks = false,
                          .concurrent = bytes.one_in(2),
                          .guard = guards[bytes.below(guards.size())]};
    strata::debug_resource<> memory{options, &below.memory};
    debug_mistakes mistakes{options, memory};
    program running{bytes, memory, options.concurrent ? some_threads : 0};
    const auto trick = [&](program& of) {
        below.may_fail(bytes);
        switch (bytes.below(8)) {
            case 0: memory.check(); break;
            case 1: memory.flush(); break;
            case 2:
                of.forget_all();
                memory.release();
                break;
            default: mistakes.make_one(bytes); break;
        }
        if (memory.findings() != mistakes.made()) {
            fail("what was found is not what was done");
        }
        if (*memory.usage().live_blocks != of.live_blocks()) {
            fail("the debug resource counts other live blocks");
        }
    };
    running.run(trick, bytes.one_in(2));
    memory.check();
    if (memory.findings() != mistakes.made()) {
        fail("at its end, what was found is not what was done");
    }
}

// --- bridges
// --------------------------------------------------------------------------------------

void boost_bridge(input& bytes) {
    upstream below{bytes};
    strata::to_boost there{&below.memory};
    const auto run = [&](boost::container::pmr::memory_resource& between) {
        strata::from_boost back{&between};
        program running{bytes, back};
        running.run([&](program&) { below.may_fail(bytes); });
    };
    switch (bytes.below(3)) {
        case 0: run(there); break;
        case 1: {
            // Boost's own resources do not promise to survive a failure of theirs.
            below.memory.never_fail();
            boost::container::pmr::unsynchronized_pool_resource pool{&there};
            strata::from_boost back{&pool};
            program{bytes, back}.run(no_trick);
            break;
        }
        default: {
            strata::pool_resource pool{&below.memory};
            strata::to_boost over_a_pool{&pool};
            run(over_a_pool);
            break;
        }
    }
}

void stacks(input& bytes) {
    support::random_strategy texts{bytes};
    run_text(texts(2), bytes);
}

// --- texts
// ----------------------------------------------------------------------------------------

// Small enough to be built many times a second, and to be used; and without files of any name.
bool is_small(const strata::strategy& of) {
    const std::string text = to_string(of);
    return text.find("iB") == std::string::npos && text.find("trace(") == std::string::npos;
}

void strategy_text(input& bytes) {
    const std::string_view text = bytes.text();
    try {
        const auto parsed = strata::strategy::parse(text);
        const std::string printed = to_string(parsed);
        if (!(strata::strategy::parse(printed) == parsed)) {
            fail("printed as another strategy");
        }
        if (is_small(parsed)) {
            upstream below{bytes};
            below.memory.never_fail();
            auto memory = parsed.build(&below.memory);
            input no_bytes{{}};
            program{no_bytes, memory}.run(no_trick);
        }
    } catch (const strata::strategy_error& error) {
        if (error.column() > text.size() || error.problem().empty()) {
            fail("an error that says not where or what");
        }
    }
}

// --- files
// ----------------------------------------------------------------------------------------

// What is read of the program's own files, to name the calls in a stack.
void symbol_table(input& bytes) {
    const strata::detail::symbol_table table{bytes.text()};
    std::size_t characters = 0;
    for (std::size_t address = 0; address != 64; ++address) {
        for (const std::uintptr_t at : {address, address << 12 | 0x20, ~address}) {
            const char* name = table.name_at(at);
            characters += name == nullptr ? 0 : std::strlen(name);
        }
    }
    if (characters > 192 * bytes.text().size()) {
        fail("a name that is not in the file");
    }
}

constexpr auto all = std::to_array<target>({
    {"arena", arena},
    {"arena_on_a_buffer", arena_on_a_buffer},
    {"concurrent_arena", concurrent_arena},
    {"pool", pool},
    {"concurrent_pool", concurrent_pool},
    {"bounded_time", bounded_time},
    {"fixed_buffer", fixed_buffer},
    {"pages", pages},
    {"stats", stats},
    {"limit", limit},
    {"fallback", fallback},
    {"segregator", segregator},
    {"synchronized", synchronized},
    {"retry", retry},
    {"debug", debug},
    {"boost_bridge", boost_bridge},
    {"stacks", stacks},
    {"strategy_text", strategy_text},
    {"symbol_table", symbol_table},
#ifdef STRATA_FUZZ_TRACES
    {"trace_file", trace_file},
#endif
});

}  // namespace

std::span<const target> targets() {
    return all;
}

const target* find_target(std::string_view name) {
    const auto found = std::ranges::find(all, name, &target::name);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace fuzz
