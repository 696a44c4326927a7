// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/call_sites.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/traces.hpp"
#include "tool/failure.hpp"
#include "tool/trace/checksum.hpp"
#include "tool/trace/compression.hpp"
#include "tool/trace/packed_format.hpp"
#include "tool/trace/site_frames.hpp"
#include "tool/trace/site_groups.hpp"
#include "tool/trace/trace_summary.hpp"

BOOST_AUTO_TEST_SUITE(call_sites_test)

using strata::live_trace::kind;
using strata::tool::failure;
using strata::tool::trace::call_sites;
using strata::tool::trace::code_name;
using strata::tool::trace::code_place;
using strata::tool::trace::event;
using strata::tool::trace::event_kind;
using strata::tool::trace::frame_header;
using strata::tool::trace::on_damage;
using strata::tool::trace::packed_header;
using strata::tool::trace::site_frame_reader;
using strata::tool::trace::site_frames;
using strata::tool::trace::trace_summary;
using strata::tool::trace::usage;
using tests::live_trace_writer;
using tests::random_trace;
using tests::read_all;
using tests::refusal_of;

namespace {

constexpr std::uint32_t usual_chunk = strata::live_trace::events_per_chunk;

random_trace with_stacks(std::uint64_t seed, std::size_t steps,
                         std::uint32_t events_in_chunk = usual_chunk) {
    return random_trace{seed, 1 + seed % 4, steps, events_in_chunk, true};
}

template <class List>
bool equal(const List& left, const List& right) {
    return std::ranges::equal(left, right);
}

// The numbers of places may differ: they are compared by what calls say of them.
void check_equal(const call_sites& found, const call_sites& expected) {
    BOOST_TEST(equal(found.modules(), expected.modules()));
    BOOST_REQUIRE(found.calls().size() == expected.calls().size());
    for (std::uint32_t site = 0; site != found.calls().size(); ++site) {
        const auto some = found.calls_of(site);
        const auto all = expected.calls_of(site);
        BOOST_REQUIRE(some.size() == all.size());
        for (std::size_t i = 0; i != some.size(); ++i) {
            BOOST_REQUIRE(some[i].address == all[i].address);
            BOOST_REQUIRE((some[i].module == nullptr) == (all[i].module == nullptr));
            BOOST_REQUIRE((some[i].module == nullptr || *some[i].module == *all[i].module));
            BOOST_REQUIRE((some[i].name == nullptr) == (all[i].name == nullptr));
            BOOST_REQUIRE((some[i].name == nullptr || *some[i].name == *all[i].name));
        }
    }
}

// Names of some of the places.
void add_names(call_sites& to, tests::random& dice) {
    for (code_place& each : to.places()) {
        for (std::uint64_t count = dice.below(4); count != 0; --count) {
            const auto name = [&](const char* stem) {
                return dice.below(4) == 0 ? "" : stem + std::to_string(dice.below(50));
            };
            each.names.push_back(
                {name("function_"), name("file_"), static_cast<std::uint32_t>(dice.below(500))});
        }
    }
}

std::string mutated(std::string bytes, tests::random& dice) {
    for (std::size_t times = 1 + dice.below(4); times != 0; --times) {
        const std::size_t at = dice.below(bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1 + dice.below(255)));
    }
    return bytes;
}

// Every site can be asked for, whatever is in the file.
void ask_for_all(const call_sites& of) {
    for (std::uint32_t site = 0; site <= of.calls().size(); ++site) {
        BOOST_TEST(of.calls_of(site).size() <= 4 * of.calls().size());
    }
}

}  // namespace

// --- random programs --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_live_trace_has_the_call_sites_of_the_program) {
    for (std::uint64_t seed = 1; seed != 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const random_trace program =
                with_stacks(seed, tests::rounds(3000), seed % 2 == 0 ? 50 : usual_chunk);
            const auto all = read_all(program.file());
            BOOST_TEST(!program.expected_sites().empty());
            BOOST_TEST((all.list.events == program.expected().events));
            check_equal(all.sites, program.expected_sites());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_packed_trace_has_the_call_sites_and_their_names) {
    for (std::uint64_t seed = 1; seed != 20; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            tests::random dice{seed};
            const random_trace program = with_stacks(seed, tests::rounds(3000));
            call_sites named = program.expected_sites();
            add_names(named, dice);
            const std::string file = tests::packed(program.expected().events, {}, named);
            const auto again = read_all(file, on_damage::refuse, false);
            BOOST_TEST((again.list.events == program.expected().events));
            check_equal(again.sites, named);
            BOOST_TEST(tests::packed(again.list.events, {}, again.sites) == file);
        }
    }
}

