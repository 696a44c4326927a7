// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <list>
#include <memory_resource>
#include <new>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <strata/testing/for_each_allocation_failure.hpp>
#include <strata/testing/injected_failure.hpp>
#include <strata/testing/unchanged_on_failure.hpp>

#include "support/misuse_recorder.hpp"
#include <strata/testing/boost_test_print.hpp>

BOOST_AUTO_TEST_SUITE(for_each_allocation_failure_test)

// Every verdict is earned by code with that mistake planted in it.

namespace {

using strata::failure_mode;
using strata::failure_verdict;
using strata::for_each_allocation_failure;
using memory_resource = std::pmr::memory_resource;

// A block that is freed at the end of its C++ scope.
class block {
public:
    explicit block(memory_resource& from, std::size_t bytes = 24)
        : from_{&from},
          bytes_{bytes},
          at_{from.allocate(bytes, 8)} {}
    block(const block&) = delete;
    block& operator=(const block&) = delete;
    ~block() { from_->deallocate(at_, bytes_, 8); }

private:
    memory_resource* from_;
    std::size_t bytes_;
    void* at_;
};

void three_blocks(memory_resource& memory) {
    const block a{memory};
    const block b{memory};
    const block c{memory};
}

std::string text_of(const strata::failure_report& report) {
    std::ostringstream out;
    out << report;
    return out.str();
}

[[gnu::noinline]] void swallows(memory_resource& memory) {
    try {
        const block optional_cache{memory, 640};
    } catch (const std::bad_alloc&) {
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(sound_code_passes) {
    const auto report = for_each_allocation_failure([](memory_resource& memory) {
        std::pmr::list<std::pmr::string> texts{&memory};
        texts.emplace_back("a text that is too long to be stored inside the string object");
        texts.emplace_back("another text that is too long to be stored inside the object");
    });
    BOOST_TEST(report);
    BOOST_TEST(report.verdict == failure_verdict::passed);
    BOOST_TEST(report.allocations == 4u);
    BOOST_TEST(report.runs == 10u);
    BOOST_TEST(!report.number);
    BOOST_TEST(text_of(report) ==
               "passed: each of 4 allocations failed alone and with all after it\n");
}

// The two that pass wrongly elsewhere: a loop that stops at the first run without an exception
// takes a swallowed failure for the end of the scenario.

BOOST_AUTO_TEST_CASE(a_failure_swallowed_at_the_first_allocation_is_found) {
    const auto report = for_each_allocation_failure([](memory_resource& memory) {
        swallows(memory);
        three_blocks(memory);
    });
    BOOST_TEST(!report);
    BOOST_TEST(report.verdict == failure_verdict::swallowed_failure);
    BOOST_TEST(report.number.value() == 1u);
    BOOST_TEST(report.mode == failure_mode::one_shot);
    BOOST_TEST(report.allocations == 4u);
    BOOST_TEST(report.runs == 2u);
    BOOST_TEST(report.asked == (strata::layout{640, 8}));
    BOOST_TEST(report.trace.passes_through("swallows"));
    BOOST_TEST(text_of(report).starts_with(
        "swallowed_failure: the scenario finished as if nothing had failed\n"
        "  when allocation 1 of 4 failed\n"
        "  which asked for 640 bytes aligned to 8\n"
        "    at "));
    BOOST_TEST(text_of(report).find("    at for_each_allocation_failure_test::swallows") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_failure_swallowed_at_a_later_allocation_is_found) {
    const auto report = for_each_allocation_failure([](memory_resource& memory) {
        three_blocks(memory);
        swallows(memory);
    });
    BOOST_TEST(report.verdict == failure_verdict::swallowed_failure);
    BOOST_TEST(report.number.value() == 4u);
}

BOOST_AUTO_TEST_CASE(a_mistake_that_shows_only_once_memory_is_out_is_found) {
    const auto report = for_each_allocation_failure([](memory_resource& memory) {
        void* first = memory.allocate(24, 8);
        try {
            const block second{memory};
        } catch (const std::bad_alloc&) {
            const block to_tidy_up_with{memory};
            memory.deallocate(first, 24, 8);
            throw;
        }
        memory.deallocate(first, 24, 8);
    });
    BOOST_TEST(report.verdict == failure_verdict::leaked);
    BOOST_TEST(report.number.value() == 2u);
    BOOST_TEST(report.mode == failure_mode::sticky);
    BOOST_TEST(text_of(report).find("failed and all after it") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(code_that_may_recover_passes) {
    const auto report = for_each_allocation_failure(
        [](memory_resource& memory) {
            swallows(memory);
            three_blocks(memory);
        },
        {.may_recover = true});
    BOOST_TEST(report);
}

BOOST_AUTO_TEST_CASE(a_leak_after_a_failure_is_found) {
    const auto report = for_each_allocation_failure([](memory_resource& memory) {
        void* first = memory.allocate(24, 8);
        const block second{memory};  // if this one throws, nobody frees the first
        memory.deallocate(first, 24, 8);
    });
    BOOST_TEST(report.verdict == failure_verdict::leaked);
    BOOST_TEST(report.number.value() == 2u);
    BOOST_TEST(report.detail == "1 blocks (24 bytes) were never freed");
}

BOOST_AUTO_TEST_CASE(a_leak_without_a_failure_is_found) {
    const auto report =
        for_each_allocation_failure([](memory_resource& memory) { (void)memory.allocate(24, 8); });
    BOOST_TEST(report.verdict == failure_verdict::leaked);
    BOOST_TEST(!report.number);
    BOOST_TEST(report.trace.empty());
}

BOOST_AUTO_TEST_CASE(another_exception_is_found) {
    const auto translated = for_each_allocation_failure([](memory_resource& memory) {
        try {
            three_blocks(memory);
        } catch (const std::bad_alloc&) {
            throw std::runtime_error{"out of luck"};
        }
    });
    BOOST_TEST(translated.verdict == failure_verdict::wrong_exception);
    BOOST_TEST(translated.number.value() == 1u);
    BOOST_TEST(translated.detail == "std::runtime_error (out of luck) came out of the scenario");

    // A copy of the base class is another exception too: it has lost what was known.
    const auto sliced = for_each_allocation_failure([](memory_resource& memory) {
        try {
            three_blocks(memory);
        } catch (const std::bad_alloc& e) {
            throw std::bad_alloc{e};
        }
    });
    BOOST_TEST(sliced.verdict == failure_verdict::wrong_exception);

    const auto foreign = for_each_allocation_failure([](memory_resource& memory) {
        try {
            three_blocks(memory);
        } catch (const std::bad_alloc&) {
            throw 42;
        }
    });
    BOOST_TEST(foreign.detail == "int came out of the scenario");
}

BOOST_AUTO_TEST_CASE(what_the_scenario_throws_by_itself_passes_through) {
    BOOST_CHECK_THROW((void)for_each_allocation_failure([](memory_resource& memory) {
                          const block one{memory};
                          throw std::logic_error{"not about memory"};
                      }),
                      std::logic_error);
}

BOOST_AUTO_TEST_CASE(fewer_allocations_in_a_later_run_are_found) {
    bool warm = false;
    const auto report = for_each_allocation_failure([&](memory_resource& memory) {
        three_blocks(memory);
        if (!warm) {
            const block fills_a_cache{memory};
            warm = true;
        }
    });
    BOOST_TEST(report.verdict == failure_verdict::nondeterministic);
    BOOST_TEST(report.number.value() == 4u);
    BOOST_TEST(report.detail ==
               "the scenario made 4 allocations in its first run and 3 in a later one");
}

BOOST_AUTO_TEST_CASE(more_allocations_in_a_later_run_are_found) {
    int run = 0;
    const auto report = for_each_allocation_failure([&](memory_resource& memory) {
        three_blocks(memory);
        if (++run > 1) {
            const block grows{memory};
        }
    });
    BOOST_TEST(report.verdict == failure_verdict::nondeterministic);
    BOOST_TEST(!report.number);
}

BOOST_AUTO_TEST_CASE(misuse_of_memory_is_found) {
    const auto always = for_each_allocation_failure(
        [](memory_resource& memory) { memory.deallocate(memory.allocate(24, 8), 16, 8); });
    BOOST_TEST(always.verdict == failure_verdict::misused);
    BOOST_TEST(!always.number);
    BOOST_TEST(!always.detail.empty());

    const auto when_it_fails = for_each_allocation_failure([](memory_resource& memory) {
        void* first = memory.allocate(24, 8);
        try {
            const block second{memory};
        } catch (const std::bad_alloc&) {
            memory.deallocate(first, 24, 8);
            memory.deallocate(first, 24, 8);
            throw;
        }
        memory.deallocate(first, 24, 8);
    });
    BOOST_TEST(when_it_fails.verdict == failure_verdict::misused);
    BOOST_TEST(when_it_fails.number.value() == 2u);
}

BOOST_AUTO_TEST_CASE(a_changed_state_inside_the_scenario_is_found) {
    const auto report = for_each_allocation_failure([](memory_resource& memory) {
        int count = 0;
        const strata::unchanged_on_failure guard{[&] { return count; }};
        ++count;  // too early
        const block one{memory};
    });
    BOOST_TEST(report.verdict == failure_verdict::state_changed);
    BOOST_TEST(report.number.value() == 1u);

    const auto sound = for_each_allocation_failure([](memory_resource& memory) {
        int count = 0;
        const strata::unchanged_on_failure guard{[&] { return count; }};
        const block one{memory};
        ++count;
    });
    BOOST_TEST(sound);
}

BOOST_AUTO_TEST_CASE(a_changed_state_outside_the_scenario_is_found) {
    std::string log;
    const auto report = for_each_allocation_failure(
        [&](memory_resource& memory) {
            const block one{memory};
            log += '.';
            const block two{memory};
        },
        {.probe = [&] { return log; }});
    BOOST_TEST(report.verdict == failure_verdict::state_changed);
    BOOST_TEST(report.number.value() == 2u);
}

BOOST_AUTO_TEST_CASE(a_guard_outside_of_a_sweep_reports_a_misuse) {
    const tests::misuse_recorder misuses;
    try {
        int count = 0;
        const strata::unchanged_on_failure guard{[&] { return count; }};
        ++count;
        throw std::bad_alloc{};
    } catch (const std::bad_alloc&) {
    }
    BOOST_TEST(misuses.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_scenario_that_allocates_nothing_proves_nothing) {
    const auto nothing = [](memory_resource&) { const std::string elsewhere(100, 'x'); };
    const auto report = for_each_allocation_failure(nothing);
    BOOST_TEST(report.verdict == failure_verdict::too_few_allocations);
    BOOST_TEST(for_each_allocation_failure(nothing, {.least_allocations = 0}));
}

BOOST_AUTO_TEST_CASE(a_scenario_without_end_is_stopped) {
    const auto report = for_each_allocation_failure(
        [](memory_resource& memory) {
            for (;;) {
                const block one{memory};
            }
        },
        {.most_allocations = 100});
    BOOST_TEST(report.verdict == failure_verdict::too_many_allocations);
    BOOST_TEST(report.detail == "the scenario makes more than 100 allocations: make it smaller, or "
                                "set failure_sweep::most_allocations");
    BOOST_TEST(for_each_allocation_failure(three_blocks, {.most_allocations = 3}));
    BOOST_TEST(!for_each_allocation_failure(three_blocks, {.most_allocations = 2}));
}

BOOST_AUTO_TEST_SUITE_END()
