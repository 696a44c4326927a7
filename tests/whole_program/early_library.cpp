// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A shared library that is initialised before all others, so before Strata's, and ends after them.
#include "early_library.hpp"

namespace {

std::vector<std::string>& all_words() {
    static std::vector<std::string> words{"made before the library that serves it was initialised"};
    return words;
}

const std::size_t words_before_main = all_words().size();

}  // namespace

std::size_t early::remember(const std::string& word) {
    all_words().push_back(word);
    return all_words().size() - words_before_main;
}