BOOST_AUTO_TEST_CASE(call_sites_may_take_several_frames) {
    tests::random dice{1};
    call_sites named = with_stacks(1, 3000).expected_sites();
    add_names(named, dice);
    const std::vector<std::string> payloads = site_frames(named, 100);
    BOOST_TEST(payloads.size() > 10u);
    site_frame_reader reader;
    call_sites again;
    for (const std::string& each : payloads) {
        BOOST_TEST(reader.read(each, again) == nullptr);
    }
    check_equal(again, named);
}

namespace {

// The packed trace with its call stacks in many small frames.
struct frames_of_sites {
    std::string before;
    std::vector<std::string> frames;
    std::string behind;

    explicit frames_of_sites(const call_sites& of) {
        const std::string file = tests::packed({}, {}, of);
        const auto size_at = [&](std::size_t at) {
            frame_header head{};
            std::memcpy(&head, file.data() + at, sizeof head);
            return sizeof head + head.packed_bytes;
        };
        const std::size_t begin = sizeof(packed_header);
        before = file.substr(0, begin);
        behind = file.substr(begin + size_at(begin));
        for (const std::string& payload : site_frames(of, 20)) {
            const std::string packed = strata::tool::trace::compressed(payload);
            frame_header head{};
            head.magic = strata::tool::trace::frame_magic;
            head.kind = static_cast<std::uint32_t>(strata::tool::trace::frame_kind::sites);
            head.packed_bytes = static_cast<std::uint32_t>(packed.size());
            head.unpacked_bytes = static_cast<std::uint32_t>(payload.size());
            head.checksum = checksum_of(head);
            frames.push_back(std::string(reinterpret_cast<const char*>(&head), sizeof head) +
                             packed);
        }
    }
    [[nodiscard]] call_sites salvaged() const {
        std::string file = before;
        for (const std::string& each : frames) {
            file += each;
        }
        return read_all(file + behind, on_damage::salvage).sites;
    }
};

}  // namespace

// Numbers go on from frame to frame.
BOOST_AUTO_TEST_CASE(of_broken_call_stacks_those_before_are_salvaged) {
    tests::random names{3};
    call_sites named = with_stacks(3, 300).expected_sites();
    add_names(named, names);
    const frames_of_sites whole{named};
    BOOST_TEST_REQUIRE(whole.frames.size() > 10u);
    check_equal(whole.salvaged(), named);
    for (std::size_t i = 0; i != whole.frames.size(); ++i) {
        for (const std::size_t at : {std::size_t{0}, whole.frames[i].size() - 1}) {
            BOOST_TEST_CONTEXT("frame " << i << ", byte " << at) {
                frames_of_sites broken = whole;
                broken.frames[i][at] = static_cast<char>(broken.frames[i][at] ^ 1);
                const call_sites found = broken.salvaged();
                BOOST_TEST(equal(found.modules(), named.modules().first(found.modules().size())));
                BOOST_TEST(equal(found.places(),
                                 std::as_const(named).places().first(found.places().size())));
                BOOST_TEST(equal(found.calls(), named.calls().first(found.calls().size())));
                BOOST_TEST(found.calls().size() < named.calls().size());
            }
        }
    }
}

// --- broken files -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(wrong_frames_of_call_sites_are_read_or_refused) {
    tests::random names{2};
    call_sites named = with_stacks(2, 300).expected_sites();
    add_names(named, names);
    const std::string payload = site_frames(named).at(0);
    for (std::uint64_t seed = 1; seed <= tests::rounds(20'000); ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            tests::random dice{seed};
            std::string wrong = mutated(payload, dice);
            if (dice.below(4) == 0) {
                wrong.resize(dice.below(wrong.size()));
            }
            site_frame_reader reader;
            call_sites some;
            const char* const problem = reader.read(wrong, some);
            BOOST_TEST((problem == nullptr || std::string_view{problem}.starts_with("expected")));
            ask_for_all(some);
        }
    }
}

