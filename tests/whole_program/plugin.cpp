// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Opened at run time: hands out what it allocated, frees what it was given.
#include <string>
#include <vector>

static const std::vector<std::string> greetings{"a static word of the plugin, of some length"};

extern "C" std::string* plugin_make(const char* text) {
    return new std::string{greetings.front() + ": " + text};
}

extern "C" std::size_t plugin_take(std::vector<std::string>* words) {
    const std::size_t count = words->size();
    delete words;
    return count;
}
