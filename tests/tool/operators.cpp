// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Calls each form of operator new and delete, and says what came of it; see run.sh. With OWN_NEW or
// OWN_DELETE, the program replaces one of them and leaves the other to its C++ library, as programs
// do that only count.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>

namespace {

int news = 0;
int deletes = 0;
int handled = 0;

void give_up() {
    if (++handled % 3 == 0) {
        std::set_new_handler(nullptr);
    }
}

void use(void* block, std::size_t size, std::size_t alignment) {
    if (block == nullptr || reinterpret_cast<std::uintptr_t>(block) % alignment != 0) {
        std::puts("null, or not aligned");
    }
    std::memset(block, 1, size);
}

// Read by the compiler as if it could be any size: so no call is left out.
volatile std::size_t far_too_much = std::size_t{1} << 62;

template <class Call>
void exhausted(const char* name, Call call) {
    std::set_new_handler(&give_up);
    try {
        std::printf("%s: null: %d\n", name, call() == nullptr);
    } catch (const std::bad_alloc&) {
        std::printf("%s: std::bad_alloc, %d in flight\n", name, std::uncaught_exceptions());
    }
    std::set_new_handler(nullptr);
    std::printf("handled %d times, %d in flight\n", handled, std::uncaught_exceptions());
}

}  // namespace

#ifdef OWN_NEW
void* operator new(std::size_t size) {
    ++news;
    if (void* const block = std::malloc(size == 0 ? 1 : size)) {
        return block;
    }
    throw std::bad_alloc{};
}
#endif
#ifdef OWN_DELETE
void operator delete(void* block) noexcept {
    ++deletes;
    std::free(block);
}
#endif

int main() {
    for (const std::size_t size : {0, 1, 24, 1000, 100'000}) {
        void* block = ::operator new(size);
        use(block, size, alignof(std::max_align_t));
        ::operator delete(block);
        block = ::operator new(size);
        ::operator delete(block, size);
        block = ::operator new(size);
        ::operator delete(block, size + 8);  // wrong, but the C library does not mind
        block = ::operator new[](size);
        use(block, size, alignof(std::max_align_t));
        ::operator delete[](block, size);
        block = ::operator new(size, std::nothrow);
        use(block, size, alignof(std::max_align_t));
        ::operator delete(block, std::nothrow);
        block = ::operator new(size, std::align_val_t{256});
        use(block, size, 256);
        ::operator delete(block, size, std::align_val_t{256});
    }
    ::operator delete(nullptr);
    exhausted("new", [] { return ::operator new(far_too_much); });
    exhausted("new[]", [] { return ::operator new[](far_too_much); });
    exhausted("nothrow new", [] { return ::operator new(far_too_much, std::nothrow); });
    exhausted("aligned new", [] { return ::operator new(far_too_much, std::align_val_t{64}); });
    std::string text;
    for (int i = 0; i != 100; ++i) {
        text += std::to_string(i);
    }
    std::printf("%zu bytes, own news: %d, own deletes: %d\n", text.size(), news, deletes);
}