BOOST_AUTO_TEST_CASE(wrong_live_traces_with_call_stacks_are_read_or_refused) {
    const random_trace program = with_stacks(3, 400, 200);
    const std::string& file = program.file();
    constexpr std::size_t chunk = strata::live_trace::chunk_bytes;
    for (std::uint64_t seed = 1; seed <= tests::rounds(1000); ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            tests::random dice{seed};
            std::string wrong = file;
            for (std::size_t times = 1 + dice.below(4); times != 0; --times) {
                const std::size_t at = chunk * dice.below(file.size() / chunk) + dice.below(2400);
                wrong[at] = static_cast<char>(dice.below(256));
            }
            for (const on_damage policy : {on_damage::refuse, on_damage::salvage}) {
                try {
                    ask_for_all(read_all(wrong, policy).sites);
                } catch (const failure& why) {
                    BOOST_TEST(std::string_view{why.what()}.starts_with("FILE: offset "));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_call_stack_is_refused) {
    const auto refusal = [](std::initializer_list<tests::live_event> events) {
        live_trace_writer file{"a program", usual_chunk, true};
        for (const tests::live_event& each : events) {
            file.add(each);
        }
        return refusal_of(file.bytes());
    };
    const auto of_call = [](std::uint64_t number, std::uint64_t caller) {
        return tests::live_event{.kind = kind::call,
                                 .address = 4096,
                                 .size = number | caller << strata::live_trace::bits_of_call};
    };
    const std::string new_call = "expected a new call, with a number above that of its caller";
    BOOST_TEST(refusal({of_call(1, 0), of_call(2, 1)}).empty());
    BOOST_TEST(refusal({of_call(1, 1)}).find(new_call) != std::string::npos);
    BOOST_TEST(refusal({of_call(1, 0), of_call(1, 0)}).find(new_call) != std::string::npos);
    BOOST_TEST(refusal({of_call(0xFF'FFFF, 0)}).find(new_call) != std::string::npos);
    const std::uint64_t last_address = (std::uint64_t{1} << 48) - 1;
    for (const std::uint16_t module : {0xFFFE, 0xFFFF}) {
        const std::string told =
            refusal({{.kind = kind::call, .address = last_address, .size = 1, .resource = module}});
        BOOST_TEST(told.empty() == (module != 0xFFFF));
        BOOST_TEST((told.empty() || told.find(new_call) != std::string::npos));
    }
    BOOST_TEST(refusal({{.kind = kind::site, .size = 0}}).find("the number of a call") !=
               std::string::npos);
    BOOST_TEST(refusal({{.kind = kind::module, .resource = 1, .text = "nothing"}})
                   .find("expected a new module") != std::string::npos);
    // A trace without call stacks has no such events.
    live_trace_writer old;
    old.add(of_call(1, 0));
    BOOST_TEST(refusal_of(old.bytes()).find("kind 1 to 11") != std::string::npos);
}

// --- the functions of the program ----------------------------------------------------------------

namespace {

// A call site is named by the innermost call that is not of an allocator.
bool is_of_allocator(const std::string& function, const std::string& file = "",
                     const std::string& module = "") {
    call_sites all;
    all.append_module({"", module, 0});
    all.append_place({0, 16, {{"caller", "", 0}}});
    all.append_place({1, 32, {{function, file, 0}}});
    all.append_call({0, 1});
    all.append_call({1, 2});
    const auto groups = strata::tool::trace::site_groups(all, {{2, {}}});
    BOOST_TEST_REQUIRE(groups.size() == 1u);
    BOOST_TEST((groups[0].name == "caller" || groups[0].name.starts_with(function)));
    return groups[0].name == "caller";
}

}  // namespace

BOOST_AUTO_TEST_CASE(functions_of_allocators_are_known_by_their_names) {
    for (const char* each : {
             "operator new(unsigned long)",
             "operator new[](unsigned long, std::align_val_t)",
             "malloc",
             "xmalloc",
             "std::string::_M_create(unsigned long&, unsigned long)",
             "std::vector<int, std::allocator<int> >::reserve(unsigned long)",
             "void std::vector<int>::_M_realloc_insert<int const&>(int const&)",
             "char* std::copy<user::iterator, char*>(user::iterator, user::iterator, char*)",
             "user::list<int> std::move_all<user::list<int> >(user::list<int>&) [clone .cold]",
             "decltype (user::make()) std::make<int>(int)",
             "decltype(auto) std::invoke<user::call>(user::call&&)",
             "std::ostream& std::operator<< <char>(std::ostream&, char const*)",
             "std::function<void ()>::operator()() const",
             "bool __gnu_cxx::operator!=<char*>(char* const&, char* const&)",
             "std::unique_ptr<user::type> std::make_unique<user::type>()",
             "non-virtual thunk to std::stringbuf::overflow(int)",
             "strata::pool::do_allocate(unsigned long, unsigned long)",
             "_ZSt8__invokeIZN4user4callEvEUlvE_E",
             "_ZNSt6vectorIiE7reserveEv",
             "_ZNKSt8functionIFvvEEclEv",
             "_ZZSt5applyIiEvvENKUlvE_clEv",
             "_ZZNSt6vectorIiE7reserveEvENKUlvE_clEv",
         }) {
        BOOST_TEST(is_of_allocator(each), each);
    }
}

// Debug information may name an inlined function without its namespace.
BOOST_AUTO_TEST_CASE(functions_of_libraries_are_known_by_their_files) {
    BOOST_TEST(is_of_allocator("operator()", "/usr/include/c++/12/bits/uses_allocator_args.h"));
    BOOST_TEST(is_of_allocator("look", "../include/strata/adaptors/trace_resource.hpp"));
    BOOST_TEST(!is_of_allocator("operator()", "/home/user/include/orders.hpp"));
}

BOOST_AUTO_TEST_CASE(libraries_without_symbols_are_known_by_their_modules) {
    for (const char* each : {"/usr/lib/libstrata.so.0", "/usr/lib/strata/libstrata_malloc.so",
                             "/usr/lib/libstdc++.so.6"}) {
        BOOST_TEST(is_of_allocator("", "", each), each);
    }
    BOOST_TEST(!is_of_allocator("", "", "/usr/lib/liborders.so.1"));
}

BOOST_AUTO_TEST_CASE(functions_that_return_a_type_of_the_library_are_the_programs) {
    for (const char* each : {
             "main",
             "std_make",
             "user::make(int)",
             "std::vector<int> user::make<int>(int)",
             "std::vector<int, std::allocator<int> >& user::make<int>(std::vector<int>&) const",
             "std::unique_ptr<user::type> make<user::type>()",
             "std::string (anonymous namespace)::make<int>(int)",
             "(anonymous namespace)::make(std::string)",
             "std::enable_if<(1)!=(2), void>::type user::make<int>(int)",
             "decltype (std::declval<int>()) user::make<int>(int)",
             "decltype(auto) user::make<std::string>(std::string)",
             "user::type::operator std::string() const",
             "std::string user::operator+<int>(user::number<int>, int)",
             "std::ostream& user::operator<< <int>(std::ostream&, user::number<int>)",
             "std::size_t user::call<&user::operator<, &user::operator->>()",
             "std::string user::make<int>(int)::{lambda(int)#1}::operator()(int) const",
             "std::string user::type::make<int>(int) const::{lambda()#1}::operator()() const",
             "std::string user::make<int>(int)::{lambda(int)#1}::_FUN(int)",
             "std::string user::make[abi:cxx11]<int>(int) [clone .cold]",
             "non-virtual thunk to user::stream::overflow(int)",
             "user::vector<std::string>::push_back(std::string)",
         }) {
        BOOST_TEST(!is_of_allocator(each), each);
    }
}

// --- one case each ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_site_is_that_of_the_next_event_alone) {
    live_trace_writer file{"a program", usual_chunk, true};
    file.add({.kind = kind::call, .clock = 1001, .address = 4096, .size = 1});
    file.add({.kind = kind::site, .clock = 1001, .size = 1});
    file.add({.kind = kind::allocate, .clock = 1001, .address = 16, .size = 8});
    file.add({.kind = kind::allocate, .clock = 1002, .address = 32, .size = 8});
    file.add({.kind = kind::site, .clock = 1003, .size = 1});
    file.add({.kind = kind::reallocate_begin, .clock = 1003, .address = 32});
    file.add({.kind = kind::reallocate_end, .clock = 1004, .address = 48, .size = 9});
    file.add({.kind = kind::site, .clock = 1005, .size = 1});
    file.add({.kind = kind::deallocate, .clock = 1005, .address = 48});
    file.add({.kind = kind::allocate, .clock = 1006, .address = 64, .size = 8});
    std::vector<std::uint32_t> sites;
    for (const event& each : read_all(file.bytes()).list.events) {
        sites.push_back(each.site);
    }
    BOOST_TEST((sites == std::vector<std::uint32_t>{1, 0, 1, 0, 0}));
}

BOOST_AUTO_TEST_CASE(inlined_calls_are_calls_of_their_own) {
    call_sites all;
    all.append_module({"ab", "/lib/a.so", 0});
    all.append_place({1, 16, {{"inner", "a.cpp", 1}, {"outer", "a.cpp", 2}}});
    all.append_place({0, 32, {}});
    all.append_call({0, 2});
    all.append_call({1, 1});
    const auto calls = all.calls_of(2);
    BOOST_REQUIRE(calls.size() == 3u);
    BOOST_TEST(calls[0].name->function == "inner");
    BOOST_TEST(calls[0].is_inlined);
    BOOST_TEST(calls[1].name->function == "outer");
    BOOST_TEST(!calls[1].is_inlined);
    BOOST_TEST(calls[2].module == nullptr);
    BOOST_TEST(calls[2].name == nullptr);
    BOOST_TEST(calls[2].address == 32u);
    BOOST_TEST(all.calls_of(3).empty());
}

BOOST_AUTO_TEST_CASE(of_an_endless_stack_the_innermost_calls_are_shown) {
    call_sites all;
    all.append_place({0, 32, {}});
    all.append_place({0, 48, {{"inner", "", 0}, {"middle", "", 0}, {"outer", "", 0}}});
    constexpr std::uint32_t count = 100'000;
    for (std::uint32_t number = 1; number <= count; ++number) {
        all.append_call({number - 1, number == count ? 1u : 2u});
    }
    const auto calls = all.calls_of(count);
    BOOST_TEST(calls.size() == call_sites::most_shown);
    BOOST_TEST(calls.front().address == 32u);
    BOOST_TEST(calls.back().address == 48u);
}

BOOST_AUTO_TEST_CASE(call_sites_are_summed_up_also_at_the_peak) {
    trace_summary sums;
    const auto add = [&](event_kind of, std::uint64_t block, std::uint64_t size,
                         std::uint32_t site) {
        event next;
        next.kind = of;
        next.block = block;
        next.size = size;
        next.site = site;
        next.thread = 1;
        sums.add(next);
    };
    add(event_kind::allocate, 0, 100, 1);
    add(event_kind::allocate, 1, 50, 2);
    add(event_kind::allocate, 2, 10, 0);  // the peak
    add(event_kind::deallocate, 0, 0, 0);
    add(event_kind::allocate, 3, 20, 1);
    add(event_kind::reallocate, 1, 60, 3);
    const auto all = sums.by_site();
    BOOST_REQUIRE(all.size() == 4u);
    BOOST_TEST((all.at(1).allocated == usage{2, 120}));
    BOOST_TEST((all.at(1).at_peak == usage{1, 100}));
    BOOST_TEST((all.at(1).live == usage{1, 20}));
    BOOST_TEST((all.at(2).at_peak == usage{1, 50}));
    BOOST_TEST((all.at(2).live == usage{0, 0}));
    BOOST_TEST((all.at(3).allocated == usage{0, 10}));
    BOOST_TEST((all.at(3).at_peak == usage{0, 0}));
    BOOST_TEST((all.at(3).live == usage{1, 60}));
    BOOST_TEST((all.at(0).at_peak == usage{1, 10}));
}

BOOST_AUTO_TEST_SUITE_END()
