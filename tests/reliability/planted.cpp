// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
//   planted DEFECT STRATEGY
//
// Makes one mistake with memory of a strategy. If nobody ends the program for it, it ends well.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>

#include <strata/strata.hpp>

namespace {

using memory_resource = strata::built_strategy;

// Not known to the compiler, which would warn of some of these mistakes or leave them out.
template <class T>
T hidden(T value) {
    asm volatile("" : "+r"(value) : : "memory");
    return value;
}

unsigned char* block_of(memory_resource& memory, std::size_t bytes) {
    return hidden(static_cast<unsigned char*>(memory.allocate(bytes, 8)));
}

void write(unsigned char* at) {
    *hidden(at) = 0x5A;
}

void read(const unsigned char* at) {
    [[maybe_unused]] static volatile unsigned char seen;
    seen = *hidden(at);
}

// --- what is done to memory
// -----------------------------------------------------------------------

void use_after_free(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    memory.deallocate(block, 100, 8);
    write(block + 50);
}

void read_after_free(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    memory.deallocate(block, 100, 8);
    read(block + 50);
}

void use_after_free_at_its_begin(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    memory.deallocate(block, 100, 8);
    write(block);
    static_cast<void>(block_of(memory, 100));
}

void overflow(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    unsigned char* neighbour = block_of(memory, 100);
    write(block + 100);
    memory.deallocate(block, 100, 8);
    memory.deallocate(neighbour, 100, 8);
}

void overflow_into_a_neighbour(memory_resource& memory) {
    unsigned char* block = block_of(memory, 64);
    unsigned char* neighbour = block_of(memory, 64);
    write(block + 64);
    memory.deallocate(block, 64, 8);
    memory.deallocate(neighbour, 64, 8);
}

void use_after_release(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    if (auto* debug = memory.find<strata::debug_resource<>>()) {
        debug->release();
    } else {
        memory.find<strata::arena_resource>()->release();
    }
    write(block);
}

void use_after_reset(memory_resource& memory) {
    auto& arena = *memory.find<strata::arena_resource>();
    unsigned char* block = block_of(memory, 100);
    arena.reset();
    write(block);
}

void use_of_what_was_never_written(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    if (*hidden(block + 50) == 0x5A) {
        std::puts("by chance");
    }
}

// --- what is said to deallocate
// -------------------------------------------------------------------

void double_free(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    unsigned char* other = block_of(memory, 100);
    memory.deallocate(block, 100, 8);
    memory.deallocate(other, 100, 8);
    memory.deallocate(block, 100, 8);
}

void double_free_at_once(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    memory.deallocate(block, 100, 8);
    memory.deallocate(block, 100, 8);
}

void wrong_size(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    memory.deallocate(block, 50, 8);
}

void wrong_alignment(memory_resource& memory) {
    unsigned char* block = block_of(memory, 96);
    memory.deallocate(block, 96, 16);
}

void null(memory_resource& memory) {
    static_cast<void>(block_of(memory, 100));
    memory.deallocate(hidden<void*>(nullptr), 100, 8);
}

void foreign(memory_resource& memory) {
    static_cast<void>(block_of(memory, 100));
    alignas(16) unsigned char elsewhere[128];
    memory.deallocate(hidden(&elsewhere[0]), 100, 8);
}

void interior(memory_resource& memory) {
    unsigned char* block = block_of(memory, 100);
    memory.deallocate(block + 16, 100, 8);
}

void leak(memory_resource& memory) {
    static_cast<void>(block_of(memory, 100));
}

void leak_until_the_exit(memory_resource& memory) {
    leak(memory);
    std::exit(0);  // the resource lives on
}

// --- how it is called
// -----------------------------------------------------------------------------

void misaligned_request(memory_resource& memory) {
    try {
        static_cast<void>(memory.allocate(100, hidden<std::size_t>(24)));
    } catch (const std::bad_alloc&) {
        std::exit(2);  // refused, where the misuse did not end the program
    }
}

void stale_mark(memory_resource& memory) {
    auto& arena = *memory.find<strata::arena_resource>();
    static_cast<void>(block_of(memory, 10));
    const auto mark = arena.mark();
    arena.reset();
    arena.rewind(mark);
}

const std::map<std::string, std::function<void(memory_resource&)>> defects{
    {"use after free", use_after_free},
    {"read after free", read_after_free},
    {"use after free at its begin", use_after_free_at_its_begin},
    {"overflow", overflow},
    {"overflow into a neighbour", overflow_into_a_neighbour},
    {"use after release", use_after_release},
    {"use after reset", use_after_reset},
    {"use of what was never written", use_of_what_was_never_written},
    {"double free", double_free},
    {"double free at once", double_free_at_once},
    {"wrong size", wrong_size},
    {"wrong alignment", wrong_alignment},
    {"null", null},
    {"foreign", foreign},
    {"interior", interior},
    {"leak", leak},
    {"leak until the exit", leak_until_the_exit},
    {"misaligned request", misaligned_request},
    {"stale mark", stale_mark},
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 3 || !defects.contains(arguments[1])) {
        std::fputs("usage: planted DEFECT STRATEGY\n", stderr);
        return 2;
    }
    auto memory = strata::strategy::parse(arguments[2]).build();
    defects.at(arguments[1])(memory);
}
