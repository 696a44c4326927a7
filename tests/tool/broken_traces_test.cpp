// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Broken traces are read right or refused with an offset; nothing else happens.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "support/traces.hpp"
#include "tool/failure.hpp"
#include "tool/trace/checksum.hpp"
#include "tool/trace/frame_reader.hpp"
#include "tool/trace/frame_writer.hpp"
#include "tool/trace/packed_format.hpp"

BOOST_AUTO_TEST_SUITE(broken_traces_test)

using strata::tool::failure;
using strata::tool::trace::event;
using strata::tool::trace::on_damage;
using tests::random_trace;
using tests::read_all;
using tests::refusal_of;

namespace {

constexpr std::size_t program_bytes = 9;  // "a program"
constexpr std::size_t first_frame = sizeof(strata::tool::trace::packed_header) + program_bytes;

std::string packed_of(const random_trace& program) {
    strata::tool::trace::trace_info info;
    info.program = "a program";
    return tests::packed(program.expected().events, info);
}

// Empty if it was refused; then the message must say where.
std::optional<tests::trace_content> read_or_refuse(std::string_view file,
                                                   on_damage policy = on_damage::refuse) {
    try {
        return read_all(file, policy);
    } catch (const failure& why) {
        const std::string_view message = why.what();
        BOOST_TEST(message.starts_with("FILE: offset "), message);
        BOOST_TEST(message.find("expected") != message.npos, message);
        return std::nullopt;
    }
}

bool is_start_of(const std::vector<event>& some, const std::vector<event>& all) {
    return some.size() <= all.size() && std::equal(some.begin(), some.end(), all.begin());
}

std::string mutated(std::string file, std::size_t from, std::size_t to, tests::random& dice) {
    for (std::size_t times = 1 + dice.below(4); times != 0; --times) {
        const std::size_t at = from + dice.below(to - from);
        file[at] = static_cast<char>(file[at] ^ static_cast<char>(1 + dice.below(255)));
    }
    return file;
}

}  // namespace

// --- packed -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_packed_trace_that_was_cut_is_refused_wherever_that_was) {
    const random_trace program{1, 3, 500};
    const std::string file = packed_of(program);
    for (std::size_t bytes = 0; bytes != file.size(); ++bytes) {
        BOOST_TEST_CONTEXT("cut to " << bytes << " of " << file.size() << " bytes") {
            const std::string_view cut = std::string_view{file}.substr(0, bytes);
            BOOST_TEST(!read_or_refuse(cut));
            const auto some = read_or_refuse(cut, on_damage::salvage);
            BOOST_TEST(some.has_value() == (bytes >= first_frame));
            BOOST_TEST((!some || is_start_of(some->list.events, program.expected().events)));
            BOOST_TEST((!some || some->places_left_out != 0));
        }
    }
}

// zstd ignores a bit of its headers.
BOOST_AUTO_TEST_CASE(a_packed_trace_with_wrong_bytes_is_refused_or_read_right) {
    const random_trace program{2, 3, 500};
    const std::string file = packed_of(program);
    for (std::uint64_t seed = 1; seed <= tests::rounds(5000); ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            tests::random dice{seed};
            const std::string wrong = mutated(file, 0, file.size(), dice);
            const auto all = read_or_refuse(wrong);
            BOOST_TEST((!all || all->list.events == program.expected().events));
            (void)read_or_refuse(wrong, on_damage::salvage);
        }
    }
}

