// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Operator new on a concurrent pool: the fast paths, and what they must leave to the slow ones.
#define BOOST_TEST_MODULE global_pool
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/testing/allocation_budget.hpp>

#include "new_forms.hpp"
#include "support/asan.hpp"
#include "support/memcheck.hpp"
#include "support/misuse_recorder.hpp"
#include "support/random.hpp"

namespace {

// An upstream that itself calls operator new and delete in each call.
class noisy_upstream final : public std::pmr::memory_resource {
public:
    std::size_t calls = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        call_operator_new();
        void* const block = strata::system_heap()->allocate(bytes, alignment);
        call_operator_new();
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        call_operator_new();
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    // Frees the block that it took some calls ago.
    void call_operator_new() {
        const std::size_t place = ++calls % taken_.size();
        const std::size_t size = calls * 40 % 3000;
        ::operator delete(std::exchange(taken_[place], ::operator new(size)));
    }

    std::array<void*, 5> taken_{};
};

noisy_upstream& the_upstream() {
    static union immortal {
        noisy_upstream upstream;
        immortal() : upstream{} {}
        ~immortal() {}
    } held;
    return held.upstream;
}

}  // namespace

#ifdef STRATA_TEST_TEXT
STRATA_GLOBAL_RESOURCE(strata::strategy::parse("concurrent_pool").build(&the_upstream()));
#elif defined(STRATA_TEST_STACK)
STRATA_GLOBAL_RESOURCE(strata::stack{strata::concurrent_pool{},
                                     static_cast<std::pmr::memory_resource*>(&the_upstream())});
#else
STRATA_GLOBAL_RESOURCE(strata::concurrent_pool_resource{strata::concurrent_pool{},
                                                        &the_upstream()});
#endif

