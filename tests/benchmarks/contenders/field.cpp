// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "contenders/contender.hpp"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <random>

namespace bench {

void* instance::operator new(std::size_t bytes) {
    constexpr std::size_t line = 64;
    constexpr std::size_t page = 4096;
    static std::minstd_rand random{1};
    void* place = std::malloc(bytes + page + 2 * line);
    if (place == nullptr) {
        throw std::bad_alloc{};
    }
    void* const whole = place;
    std::size_t room = bytes + page + 2 * line - sizeof whole;
    place = static_cast<std::byte*>(place) + sizeof whole;
    std::align(line, bytes, place, room);
    place = static_cast<std::byte*>(place) + random() % (page / line) * line;
    std::memcpy(static_cast<std::byte*>(place) - sizeof whole, &whole, sizeof whole);
    return place;
}

void instance::operator delete(void* block) {
    void* whole = nullptr;
    std::memcpy(&whole, static_cast<std::byte*>(block) - sizeof whole, sizeof whole);
    std::free(whole);
}

const contender* field::find(std::string_view id) const {
    const auto found = std::ranges::find(contenders_, id, &contender::id);
    return found == contenders_.end() ? nullptr : &*found;
}

const field& the_field() {
    static const field all = [] {
        field made;
        made.note({"glibc", gnu_get_libc_version()});
        add_strata(made);
        add_standard(made);
        add_boost(made);
        add_heaps(made);
#ifdef BENCH_FOONATHAN
        add_foonathan(made);
#else
        made.note({"foonathan memory", "not found when this was configured", false});
#endif
        add_minimal(made);
        return made;
    }();
    return all;
}

void restart_with_room_for_libraries(char** arguments) {
    // jemalloc's thread-local variables want more room than glibc keeps for what comes late.
    constexpr const char* variable = "GLIBC_TUNABLES";
    if (std::getenv(variable) == nullptr) {
        setenv(variable, "glibc.rtld.optional_static_tls=16384", 1);
        execv("/proc/self/exe", arguments);
    }
}

namespace {

std::string file_of(void* function) {
    Dl_info found{};
    return dladdr(function, &found) != 0 ? found.dli_fname : "nowhere";
}

}  // namespace

std::string where_malloc_comes_from() {
    // By name, since the address of a function may be that of a stub in this program.
    void* const by_name = dlsym(RTLD_DEFAULT, "malloc");
    void* const new_by_name = dlsym(RTLD_DEFAULT, "_Znwm");
    return "malloc is " + file_of(by_name) + "'s, operator new " + file_of(new_by_name) + "'s";
}

}  // namespace bench
