// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// Runs what the fuzzer has found worth keeping, in every build that the tests have.
#define BOOST_TEST_MODULE fuzz_corpus
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <vector>

#include "targets.hpp"

namespace fuzz {

std::ostream& operator<<(std::ostream& out, const target& of) {
    return out << of.name;
}

}  // namespace fuzz

namespace {

std::vector<std::uint8_t> content_of(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<fuzz::target> all_targets() {
    return {fuzz::targets().begin(), fuzz::targets().end()};
}

}  // namespace

BOOST_DATA_TEST_CASE(the_corpus_runs_well, boost::unit_test::data::make(all_targets()), target) {
    std::size_t runs = 0;
    for (const auto& file : std::filesystem::directory_iterator{
             std::filesystem::path{STRATA_FUZZ_CORPUS} / target.name}) {
        BOOST_TEST_CONTEXT(file.path()) {
            const auto bytes = content_of(file.path());
            fuzz::input from{bytes};
            target.run(from);  // ends the program if it does not
            ++runs;
        }
    }
    BOOST_TEST(runs > 0u);
}
