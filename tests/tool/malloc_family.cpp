// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What a program may expect of malloc, whoever serves it. Knows nothing of the library. Compiled
// with -fno-builtin: the compiler knows these functions and would leave calls out.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

int failures = 0;

void expect(bool is_true, int line, const char* what) {
    if (!is_true) {
        ++failures;
        std::fprintf(stderr, "line %d: %s\n", line, what);
    }
}
#define EXPECT(...) expect((__VA_ARGS__), __LINE__, #__VA_ARGS__)

constexpr std::size_t too_much = PTRDIFF_MAX;

bool is_aligned(const void* block, std::size_t to) {
    return reinterpret_cast<std::uintptr_t>(block) % to == 0;
}

bool has_only(const void* block, std::size_t bytes, int value) {
    const auto* const at = static_cast<const unsigned char*>(block);
    for (std::size_t i = 0; i != bytes; ++i) {
        if (at[i] != value) {
            return false;
        }
    }
    return true;
}

void sizes_and_alignments() {
    std::vector<void*> blocks;
    for (const std::size_t size : {0, 1, 8, 15, 16, 17, 100, 4095, 4096, 70'000, 3'000'000}) {
        errno = 7;
        void* const block = std::malloc(size);
        EXPECT(block != nullptr && errno == 7);
        EXPECT(is_aligned(block, alignof(std::max_align_t)));
        EXPECT(malloc_usable_size(block) >= size);
        std::memset(block, 1, malloc_usable_size(block));
        blocks.push_back(block);
    }
    for (std::size_t alignment = sizeof(void*); alignment <= 65'536; alignment *= 2) {
        void* block = nullptr;
        EXPECT(posix_memalign(&block, alignment, 100) == 0 && is_aligned(block, alignment));
        std::memset(block, 2, 100);
        blocks.push_back(block);
        blocks.push_back(std::aligned_alloc(alignment, 2 * alignment));
        EXPECT(is_aligned(blocks.back(), alignment));
        blocks.push_back(memalign(alignment, 3));
        EXPECT(is_aligned(blocks.back(), alignment));
    }
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    blocks.push_back(valloc(10));
    EXPECT(is_aligned(blocks.back(), page));
    blocks.push_back(pvalloc(10));
    EXPECT(is_aligned(blocks.back(), page) && malloc_usable_size(blocks.back()) >= page);
    EXPECT(has_only(blocks[6], 100, 1));
    for (void* each : blocks) {
        errno = 7;
        std::free(each);
        EXPECT(errno == 7);
    }
    std::free(nullptr);
    EXPECT(malloc_usable_size(nullptr) == 0);
}

void zeroed() {
    for (int round = 0; round != 100; ++round) {
        void* const dirty = std::malloc(1000);
        std::memset(dirty, 0xFF, 1000);
        std::free(dirty);
        void* const block = std::calloc(10, 100);
        EXPECT(has_only(block, 1000, 0));
        std::free(block);
    }
}

void refused() {
    volatile std::size_t much = too_much;
    errno = 0;
    EXPECT(std::malloc(much) == nullptr && errno == ENOMEM);
    errno = 0;
    EXPECT(std::malloc(SIZE_MAX - (too_much - much)) == nullptr && errno == ENOMEM);
    errno = 0;
    EXPECT(std::calloc(much, 3) == nullptr && errno == ENOMEM);
    void* block = &block;
    EXPECT(posix_memalign(&block, 3, 10) == EINVAL && posix_memalign(&block, 2, 10) == EINVAL);
    EXPECT(posix_memalign(&block, 0, 10) == EINVAL);
    EXPECT(posix_memalign(&block, 16, much) == ENOMEM && block == &block);
    void* const kept = std::malloc(10);
    std::memset(kept, 5, 10);
    errno = 0;
    EXPECT(std::realloc(kept, much) == nullptr && errno == ENOMEM && has_only(kept, 10, 5));
    errno = 0;
    EXPECT(reallocarray(kept, much, 4) == nullptr && errno == ENOMEM && has_only(kept, 10, 5));
    std::free(kept);
    EXPECT(::operator new(much, std::nothrow) == nullptr);
}

void resized() {
    auto* block = static_cast<unsigned char*>(std::realloc(nullptr, 1));
    block[0] = 1;
    std::size_t size = 1;
    std::mt19937 random{1};
    for (int step = 0; step != 2000; ++step) {
        const std::size_t next = 1 + random() % (step % 50 == 0 ? 400'000 : 2000);
        const std::size_t kept = next < size ? next : size;
        block = static_cast<unsigned char*>(std::realloc(block, next));
        EXPECT(block != nullptr && has_only(block, kept, 1));
        EXPECT(malloc_usable_size(block) >= next);
        std::memset(block, 1, next);
        size = next;
    }
    EXPECT(std::realloc(block, 0) == nullptr);
    // An aligned block may move to where malloc's alignment is enough.
    void* aligned = std::aligned_alloc(4096, 4096);
    std::memset(aligned, 3, 4096);
    aligned = std::realloc(aligned, 10'000);
    EXPECT(has_only(aligned, 4096, 3));
    std::free(aligned);
    block = static_cast<unsigned char*>(reallocarray(nullptr, 10, 10));
    EXPECT(block != nullptr);
    std::free(block);
}

// Blocks go from thread to thread; each has its own content.
void threads() {
    constexpr std::size_t places = 200;
    std::vector<std::atomic<std::string*>> shared(places);
    std::atomic<int> wrong = 0;
    const auto work = [&](unsigned seed) {
        std::mt19937 random{seed};
        for (int step = 0; step != 20'000; ++step) {
            auto mine = std::make_unique<std::string>(random() % 300, 'a' + random() % 26);
            std::unique_ptr<std::string> other{shared[random() % places].exchange(mine.release())};
            if (other && !other->empty() &&
                other->find_first_not_of(other->front()) != std::string::npos) {
                ++wrong;
            }
        }
    };
    std::vector<std::thread> all;
    for (unsigned i = 0; i != 4; ++i) {
        all.emplace_back(work, i);
    }
    for (std::thread& each : all) {
        each.join();
    }
    for (auto& each : shared) {
        delete each.load();
    }
    EXPECT(wrong == 0);
}

// A child goes on with the memory of its parent, while other threads of the parent allocate.
void forks() {
    std::atomic<bool> done = false;
    std::vector<std::thread> busy;
    for (int i = 0; i != 2; ++i) {
        busy.emplace_back([&] {
            while (!done) {
                std::free(std::malloc(100));
            }
        });
    }
    std::string before(1000, 'x');
    for (int i = 0; i != 20; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            std::vector<std::string> more(100, before);
            before.clear();
            before.shrink_to_fit();
            _exit(more.back().size() == 1000 ? 0 : 1);
        }
        int status = 1;
        EXPECT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    done = true;
    for (std::thread& each : busy) {
        each.join();
    }
}

// Constructed before main and destroyed after it.
struct early {
    early() : text(1000, 'e') {}
    ~early() { std::printf("the end\n"); }
    std::string text;
} static_object;

}  // namespace

int main(int count, char** arguments) {
    sizes_and_alignments();
    zeroed();
    refused();
    resized();
    threads();
    forks();
    std::printf("%s %d\n", count > 1 ? arguments[1] : "failures:", failures);
    return failures == 0 ? 0 : 1;
}