BOOST_AUTO_TEST_CASE(frames_after_a_broken_one_can_be_salvaged) {
    const random_trace program{3, 2, 400'000};
    const auto& events = program.expected().events;
    const std::string file = packed_of(program);
    constexpr std::size_t in_a_frame = strata::tool::trace::events_per_frame;
    // In the header of the first frame, or in its payload.
    for (const std::size_t at : {first_frame + 5, first_frame + 500}) {
        std::string wrong = file;
        wrong[at] = static_cast<char>(wrong[at] ^ 1);
        const auto rest = read_all(wrong, on_damage::salvage);
        BOOST_TEST(rest.places_left_out != 0u);
        BOOST_TEST((std::equal(rest.list.events.begin(), rest.list.events.end(),
                               events.begin() + in_a_frame, events.end())));
        // What was salvaged can be packed again, though blocks are missing in it.
        const auto again = read_all(tests::packed(rest.list.events, rest.info));
        BOOST_TEST((again.list.events == rest.list.events));
    }
}

BOOST_AUTO_TEST_CASE(frames_whose_checksums_are_right_may_be_wrong_inside) {
    const random_trace program{4, 3, 300};
    strata::tool::trace::frame_writer writer;
    for (const event& each : program.expected().events) {
        writer.add(each);
    }
    strata::tool::trace::frame_header head{};
    const std::string payload = writer.finish(head);
    for (std::uint64_t seed = 1; seed <= tests::rounds(20'000); ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            tests::random dice{seed};
            std::string wrong = mutated(payload, 0, payload.size(), dice);
            if (dice.below(4) == 0) {
                wrong.resize(dice.below(wrong.size()));
            }
            strata::tool::trace::frame_reader reader;
            reader.start(head, wrong);
            std::size_t events = 0;
            for (event each; reader.next(each);) {
                ++events;
            }
            BOOST_TEST((reader.take_problem() != nullptr || events == head.events));
        }
    }
}

BOOST_AUTO_TEST_CASE(frames_of_an_unknown_kind_are_skipped) {
    const random_trace program{5, 1, 100};
    std::string file = packed_of(program);
    strata::tool::trace::frame_header head{};
    head.magic = strata::tool::trace::frame_magic;
    head.kind = 77;
    head.packed_bytes = 5;
    head.checksum = checksum_of(head);
    std::string other(reinterpret_cast<const char*>(&head), sizeof head);
    other += "sites";
    // The index has to know where its frames are: an unknown one at the front moves the first.
    file.insert(first_frame, other);
    const auto rest = read_all(file, on_damage::salvage);
    BOOST_TEST((rest.list.events == program.expected().events));
}

BOOST_AUTO_TEST_CASE(a_size_that_a_file_only_claims_takes_no_memory) {
    std::string file = packed_of(random_trace{6, 1, 100});
    strata::tool::trace::frame_header head{};
    std::memcpy(&head, file.data() + first_frame, sizeof head);
    head.unpacked_bytes = 0xFFFF'FFFF;
    head.checksum = checksum_of(head);
    std::memcpy(file.data() + first_frame, &head, sizeof head);
    BOOST_TEST(refusal_of(file).find("expected the header of a frame") != std::string::npos);
    file[12] = '\xFF';  // the length of the program's name
    file[15] = '\x7F';
    BOOST_TEST(refusal_of(file).find("offset 12: expected a program's name") != std::string::npos);
}

// --- live -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_live_trace_that_was_cut_is_read_to_there_or_refused) {
    const random_trace program{7, 2, 300, 100};
    const std::string& file = program.file();
    constexpr std::size_t chunk = strata::live_trace::chunk_bytes;
    for (std::size_t bytes = 0; bytes < file.size(); bytes += bytes % chunk < 3000 ? 1 : 1021) {
        BOOST_TEST_CONTEXT("cut to " << bytes << " of " << file.size() << " bytes") {
            const std::string_view cut = std::string_view{file}.substr(0, bytes);
            (void)read_or_refuse(cut);
            const auto some = read_or_refuse(cut, on_damage::salvage);
            BOOST_TEST((some.has_value() == (bytes >= sizeof(strata::live_trace::file_header))));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_live_trace_with_wrong_bytes_is_read_or_refused) {
    const random_trace program{8, 3, 500, 100};
    const std::string& file = program.file();
    constexpr std::size_t chunk = strata::live_trace::chunk_bytes;
    for (std::uint64_t seed = 1; seed <= tests::rounds(3000); ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            tests::random dice{seed};
            const std::size_t begin = chunk * dice.below(file.size() / chunk);
            const std::size_t used = dice.below(2) == 0 ? 32 : 2400;
            const std::string wrong = mutated(file, begin, begin + used, dice);
            (void)read_or_refuse(wrong);
            (void)read_or_refuse(wrong, on_damage::salvage);
        }
    }
}

BOOST_AUTO_TEST_CASE(other_files_are_refused) {
    const char* const not_a_trace = "expected a trace, which begins with STRATALT (live) or";
    for (const std::string_view file : {"", "STRATAL", "#!/bin/sh, and more than a few bytes"}) {
        BOOST_TEST(refusal_of(file).find(not_a_trace) != std::string::npos);
    }
    BOOST_TEST(refusal_of("STRATALT").find("offset 0: expected the header") != std::string::npos);
    BOOST_TEST(refusal_of("STRATAPT").find("offset 8: expected the header") != std::string::npos);
    std::string later = random_trace{9, 1, 10}.file();
    later[8] = 3;
    BOOST_TEST(
        refusal_of(later).find("offset 8: expected version 1 or 2 of a live trace, found 3") !=
        std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
