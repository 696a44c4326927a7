// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program that allocates wherever a program can: before `main`, in threads and as they end, in
// plugins, children and handlers of exceptions, after `main`. What it prints is the same on any
// resource, and at its end nothing of operator new is live.
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "early_library.hpp"

namespace {

std::string long_word(int number) {
    return "a word that is too long to be stored inside its string, number " +
           std::to_string(number);
}

// --- before and after main --------------------------------------------------------------------

struct prints_at_end {
    std::map<int, std::string> words;
    const char* when;

    ~prints_at_end() {
        words.emplace(-1, long_word(-1));
        std::printf("%s: %zu words\n", when, words.size());
        std::fflush(stdout);
    }
};

prints_at_end first_static{{{1, long_word(1)}}, "after main, first made"};
thread_local prints_at_end in_thread{{}, "at the end of a thread"};
prints_at_end last_static{{{1, long_word(1)}, {2, long_word(2)}}, "after main, last made"};

// --- in threads -------------------------------------------------------------------------------

void in_threads() {
    std::vector<std::string> of_others;
    std::thread{[&] {
        in_thread.words.emplace(1, long_word(1));
        for (int i = 0; i != 100; ++i) {
            of_others.push_back(long_word(i));
        }
    }}.join();
    std::promise<std::unique_ptr<std::string>> promised;
    auto wanted = promised.get_future();
    std::thread other{[&] { promised.set_value(std::make_unique<std::string>(long_word(7))); }};
    std::printf("threads: %zu words, %s\n", of_others.size(), wanted.get()->c_str());
    other.join();
    std::printf("async: %d\n", std::async(std::launch::async, [] { return 42; }).get());
}

// --- in plugins -------------------------------------------------------------------------------

void in_a_plugin(const char* path) {
    void* plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
        throw std::runtime_error{dlerror()};
    }
    auto* make = reinterpret_cast<std::string* (*)(const char*)>(dlsym(plugin, "plugin_make"));
    auto* take =
        reinterpret_cast<std::size_t (*)(std::vector<std::string>*)>(dlsym(plugin, "plugin_take"));
    const std::unique_ptr<std::string> made{make("and a word of the program")};
    std::printf("plugin: %s, %zu\n", made->c_str(),
                take(new std::vector<std::string>{long_word(1), long_word(2)}));
    dlclose(plugin);
}

// --- exceptions, streams, expressions ----------------------------------------------------------

void with_exceptions() {
    std::exception_ptr kept;
    for (int i = 0; i != 100; ++i) {
        try {
            try {
                throw std::runtime_error{long_word(i)};
            } catch (...) {
                std::throw_with_nested(std::logic_error{long_word(-i)});
            }
        } catch (...) {
            kept = std::current_exception();
        }
    }
    std::thread{[&] {
        try {
            std::rethrow_exception(kept);
        } catch (const std::logic_error& error) {
            std::printf("exceptions: %s\n", error.what());
        }
    }}.join();
}

void with_the_standard_library() {
    std::ostringstream out;
    out << std::hex << 255 << ' ' << long_word(3);
    std::istringstream in{out.str()};
    std::string word;
    int words = 0;
    while (in >> word) {
        ++words;
    }
    const std::regex number{"(\\w+) ([0-9]+)$"};
    std::smatch found;
    const std::string text = out.str();
    std::regex_search(text, found, number);
    std::cout << "streams: " << words << " words, the last is " << found[2] << std::endl;
}

// --- in children ------------------------------------------------------------------------------

void in_children() {
    const std::vector<std::string> of_parent(1000, long_word(5));
    int ended_well = 0;
    for (int i = 0; i != 5; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            std::vector<std::string> copy = of_parent;
            copy.resize(10);
            copy.push_back(long_word(6));
            std::_Exit(copy.size() == 11 ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        int status = 0;
        waitpid(child, &status, 0);
        ended_well += WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS ? 1 : 0;
    }
    std::printf("children: %d of 5\n", ended_well);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: life PLUGIN\n");
        return EXIT_FAILURE;
    }
    try {
        std::printf("early: %zu\n", early::remember(long_word(1)));
        in_thread.words.emplace(1, long_word(1));
        in_threads();
        in_a_plugin(arguments[1]);
        with_exceptions();
        with_the_standard_library();
        in_children();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "life: %s\n", error.what());
        return EXIT_FAILURE;
    }
    std::fflush(stdout);
    return EXIT_SUCCESS;
}
