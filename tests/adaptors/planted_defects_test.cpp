// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <vector>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/finding_recorder.hpp"
#include "support/planted_defects.hpp"
#include "support/wild_write.hpp"

BOOST_AUTO_TEST_SUITE(planted_defects_test)

namespace {

using strata::finding;

struct expectation {
    finding kind;
    std::vector<std::string> texts;
};

// In the order of the defects.
const std::array expected{
    expectation{finding::write_after_free,
                {"written to after it was freed", "48 B aligned to 8", "1 byte at +20", "dd 21 dd",
                 "freed", "at tests::defects::use_after_free (planted_defects.hpp", "allocated",
                 "at tests::defects::use_after_free (planted_defects.hpp"}},
    expectation{
        finding::overflow,
        {"memory after a block", "37 B aligned to 8", "1 byte at +37, right after its end",
         "21 fb", "found", "at tests::defects::overflow_of_1_byte (planted_defects.hpp",
         "allocated", "at tests::defects::overflow_of_1_byte (planted_defects.hpp"}},
    expectation{finding::double_free,
                {"freed twice", "32 B aligned to 8", "freed again",
                 "at tests::defects::double_free (planted_defects.hpp", "freed first",
                 "at tests::defects::double_free (planted_defects.hpp", "allocated",
                 "at tests::defects::double_free (planted_defects.hpp"}},
    expectation{finding::wrong_size,
                {"a wrong size", "64 B aligned to 8", "freed as", "32 B aligned to 8", "freed",
                 "at tests::defects::wrong_size (planted_defects.hpp", "allocated",
                 "at tests::defects::wrong_size (planted_defects.hpp"}},
    expectation{finding::leak,
                {"1 block (80 B) is still live", "80 B in 1 block",
                 "at tests::defects::leak (planted_defects.hpp"}},
    expectation{
        finding::overflow,
        {"memory after a block", "24 B aligned to 8", "1 byte at +24, right after its end",
         "21 fb", "allocated", "at tests::defects::arena_overflow (planted_defects.hpp"}},
    expectation{finding::write_after_free,
                {"written to after it was freed", "48 B aligned to 8", "1 byte at +0", "21 dd",
                 "freed", "at tests::defects::use_after_deallocate (planted_defects.hpp",
                 "allocated", "at tests::defects::use_after_deallocate (planted_defects.hpp"}},
    expectation{finding::write_after_free,
                {"written to after release()", "56 B aligned to 8", "1 byte at +55", "dd 21",
                 "released", "(planted_defects_test.cpp:", "allocated",
                 "at tests::defects::use_after_release (planted_defects.hpp"}},
};
static_assert(expected.size() == tests::planted_defects.size());

// What an overflow in an arena goes with: its block is never freed.
strata::debug options_for(std::string_view over, tests::finding_recorder& recorder) {
    return {.name = over,
            .handler = recorder.handler(),
            .leaks = over == "pool",
            .freed_fill = std::byte{0xDD}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(debug_alone_finds_8_of_8) {
    std::size_t found = 0;
    for (std::size_t i = 0; i != expected.size(); ++i) {
        const tests::planted_defect& defect = tests::planted_defects[i];
        BOOST_TEST_CONTEXT(defect.over << ": " << defect.name) {
            tests::finding_recorder recorder;
            const auto plant = [&](auto& below) {
                strata::debug_resource memory{options_for(defect.over, recorder), &below};
                defect.plant({memory, [&] { memory.release(); }, tests::wild_write});
            };
            if (defect.over == "pool") {
                strata::pool_resource pool{strata::system_heap()};
                plant(pool);
            } else {
                strata::arena_resource arena{strata::system_heap()};
                plant(arena);
            }
            found += recorder.empty() ? 0 : 1;
            recorder.expect(expected[i].kind, expected[i].texts);
        }
    }
    BOOST_TEST_MESSAGE("debug_resource alone found " << found << " of " << expected.size());
    BOOST_TEST(found == 8u);
}

BOOST_AUTO_TEST_SUITE_END()