namespace {

template <class T>
T hidden(T value) {
    asm volatile("" : "+r"(value));
    return value;
}

// The tools stop at the first use of what is before a freed block.
boost::test_tools::assertion_result without_tools(boost::unit_test::test_unit_id /*of*/) {
    return !tests::asan && !tests::is_memcheck();
}

void expect_one(const tests::misuse_recorder& misuses, const std::string& text) {
    BOOST_TEST_REQUIRE(misuses.count() == 1U);
    const std::string& message = misuses.messages().front();
    BOOST_TEST(message.find(text) != std::string::npos, message << ", missing: " << text);
}

struct live_block {
    unsigned char* at;
    std::size_t size;
    std::size_t alignment;
    unsigned char filled_with;
};

void free_block(const live_block& block, std::size_t form) {
    bool is_whole = true;
    for (std::size_t i = 0; i != block.size; ++i) {
        is_whole = is_whole && block.at[i] == block.filled_with;
    }
    BOOST_TEST_REQUIRE(is_whole);
    tests::delete_forms[form].call(block.at, block.size, block.alignment);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_size_and_form_gives_a_block_of_its_own) {
    for (const auto& make : tests::new_forms) {
        for (std::size_t size = 0; size < 20'000; size += size < 300 ? 1 : 37) {
            const std::size_t alignment = make.is_aligned ? std::size_t{1} << size % 13 : 16;
            std::array<live_block, 2> blocks{};
            for (live_block& each : blocks) {
                const auto filler = static_cast<unsigned char>(&each - blocks.data() + 1);
                each = {static_cast<unsigned char*>(make.call(size, alignment)), size, alignment,
                        filler};
                BOOST_TEST_REQUIRE(reinterpret_cast<std::uintptr_t>(each.at) % alignment == 0U);
                std::memset(each.at, filler, size);
            }
            std::size_t form = size % tests::delete_forms.size();
            while (tests::delete_forms[form].is_aligned != make.is_aligned) {
                form = (form + 1) % tests::delete_forms.size();
            }
            free_block(blocks[0], form);
            free_block(blocks[1], form);
        }
    }
}

BOOST_DATA_TEST_CASE(the_upstream_may_allocate_while_the_pool_takes_a_chunk,
                     boost::unit_test::data::xrange(1, 5), seed) {
    tests::random random{static_cast<std::uint64_t>(seed)};
    const std::size_t before = the_upstream().calls;
    std::vector<live_block> live;
    for (std::size_t i = 0; i != 20'000; ++i) {
        if (live.empty() || random.below(5) < 3) {
            const std::size_t size = random.below(random.below(10) == 0 ? 30'000 : 500);
            const auto filler = static_cast<unsigned char>(random.below(256));
            auto* const at = static_cast<unsigned char*>(::operator new(size));
            std::memset(at, filler, size);
            live.push_back({at, size, 16, filler});
        } else {
            std::swap(live[random.below(live.size())], live.back());
            free_block(live.back(), random.below(2) * 2);
            live.pop_back();
        }
    }
    for (const live_block& each : live) {
        free_block(each, 2);
    }
    BOOST_TEST(the_upstream().calls > before);
}

BOOST_AUTO_TEST_CASE(another_resource_serves_as_long_as_it_is_installed) {
    strata::stats_resource counted{strata::system_heap()};
    void* const before = ::operator new(64);
    void* during = nullptr;
    {
        const strata::global::scoped_resource use{counted};
        ::operator delete(hidden(::operator new(64)), 64);  // nothing that the pool has at hand
        during = ::operator new(64);
        ::operator delete(before, 64);  // goes back to the pool
        BOOST_TEST(counted.snapshot().allocations == 2U);
        BOOST_TEST(counted.snapshot().live_blocks == 1);
    }
    void* const after = ::operator new(64);
    BOOST_TEST(counted.snapshot().allocations == 2U);
    ::operator delete(during, 64);
    BOOST_TEST(counted.snapshot().live_blocks == 0);
    ::operator delete(after, 64);
}

BOOST_AUTO_TEST_CASE(budgets_are_told_of_allocations_that_need_no_new_memory) {
    ::operator delete(hidden(::operator new(64)), 64);
    for (int i = 0; i != 2; ++i) {
        const strata::allocation_budget few{strata::through_operator_new,
                                            {.at_end = strata::on_finding::ignore}};
        ::operator delete(hidden(::operator new(64)), 64);
        BOOST_TEST(few.blocks() == 1U);
        BOOST_TEST(few.bytes() == 64U);
    }
}

// --- misuse -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_double_free_is_reported, *boost::unit_test::precondition(without_tools)) {
    for (const std::size_t size : {std::size_t{40}, std::size_t{4000}}) {
        const tests::misuse_recorder misuses;
        void* const block = ::operator new(size);
        void* const same = hidden(block);
        ::operator delete(block, size);
        ::operator delete(same, size);
        expect_one(misuses, "was freed before");
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_size_is_reported_and_the_block_freed_with_its_own) {
    void* const block = ::operator new(40);
    const auto place = reinterpret_cast<std::uintptr_t>(block);
    {
        const tests::misuse_recorder misuses;
        ::operator delete(hidden(block), 200);
        expect_one(misuses, "with 200 bytes, which was asked for with 40");
    }
    void* const again = ::operator new(40);
    if (!tests::asan && !tests::is_memcheck()) {
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(again) == place);
    }
    ::operator delete(again, 40);
}

BOOST_AUTO_TEST_CASE(a_wrong_alignment_is_reported) {
    const tests::misuse_recorder misuses;
    void* const block = hidden(::operator new(40, std::align_val_t{64}));
    ::operator delete(hidden(block));
    expect_one(misuses, "aligned to 16, which was asked for aligned to 64");
    ::operator delete(block, std::align_val_t{64});
    BOOST_TEST(misuses.count() == 1U);
}

BOOST_AUTO_TEST_CASE(a_pointer_that_is_not_from_operator_new_is_reported) {
    const tests::misuse_recorder misuses;
    alignas(16) std::array<std::byte, 64> bytes{};
    ::operator delete(hidden(bytes.data() + 32));
    expect_one(misuses, "not a live block of operator new");
}

BOOST_AUTO_TEST_CASE(a_write_right_before_a_block_is_reported) {
    const tests::misuse_recorder misuses;
    auto* const block = static_cast<unsigned char*>(hidden(::operator new(40)));
    const unsigned char before = *hidden(block - 1);
    *hidden(block - 1) = static_cast<unsigned char>(before ^ 1U);
    ::operator delete(hidden(block), 40);
    expect_one(misuses, "header is corrupted");
    *hidden(block - 1) = before;
    ::operator delete(hidden(block), 40);
    BOOST_TEST(misuses.count() == 1U);
}
