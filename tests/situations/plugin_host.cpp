// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program that knows nothing of the library and loads plugins that use it.
//
//   plugin_host PLUGIN thread FUNCTION     calls it in a thread that ends after the unload
//   plugin_host PLUGIN unload FUNCTION     calls it, unloads, says so, exits
//   plugin_host PLUGIN times N FUNCTION    loads, calls in a thread, and unloads, so many times
//   plugin_host PLUGIN copies N FUNCTION   loads so many copies of the file at once, calls each
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
    const char* why = dlerror();
    std::fprintf(stderr, "plugin_host: %s: %s\n", what, why == nullptr ? "" : why);
    std::exit(EXIT_FAILURE);
}

class plugin {
public:
    explicit plugin(const char* file) : handle_{dlopen(file, RTLD_NOW | RTLD_LOCAL)} {
        if (handle_ == nullptr) {
            fail("not loaded");
        }
    }

    void call(const char* name) const {
        void* const function = dlsym(handle_, name);
        if (function == nullptr) {
            fail("no such function");
        }
        reinterpret_cast<void (*)()>(function)();
    }

    void unload() const {
        if (dlclose(handle_) != 0) {
            fail("not closed");
        }
    }

private:
    void* handle_;
};

// A compiler may give a plugin symbols that keep it from being unloaded; then nothing was tried.
void expect_unloaded(const char* file) {
    if (dlopen(file, RTLD_NOW | RTLD_NOLOAD) != nullptr) {
        std::puts("it stays loaded");
    }
}

int keys_left() {
    int count = 0;
    pthread_key_t keys[PTHREAD_KEYS_MAX];
    while (count != PTHREAD_KEYS_MAX && pthread_key_create(&keys[count], nullptr) == 0) {
        ++count;
    }
    for (int i = 0; i != count; ++i) {
        pthread_key_delete(keys[i]);
    }
    return count;
}

void outlive(const char* file, const char* function) {
    const plugin loaded{file};
    std::promise<void> is_used;
    std::promise<void> is_unloaded;
    std::thread user{[&] {
        loaded.call(function);
        is_used.set_value();
        is_unloaded.get_future().wait();
    }};
    is_used.get_future().wait();
    loaded.unload();
    expect_unloaded(file);
    is_unloaded.set_value();
    user.join();
    std::puts("the thread has ended");
}

void unload(const char* file, const char* function) {
    const plugin loaded{file};
    loaded.call(function);
    loaded.unload();
    expect_unloaded(file);
    std::fputs("unloaded\n", stderr);
}

void load_again(const char* file, int times, const char* function) {
    std::thread{[] {}}.join();  // for its first thread, libc++ takes a key
    const int before = keys_left();
    for (int i = 0; i != times; ++i) {
        const plugin loaded{file};
        std::thread{[&] { loaded.call(function); }}.join();
        loaded.call(function);
        loaded.unload();
    }
    expect_unloaded(file);
    const int after = keys_left();
    std::printf("keys for threads used up: %d\n", before - after);
}

// To the loader, another file is another library.
void load_copies(const char* file, int copies, const char* function) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("plugin_copies_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    std::vector<plugin> loaded;
    for (int i = 0; i != copies; ++i) {
        const std::filesystem::path copy = folder / (std::to_string(i) + ".so");
        std::filesystem::copy_file(file, copy);
        loaded.emplace_back(copy.c_str());
        std::thread{[&] { loaded.back().call(function); }}.join();
    }
    for (const plugin& each : loaded) {
        each.unload();
    }
    std::filesystem::remove_all(folder);
    std::printf("%d copies\n", copies);
}

}  // namespace

int main(int count, char** arguments) {
    const std::string how = count > 3 ? arguments[2] : "";
    if (how == "thread") {
        outlive(arguments[1], arguments[3]);
    } else if (how == "unload") {
        unload(arguments[1], arguments[3]);
    } else if (how == "times" && count > 4) {
        load_again(arguments[1], std::atoi(arguments[3]), arguments[4]);
    } else if (how == "copies" && count > 4) {
        load_copies(arguments[1], std::atoi(arguments[3]), arguments[4]);
    } else {
        std::fputs("usage: plugin_host PLUGIN thread|unload|times|copies [N] FUNCTION\n", stderr);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
