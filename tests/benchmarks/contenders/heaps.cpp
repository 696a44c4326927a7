// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// General allocators as memory resources. They are opened at run time with their names kept to
// themselves: a program that is linked with one of them gets its malloc and operator new, and then
// what is printed as glibc's is a lie. A call through the table costs what one to a linked library
// costs.
#include "contenders/contender.hpp"

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>

#include <climits>
#include <cstdio>
#include <memory>
#include <new>

namespace bench {
namespace {

// The calls of one library. Null where it has no such call.
struct calls {
    void* (*take)(std::size_t) = nullptr;
    void* (*take_aligned)(std::size_t first, std::size_t second) = nullptr;
    void (*give)(void*) = nullptr;
    void (*give_sized)(void*, std::size_t) = nullptr;
    void (*give_aligned)(void*) = nullptr;
    void (*trim)() = nullptr;
};

// One table a library, so that a call reads a fixed address as a call through a linkage table does.
template <int Library>
calls of{};

enum : int { glibc, mimalloc, jemalloc, tcmalloc, tbb };

void* checked(void* block) {
    if (block == nullptr) [[unlikely]] {
        throw std::bad_alloc{};
    }
    return block;
}

// Every heap here aligns blocks of at least 16 bytes to 16 and smaller ones to 8.
bool ordinary(std::size_t bytes, std::size_t alignment) {
    return alignment <= 8 || (alignment <= 16 && bytes >= 16);
}

template <int Library, bool Sized, bool AlignmentFirst>
class heap_of final : public memory {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (ordinary(bytes, alignment)) [[likely]] {
            return checked(of<Library>.take(bytes));
        }
        // aligned_alloc takes multiples of the alignment only.
        return checked(AlignmentFirst ? of<Library>.take_aligned(
                                            alignment, (bytes + alignment - 1) & (0 - alignment))
                                      : of<Library>.take_aligned(bytes, alignment));
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        if (ordinary(bytes, alignment)) [[likely]] {
            if constexpr (Sized) {
                of<Library>.give_sized(block, bytes);
            } else {
                of<Library>.give(block);
            }
        } else {
            of<Library>.give_aligned(block);
        }
    }
    [[nodiscard]] bool do_is_equal(const memory& other) const noexcept override {
        return this == &other;
    }
};

class opened {
public:
    explicit opened(const char* file) : handle_{dlopen(file, RTLD_NOW | RTLD_LOCAL)} {
        if (handle_ == nullptr) {
            problem_ = dlerror();
        }
    }

    [[nodiscard]] const std::string& problem() const { return problem_; }

    template <class Function>
    void find(Function& function, const char* name) {
        if (handle_ == nullptr) {
            return;
        }
        function = reinterpret_cast<Function>(dlsym(handle_, name));
        if (function == nullptr) {
            problem_ = std::string{name} + " is not in it";
        }
    }

