// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory_resource>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <strata/adaptors/fallback_resource.hpp>
#include <strata/adaptors/limit_resource.hpp>
#include <strata/adaptors/stats_resource.hpp>
#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/asan.hpp"
#include "support/forwarding.hpp"
#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(fallback_resource_test)

namespace {

using checking = strata::checking_resource;
using failure = checking::failure;

// In front of a checking resource: cannot tell what it owns, as it is not this library's.
class reserved : public std::pmr::memory_resource {
public:
    checking known;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return known.allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        known.deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

checking& checked(checking& of) {
    return of;
}
checking& checked(reserved& of) {
    return of.known;
}

struct told_by_owns {
    using upstream = checking;
    static constexpr bool marks = false;
};
struct told_by_marks {
    using upstream = reserved;
    static constexpr bool marks = true;
};
using both_ways = std::tuple<told_by_owns, told_by_marks>;

// Three upstreams, whose blocks are told apart one way or the other, and a fallback over them.
template <class Way>
struct three {
    std::array<typename Way::upstream, 3> upstreams;
    strata::fallback_resource<typename Way::upstream, typename Way::upstream,
                              typename Way::upstream>
        memory{&upstreams[0], &upstreams[1], &upstreams[2]};

    checking& operator[](std::size_t index) { return checked(upstreams[index]); }
};

void use_at_random(std::pmr::memory_resource& memory, std::size_t seed) {
    tests::random dice{seed};
    std::vector<std::pair<std::byte*, std::size_t>> blocks;
    for (int step = 0; step != 5000; ++step) {
        if (blocks.size() < 4) {
            const std::size_t size = dice.below(200);
            blocks.emplace_back(static_cast<std::byte*>(memory.allocate(size)), size);
            std::memset(blocks.back().first, 0xFF, size);
        } else {
            std::swap(blocks.back(), blocks[dice.below(blocks.size())]);
            memory.deallocate(blocks.back().first, blocks.back().second);
            blocks.pop_back();
        }
    }
    for (const auto& [block, size] : blocks) {
        memory.deallocate(block, size);
    }
}

void use_in_two_threads(std::pmr::memory_resource& memory) {
    std::thread other{[&] { use_at_random(memory, 1); }};
    use_at_random(memory, 2);
    other.join();
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(the_first_serves_what_it_can, Way, both_ways) {
    three<Way> of;
    BOOST_TEST(of.memory.marks_blocks() == Way::marks);
    tests::check_forwarding(of.memory, of[0], Way::marks ? 1 : 0);
    BOOST_TEST(of[1].requests().empty());
    BOOST_TEST(of[2].requests().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_next_is_asked_for_the_same_and_gets_it_back, Way, both_ways) {
    for (std::size_t serving = 1; serving != 3; ++serving) {
        three<Way> of;
        for (std::size_t i = 0; i != serving; ++i) {
            of[i].allow_zero_sizes();
            of[i].fail_from(1, i == 0 ? failure::injected : failure::bad_alloc);
        }
        tests::check_forwarding(of.memory, of[serving], Way::marks ? 1 : 0);
        for (std::size_t i = 0; i != serving; ++i) {
            BOOST_TEST((of[i].requests() == of[serving].requests()));
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(each_block_goes_home_whoever_fails_meanwhile, Way, both_ways) {
    three<Way> of;
    std::array<std::vector<std::pair<void*, strata::layout>>, 3> blocks;
    for (const std::size_t serving : {2U, 0U, 1U, 0U, 2U, 1U}) {
        for (std::size_t i = 0; i != 3; ++i) {
            of[i].allow_zero_sizes();
            i < serving ? of[i].fail_from(1) : of[i].never_fail();
        }
        for (const strata::layout each : tests::assorted_layouts) {
            void* block = of.memory.allocate(each.size, each.alignment);
            std::memset(block, 0xFF, each.size);
            BOOST_TEST((of[serving].owns(block) == strata::ownership::yes));
            BOOST_TEST((of.memory.owns(block) ==
                        (Way::marks ? strata::ownership::unknown : strata::ownership::yes)));
            blocks[serving].emplace_back(block, each);
        }
    }
    for (const std::size_t from : {1U, 2U, 0U}) {
        for (const auto& [block, as] : blocks[from]) {
            of.memory.deallocate(block, as.size, as.alignment);
        }
        BOOST_TEST(of[from].live_blocks() == 0u);
        BOOST_TEST(of[from].errors().empty());
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_last_failure_passes_unchanged, Way, both_ways) {
    for (const failure last : {failure::injected, failure::foreign}) {
        three<Way> of;
        of[0].fail_at(1);
        of[1].fail_at(1);
        of[2].fail_at(1, last);
        const strata::layout asked{40 + (Way::marks ? 1U : 0U), 32};
        try {
            (void)of.memory.allocate(40, 32);
            BOOST_ERROR("nothing was thrown");
        } catch (const strata::injected_failure& failed) {
            BOOST_TEST((last == failure::injected));
            BOOST_TEST(failed.asked() == asked);
        } catch (const checking::foreign_failure& failed) {
            BOOST_TEST((last == failure::foreign));
            BOOST_TEST(failed.refused == asked);
        }
        of.memory.deallocate(of.memory.allocate(40, 32), 40, 32);
        BOOST_TEST(of[0].deallocations() == 1u);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_no_lack_of_memory_passes_from_any, Way, both_ways) {
    for (std::size_t failing = 0; failing != 3; ++failing) {
        three<Way> of;
        for (std::size_t i = 0; i != failing; ++i) {
            of[i].fail_at(1);
        }
        of[failing].fail_at(1, failure::foreign);
        BOOST_CHECK_THROW((void)of.memory.allocate(8), checking::foreign_failure);
        for (std::size_t i = failing + 1; i != 3; ++i) {
            BOOST_TEST(of[i].requests().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_wraps, Way, both_ways) {
    three<Way> of;
    tests::check_huge_sizes(of.memory);
    for (std::size_t i = 0; i != 3; ++i) {
        for (const strata::layout each : of[i].requests()) {
            BOOST_TEST(each.size > checking::largest);
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(containers_over_upstreams_that_fail_at_random, Way, both_ways) {
    three<Way> of;
    tests::random dice{1};
    std::pmr::map<std::size_t, std::pmr::vector<std::size_t>> map{&of.memory};
    for (std::size_t step = 0; step != 3000; ++step) {
        for (const std::size_t i : {0U, 1U}) {
            dice.below(2) == 0 ? of[i].fail_from(1) : of[i].never_fail();
        }
        const std::size_t key = dice.below(50);
        dice.below(3) == 0 ? void(map.erase(key)) : map[key].push_back(step);
    }
    for (std::size_t i = 0; i != 3; ++i) {
        BOOST_TEST(of[i].allocations() > 0u);
    }
}

BOOST_AUTO_TEST_CASE(one_that_cannot_tell_may_stand_anywhere) {
    for (std::size_t place = 0; place != 3; ++place) {
        std::array<checking, 2> knowing;
        reserved unknowing;
        std::vector<std::pmr::memory_resource*> all{&knowing[0], &knowing[1]};
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(place), &unknowing);
        strata::fallback_resource memory{all[0], all[1], all[2]};
        BOOST_TEST(!memory.marks_blocks());
        knowing[0].fail_at(2);
        unknowing.known.fail_at(2);
        knowing[1].fail_at(2);
        std::array<void*, 4> blocks{};
        for (void*& each : blocks) {
            each = nullptr;
            try {
                each = memory.allocate(10);
            } catch (const std::bad_alloc&) {
            }
        }
        for (void* each : blocks) {
            if (each != nullptr) {
                memory.deallocate(each, 10);
            }
        }
    }  // where the upstreams complain if a block went elsewhere
}

BOOST_AUTO_TEST_CASE(any_number_of_upstreams) {
    checking only;
    strata::fallback_resource one{&only};
    BOOST_TEST(!one.marks_blocks());
    tests::check_forwarding(one, only);
    only.fail_at(1, failure::injected);
    BOOST_CHECK_THROW((void)one.allocate(1), strata::injected_failure);

    reserved unknowing;
    strata::fallback_resource one_unknowing{&unknowing};
    BOOST_TEST(!one_unknowing.marks_blocks());
    tests::check_forwarding(one_unknowing, unknowing.known);
}

BOOST_AUTO_TEST_CASE(upstreams_that_share_one_that_knows_its_blocks_are_told_by_marks) {
    checking shared;
    strata::limit_resource one{strata::limit{.blocks = 1}, &shared};
    strata::limit_resource other{strata::limit{.blocks = 1}, &shared};
    BOOST_TEST((strata::fallback_resource{&one, &other}.marks_blocks()));
    BOOST_TEST((strata::fallback_resource{&one, &shared}.marks_blocks()));
    BOOST_TEST((strata::fallback_resource{&shared, &one}.marks_blocks()));

    strata::fallback_resource memory{&one, &other, &shared};
    std::array<void*, 3> blocks{memory.allocate(8), memory.allocate(8), memory.allocate(8)};
    memory.deallocate(blocks[1], 8);
    BOOST_TEST(one.usage().live_blocks.value() == 1u);
    BOOST_TEST(other.usage().live_blocks.value() == 0u);
    memory.deallocate(blocks[2], 8);
    memory.deallocate(blocks[0], 8);
    BOOST_TEST(one.usage().live_blocks.value() == 0u);
}

BOOST_AUTO_TEST_CASE(upstreams_that_share_the_heap_need_no_marks_if_they_know_their_blocks) {
    strata::pool_resource one{strata::system_heap()};
    strata::arena_resource other{strata::system_heap()};
    BOOST_TEST((!strata::fallback_resource{&one, &other}.marks_blocks()));
    BOOST_TEST((!strata::fallback_resource{&one, strata::system_heap()}.marks_blocks()));
    strata::stats_resource counted{strata::system_heap()};
    BOOST_TEST((strata::fallback_resource{&counted, strata::system_heap()}.marks_blocks()));
}

BOOST_AUTO_TEST_CASE(an_upstream_whose_type_can_refuse_without_a_throw_is_asked_so) {
    class shy : public checking {
    public:
        std::size_t tries = 0;
        [[nodiscard]] void* try_allocate(strata::layout /*wanted*/) noexcept {
            ++tries;
            return nullptr;
        }
    } first;
    checking last;
    strata::fallback_resource memory{&first, &last};
    memory.deallocate(memory.allocate(10), 10);
    BOOST_TEST(first.tries == 1u);
    BOOST_TEST(first.requests().empty());

    std::pmr::memory_resource* unknown_type = &first;
    strata::fallback_resource by_throw{unknown_type, &last};
    first.fail_at(1);
    by_throw.deallocate(by_throw.allocate(10), 10);
    BOOST_TEST(first.tries == 1u);
    BOOST_TEST(last.allocations() == 2u);
}

BOOST_AUTO_TEST_CASE(a_buffer_and_the_heap) {
    strata::fixed_buffer_resource<1024> local;
    strata::fallback_resource memory{&local, strata::system_heap()};
    BOOST_TEST(!memory.marks_blocks());
    {
        std::pmr::vector<int> numbers{&memory};
        for (int i = 0; i != 10'000; ++i) {
            numbers.push_back(i);
        }
        BOOST_TEST(memory.owns(numbers.data()) == strata::ownership::unknown);
        std::pmr::vector<int> few{{1, 2, 3}, &memory};
        BOOST_TEST(memory.owns(few.data()) == strata::ownership::yes);
    }
    BOOST_TEST(local.usage().live_blocks.value() == 0u);
}

BOOST_AUTO_TEST_CASE(the_mark_is_poisoned, *boost::unit_test::enable_if<tests::asan>()) {
    strata::fallback_resource memory{std::pmr::new_delete_resource(), strata::system_heap()};
    for (std::size_t size = 0; size != 40; ++size) {
        auto* block = static_cast<std::byte*>(memory.allocate(size));
        BOOST_TEST(tests::is_poisoned(block + size));
        BOOST_TEST((size == 0 || !tests::is_poisoned(block + size - 1)));
        memory.deallocate(block, size);
    }
}

BOOST_AUTO_TEST_CASE(a_fallback_may_be_an_upstream_of_another) {
    std::array<reserved, 2> inner_upstreams;
    checking last;
    strata::fallback_resource inner{&inner_upstreams[0], &inner_upstreams[1]};
    strata::fallback_resource outer{&inner, &last};
    BOOST_TEST(!outer.marks_blocks());
    inner_upstreams[0].known.fail_from(1);
    void* second = outer.allocate(10);
    inner_upstreams[1].known.fail_from(1);
    void* third = outer.allocate(10);
    BOOST_TEST(inner_upstreams[1].known.live_blocks() == 1u);
    BOOST_TEST(last.live_blocks() == 1u);
    outer.deallocate(second, 10);
    outer.deallocate(third, 10);
}

BOOST_AUTO_TEST_CASE(threads_may_use_it_with_marks) {
    strata::limit_resource first{strata::limit{.blocks = 3}, strata::system_heap()};
    strata::limit_resource second{strata::limit{.bytes = 400}, strata::system_heap()};
    strata::fallback_resource memory{&first, &second, strata::system_heap()};
    BOOST_TEST(memory.marks_blocks());
    use_in_two_threads(memory);
    BOOST_TEST(first.usage().live_blocks.value() == 0u);
    BOOST_TEST(second.usage().live_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(threads_may_use_it_without_marks) {
    strata::fixed_buffer_resource<512> buffer;
    strata::synchronized_resource first{&buffer};
    strata::fallback_resource memory{&first, strata::system_heap()};
    BOOST_TEST(!memory.marks_blocks());
    use_in_two_threads(memory);
    BOOST_TEST(buffer.usage().live_blocks.value() == 0u);
}

BOOST_AUTO_TEST_CASE(it_says_what_it_is) {
    checking one;
    checking two;
    strata::fallback_resource memory{&one, &two};
    static_assert(std::is_same_v<decltype(memory), strata::fallback_resource<checking, checking>>);
    BOOST_TEST(memory.name() == "fallback");
    BOOST_TEST(memory.upstream(0) == &one);
    BOOST_TEST(memory.upstream(1) == &two);
    BOOST_TEST(memory.upstream(2) == nullptr);
    BOOST_TEST(memory.owns(&memory) == strata::ownership::no);
    BOOST_TEST((memory.usage() == strata::usage{}));
}

BOOST_AUTO_TEST_SUITE_END()