    [[nodiscard]] std::string file(void* function) const {
        Dl_info found{};
        char real[PATH_MAX] = "";
        if (dladdr(function, &found) == 0 || realpath(found.dli_fname, real) == nullptr) {
            return "";
        }
        const std::string path = real;
        return path.substr(path.rfind('/') + 1);
    }

private:
    void* handle_;
    std::string problem_;
};

template <int Library, bool Sized, bool AlignmentFirst>
void add(field& all, const char* id, const char* label) {
    using heap = heap_of<Library, Sized, AlignmentFirst>;
    all.add({.id = id,
             .label = label,
             .library = id,
             .kind = shape::heap,
             .threads = true,
             .make = [](memory*) {
                 return std::make_unique<holds<heap>>(nullptr, [](heap&) {
                     if (of<Library>.trim != nullptr) {
                         of<Library>.trim();
                     }
                 });
             }});
}

template <class Function>
void* address(Function* function) {
    return reinterpret_cast<void*>(function);
}

void add_mimalloc(field& all) {
    opened lib{"libmimalloc.so.2"};
    calls& call = of<mimalloc>;
    static void (*collect)(bool) = nullptr;
    int (*version)() = nullptr;
    lib.find(call.take, "mi_malloc");
    lib.find(call.take_aligned, "mi_malloc_aligned");
    lib.find(call.give, "mi_free");
    lib.find(call.give_sized, "mi_free_size");
    lib.find(collect, "mi_collect");
    lib.find(version, "mi_version");
    if (!lib.problem().empty()) {
        all.note({"mimalloc", lib.problem(), false});
        return;
    }
    call.give_aligned = call.give;
    call.trim = [] { collect(true); };
    all.note({"mimalloc", lib.file(address(call.take)) + ", " + std::to_string(version())});
    add<mimalloc, true, false>(all, "mimalloc", "mimalloc");
}

void add_jemalloc(field& all) {
    opened lib{"libjemalloc.so.2"};
    calls& call = of<jemalloc>;
    static int (*control)(const char*, void*, std::size_t*, void*, std::size_t) = nullptr;
    // Its malloc and free: mallocx and sdallocx of Debian's build are slower.
    lib.find(call.take, "malloc");
    lib.find(call.take_aligned, "aligned_alloc");
    lib.find(call.give, "free");
    lib.find(control, "mallctl");
    if (!lib.problem().empty()) {
        all.note({"jemalloc", lib.problem(), false});
        return;
    }
    call.give_aligned = call.give;
    call.trim = [] {
        control("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
        control("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // 4096 stands for all arenas
    };
    const char* version = "";
    std::size_t size = sizeof version;
    control("version", &version, &size, nullptr, 0);
    all.note({"jemalloc", version});
    add<jemalloc, false, true>(all, "jemalloc", "jemalloc");
}

void add_tcmalloc(field& all) {
    opened lib{"libtcmalloc_minimal.so.4"};
    calls& call = of<tcmalloc>;
    static void (*release)() = nullptr;
    const char* (*version)(int*, int*, const char**) = nullptr;
    lib.find(call.take, "tc_malloc");
    lib.find(call.take_aligned, "tc_memalign");
    lib.find(call.give, "tc_free");
    lib.find(call.give_sized, "tc_free_sized");
    lib.find(release, "MallocExtension_ReleaseFreeMemory");
    lib.find(version, "tc_version");
    if (!lib.problem().empty()) {
        all.note({"tcmalloc", lib.problem(), false});
        return;
    }
    call.give_aligned = call.give;
    call.trim = [] { release(); };
    int major = 0;
    int minor = 0;
    const char* patch = "";
    all.note({"tcmalloc", version(&major, &minor, &patch)});
    add<tcmalloc, true, true>(all, "tcmalloc", "tcmalloc, sized");
}

void add_tbb(field& all) {
    opened lib{"libtbbmalloc.so.2"};
    calls& call = of<tbb>;
    static int (*command)(int, void*) = nullptr;
    lib.find(call.take, "scalable_malloc");
    lib.find(call.take_aligned, "scalable_aligned_malloc");
    lib.find(call.give, "scalable_free");
    lib.find(call.give_aligned, "scalable_aligned_free");
    lib.find(command, "scalable_allocation_command");
    if (!lib.problem().empty()) {
        all.note({"TBB scalable", lib.problem(), false});
        return;
    }
    call.trim = [] { command(0, nullptr); };  // TBBMALLOC_CLEAN_ALL_BUFFERS
    all.note({"TBB scalable", lib.file(address(call.take))});
    add<tbb, false, false>(all, "tbb", "TBB scalable");
}

}  // namespace

void add_heaps(field& all) {
    of<glibc> = {.take = std::malloc,
                 .take_aligned = aligned_alloc,
                 .give = std::free,
                 .give_sized = nullptr,
                 .give_aligned = std::free,
                 .trim = [] { malloc_trim(0); }};
    add<glibc, false, true>(all, "glibc", "glibc malloc");
    add_mimalloc(all);
    add_jemalloc(all);
    add_tcmalloc(all);
    add_tbb(all);
}

}  // namespace bench
